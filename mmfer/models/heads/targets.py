# Copyright (c) mmfer contributors.
"""The targets of a batch as tensors."""
from typing import Sequence

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
