# Copyright (c) mmfer contributors.
from typing import List, Tuple

import numpy as np
import torch

from mmfer.errors import ConfigError
from ..finite_predictions import require_finite


def checked_pair(sample: dict, prediction: str, target: str
                 ) -> Tuple[np.ndarray, np.ndarray]:
    """A predicted vector of a sample and its label.

    Args:
        sample (dict): A sample.
        prediction (str): The field of the prediction, ``(D, )``.
        target (str): The field of the label, ``(D, )``, NaN = unknown; it may
            be absent.

    Returns:
        tuple[np.ndarray, np.ndarray]: Prediction and label, float64
        ``(D, )``; the label all NaN where it is absent.

    Raises:
        ValueError: If the prediction is absent, not finite or of another
            length. The message names the image.
    """
    name = sample.get('img_path', sample.get('sample_idx', 'unnamed'))
    if sample.get(prediction) is None:
        raise ConfigError(f'{name}: the sample has no {prediction}',
                          hint='give MultiTaskFERHead a head for this task')
    vector = torch.as_tensor(sample[prediction]).detach().cpu().double()
    vector = vector.numpy()
    if vector.ndim != 1:
        raise ValueError(f'{name}: {prediction} must be a vector, got the '
                         f'shape {vector.shape}')
    require_finite(sample, prediction)
    label = np.full_like(vector, np.nan)
    if sample.get(target) is not None:
        label = torch.as_tensor(sample[target]).cpu().double().numpy()
    if label.shape != vector.shape:
        raise ConfigError(f'{name}: {target} has the shape {label.shape}, '
                          f'{prediction} {vector.shape}',
                          hint='give head and dataset the same targets')
    return vector, label


def stacked_pairs(results: List[tuple], metric: str
                  ) -> Tuple[np.ndarray, np.ndarray]:
    """Predictions and labels of a set, ``(N, D)`` each.

    Args:
        results (list[tuple]): What :func:`checked_pair` gave of each sample.
        metric (str): Who asks, for the message.

    Raises:
        ValueError: If there are none, or they differ in length.
    """
    if not results:
        raise ValueError(f'{metric} has nothing to evaluate: the dataset is '
                         'empty or gave no predictions')
    lengths = sorted({len(prediction) for prediction, _ in results})
    if len(lengths) > 1:
        raise ValueError(f'predictions have different lengths: {lengths}')
    predictions, labels = (np.stack(side) for side in zip(*results))
    return predictions, labels
