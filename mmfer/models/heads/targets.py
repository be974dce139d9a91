# Copyright (c) mmfer contributors.
"""The targets of a batch as tensors."""
from typing import Optional, Sequence, Tuple

import torch
from mmpretrain.structures import DataSample

from mmfer.errors import ConfigError
from mmfer.structures import SampleBatch
from ..layers.one_hot import one_hot


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


def mixed_labels_of(data_samples: Sequence[DataSample]
                    ) -> Optional[Tuple[torch.Tensor, torch.Tensor]]:
    """Both labels of samples that a batch augment has mixed.

    Args:
        data_samples (Sequence[DataSample]): N samples with ``gt_label``.

    Returns:
        tuple[Tensor, Tensor], optional: The labels of all samples, then those
        of their partners, int64 ``(2N, )``, and their shares, ``(2N, )``.
        None where nothing was mixed.
    """
    batch = SampleBatch.of(data_samples)
    if 'mix_index' not in batch.records:
        return None
    labels = batch.targets['gt_label']
    share = batch.records['mix_label_weight']
    return (torch.cat([labels, labels[batch.records['mix_index']]]),
            torch.cat([share, 1 - share]))


def distributions_of(data_samples: Sequence[DataSample],
                     num_classes: int) -> torch.Tensor:
    """What the samples show as distributions over the expressions.

    Args:
        data_samples (Sequence[DataSample]): See :func:`targets_of`.
        num_classes (int): The number of classes C.

    Returns:
        Tensor: float ``(N, C)``; a label becomes one-hot.
    """
    targets = targets_of(data_samples)
    return one_hot(targets, num_classes) if targets.ndim == 1 else targets


def with_labels(data_samples: Sequence[DataSample], device: torch.device
                ) -> Tuple[SampleBatch, float]:
    """A batch that has expression labels in any case.

    Args:
        data_samples (Sequence[DataSample]): N samples, with or without
            labels.
        device (torch.device): That of the batch.

    Returns:
        tuple[SampleBatch, float]: The batch, and the factor for losses on
        its labels: 1, or 0 where class 0 stands for labels that are unknown.
    """
    batch = SampleBatch.of(data_samples)
    if 'gt_label' in batch.targets:
        return batch, 1.
    blank = torch.zeros(len(batch), dtype=torch.int64, device=device)
    return SampleBatch({**batch.targets, 'gt_label': blank}, batch.metas), 0.


def masked_targets(data_samples: Sequence[DataSample], name: str,
                   like: torch.Tensor) -> torch.Tensor:
    """A target that may be unknown for some or all samples.

    Args:
        data_samples (Sequence[DataSample]): N samples.
        name (str): The field, as ``'gt_au'``.
        like (Tensor): The prediction, ``(N, D)``.

    Returns:
        Tensor: ``(N, D)``, NaN = unknown.

    Raises:
        ValueError: If the target has another length.
    """
    targets = SampleBatch.of(data_samples).targets.get(name)
    if targets is None:
        return torch.full_like(like, torch.nan)
    if targets.shape != like.shape:
        raise ConfigError(f'{name} of the batch has the shape '
                          f'{tuple(targets.shape)}, the head predicts '
                          f'{tuple(like.shape)}',
                          hint='give head and dataset the same targets, for '
                          'action units the same au_set')
    return targets


def confidence_of(data_samples: Sequence[DataSample],
                  name: str) -> Optional[torch.Tensor]:
    """How far a detector trusts the labels it gave.

    Args:
        data_samples (Sequence[DataSample]): N samples.
        name (str): The field, as ``'au_confidence'``.

    Returns:
        Tensor, optional: ``(N, )`` in [0, 1]; 1 where it is unknown, as for
        labels by people. None if no sample has it.
    """
    confidence = SampleBatch.of(data_samples).targets.get(name)
    return None if confidence is None else confidence.nan_to_num(1.)


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
        raise ConfigError('the model needs gt_landmarks, which no sample has',
                          hint='take a dataset with landmarks, lay them '
                          'over it with auxiliary=, or take parts that need '
                          'none')
    points = (targets['gt_landmarks'] + 0.5).unbind(2)
    return torch.stack([points[0] / width, points[1] / height], 2)
