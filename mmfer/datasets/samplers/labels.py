# Copyright (c) mmfer contributors.
from typing import Any

import numpy as np

from mmfer.errors import ConfigError


def dataset_labels(dataset: Any) -> np.ndarray:
    """The class index of every sample, also through dataset wrappers.

    Goes through MMEngine's ``ConcatDataset``, ``RepeatDataset`` and
    ``ClassBalancedDataset`` and MMPretrain's ``KFoldDataset``, so that the
    annotations of a repeated dataset are read once.

    Args:
        dataset (Any): A dataset with ``get_gt_labels`` or ``get_cat_ids``, or
            a wrapper of such.

    Returns:
        np.ndarray: int32 of shape ``(len(dataset), )``.

    Raises:
        TypeError: If the dataset does not tell its labels.
        ValueError: If a sample has no label, or not just one.
    """
    if not hasattr(dataset, 'get_gt_labels'):
        if hasattr(dataset, 'datasets'):  # ConcatDataset
            return np.concatenate(
                [dataset_labels(d) for d in dataset.datasets])
        if hasattr(dataset, 'times'):  # RepeatDataset
            return np.tile(dataset_labels(dataset.dataset), dataset.times)
        if hasattr(dataset, 'repeat_indices'):  # ClassBalancedDataset
            return dataset_labels(dataset.dataset)[dataset.repeat_indices]
        if hasattr(dataset, 'num_splits'):  # KFoldDataset holds its subset
            return dataset_labels(dataset.dataset)
    if hasattr(dataset, 'get_gt_labels'):
        labels = np.asarray(dataset.get_gt_labels())
    elif hasattr(dataset, 'get_cat_ids'):
        ids = [dataset.get_cat_ids(i) for i in range(len(dataset))]
        several = [i for i, item in enumerate(ids) if len(item) != 1]
        if several:
            raise ValueError(f'sample {several[0]} of '
                             f'{type(dataset).__name__} has the classes '
                             f'{ids[several[0]]} where one belongs')
        labels = np.array(ids).reshape(-1)
    else:
        raise TypeError(f'{type(dataset).__name__} tells no labels: it has '
                        'neither get_gt_labels nor get_cat_ids')
    if labels.ndim != 1 or labels.dtype.kind not in 'iu' or (labels < 0).any():
        raise ConfigError(
            f'{type(dataset).__name__} has samples without a class index from '
            '0 up', hint='take DefaultSampler for data without expressions')
    return labels.astype(np.int32)
