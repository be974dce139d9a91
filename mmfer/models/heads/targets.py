# Copyright (c) mmfer contributors.
"""The targets of a batch as tensors."""
from typing import Sequence

import torch
from mmpretrain.structures import DataSample


def _stacked(data_samples: Sequence[DataSample], name: str) -> torch.Tensor:
    targets = getattr(data_samples, 'targets', None)
    if targets is not None:
        return targets[name]
    values = [sample.get(name) for sample in data_samples]
    return torch.cat(values) if name == 'gt_label' else torch.stack(values)


def labels_of(data_samples: Sequence[DataSample]) -> torch.Tensor:
    """The expression labels of a batch.

    A batch that carries its stacked targets (``targets``) gives them as they
    are; the samples of a plain list are stacked.

    Args:
        data_samples (Sequence[DataSample]): N samples with ``gt_label``.

    Returns:
        Tensor: int64 of shape ``(N, )``.
    """
    return _stacked(data_samples, 'gt_label')


def targets_of(data_samples: Sequence[DataSample]) -> torch.Tensor:
    """What the classification loss is to reach.

    Args:
        data_samples (Sequence[DataSample]): N samples with ``gt_label``, or
            with ``gt_score`` where label distributions are known.

    Returns:
        Tensor: Distributions, float of shape ``(N, C)``, else labels, int64
        of shape ``(N, )``.
    """
    targets = getattr(data_samples, 'targets', None)
    known = data_samples[0] if targets is None else targets
    name = 'gt_score' if 'gt_score' in known else 'gt_label'
    return _stacked(data_samples, name)
