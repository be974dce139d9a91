# Copyright (c) mmfer contributors.
"""Label noise among the annotations of a dataset."""
from typing import Any, List

import numpy as np

from mmfer.errors import ConfigTypeError
from mmfer.registry import TASK_UTILS
from mmfer.structures import AnnotationError, LabelSpace
from .label_noise import LabelNoise, swap_scores
from .noise_record import NoiseRecord, sample_names


def build_noise(config: Any) -> LabelNoise:
    """Label noise from its config.

    Raises:
        ConfigTypeError: If it is no config of label noise.
    """
    built = TASK_UTILS.build(config) if isinstance(config, dict) else None
    if not isinstance(built, LabelNoise):
        raise ConfigTypeError(
            'noise must be a config of label noise, such as '
            f"dict(type='SymmetricNoise', ratio=0.3), got {config!r}")
    return built


def add_noise(noise: LabelNoise, samples: List[dict], data_root: str,
              label_space: LabelSpace, native: LabelSpace) -> NoiseRecord:
    """Put wrong labels into the samples of a whole split.

    Args:
        noise (LabelNoise): The noise.
        samples (list[dict]): With ``gt_label`` in the order of
            ``label_space``; ``gt_score`` and ``votes``, the latter in the
            native order, follow. Changed in place.
        data_root (str): The folder of the dataset.
        label_space (LabelSpace): That of the labels.
        native (LabelSpace): That of the annotations.

    Returns:
        NoiseRecord: What was done.

    Raises:
        AnnotationError: If the samples have no labels.
    """
    if samples and 'gt_label' not in samples[0]:
        raise AnnotationError('there are no expressions, so that label noise '
                              'has nothing to change', data_root)
    clean = np.array([s['gt_label'] for s in samples], dtype=np.int64)
    names = sample_names([s.get('img_path', '') for s in samples], data_root)
    noisy = noise(clean, names, label_space, native)
    for i in np.flatnonzero(noisy != clean):
        sample, old, new = samples[i], int(clean[i]), int(noisy[i])
        sample['gt_label'] = new
        if 'gt_score' in sample:
            sample['gt_score'] = swap_scores(sample['gt_score'], old, new)
        if 'votes' in sample:
            sample['votes'] = _swap_votes(
                sample['votes'], label_space.classes[old],
                label_space.classes[new], native)
    return NoiseRecord(noise, names, clean, noisy, label_space.classes)


def _swap_votes(votes: np.ndarray, old: str, new: str,
                native: LabelSpace) -> np.ndarray:
    if new not in native:
        return np.zeros_like(votes)
    return swap_scores(votes, native.index(old), native.index(new))
