# Copyright (c) mmfer contributors.
"""The targets of a batch as tensors."""
from typing import Optional, Sequence

import torch
from mmpretrain.structures import DataSample

from mmfer.structures import SampleBatch


def labels_of(data_samples: Sequence[DataSample]) -> torch.Tensor:
    """The expression labels of a batch.

    A batch that carries its stacked targets (``targets``) gives them as they
    are; the samples of a plain list are stacked.

    Args:
        data_samples (Sequence[DataSample]): N samples with ``gt_label``.

    Returns:
        Tensor: int64 of shape ``(N, )``.
    """
    return SampleBatch.of(data_samples).targets['gt_label']


def targets_of(data_samples: Sequence[DataSample]) -> torch.Tensor:
    """What the classification loss is to reach.

    Args:
        data_samples (Sequence[DataSample]): N samples with ``gt_label``, or
            with ``gt_score`` where label distributions are known.

    Returns:
        Tensor: Distributions, float of shape ``(N, C)``, else labels, int64
        of shape ``(N, )``.
    """
    targets = SampleBatch.of(data_samples).targets
    return targets['gt_score' if 'gt_score' in targets else 'gt_label']


def landmarks_of(data_samples: Optional[Sequence[DataSample]], height: int,
                 width: int) -> torch.Tensor:
    """The landmarks of a batch as parts of the picture.

    Args:
        data_samples (Sequence[DataSample], optional): N samples with
            ``gt_landmarks`` in pixels, the centre of the first pixel is 0.
        height (int): Of the pictures.
        width (int): Of the pictures.

    Returns:
        Tensor: x and y, mostly in [0, 1], float of shape ``(N, L, 2)``; NaN =
        unknown.

    Raises:
        ValueError: If no sample has landmarks.
    """
    targets = {} if not data_samples else SampleBatch.of(
        data_samples).targets
    if 'gt_landmarks' not in targets:
        raise ValueError(
            'the neck needs gt_landmarks, which no sample has. Remedy: take '
            'a dataset with landmarks, or patches that need none')
    points = (targets['gt_landmarks'] + 0.5).unbind(2)
    return torch.stack([points[0] / width, points[1] / height], 2)
