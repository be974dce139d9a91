# Copyright (c) mmfer contributors.
"""From the label space of the annotations to the one that is asked for."""
from typing import Dict, List, Sequence, Tuple

import numpy as np

from mmfer.structures import AnnotationError, LabelSpace


def map_score(score: Sequence[float], mapping: np.ndarray,
              wanted: LabelSpace, data_root: str) -> np.ndarray:
    """A distribution over other classes.

    Args:
        score (Sequence[float]): Votes or probabilities in the native order.
        mapping (np.ndarray): Native index -> index asked for, or -1, see
            :meth:`~mmfer.structures.LabelSpace.map_to`.
        wanted (LabelSpace): The label space asked for, of C classes.
        data_root (str): The dataset, for the message.

    Returns:
        np.ndarray: float32 ``(C, )`` of sum 1.

    Raises:
        AnnotationError: If nothing falls on the classes asked for.
    """
    mapped = np.zeros(len(wanted), dtype=np.float32)
    score = np.asarray(score, dtype=np.float32)
    mapped[mapping[mapping >= 0]] = score[mapping >= 0]
    if not mapped.sum() > 0:
        raise AnnotationError(
            'a distribution with nothing on any class of the label space '
            f'{list(wanted.classes)}', data_root, value=score.tolist())
    return mapped / mapped.sum()


def map_labels(samples: Sequence[dict], native: LabelSpace,
               wanted: LabelSpace, data_root: str
               ) -> Tuple[List[dict], Dict[str, int]]:
    """Give samples the labels of another label space.

    Args:
        samples (Sequence[dict]): With ``gt_label`` and, where known,
            ``gt_score``; all or none of them with a label. Changed in place.
        native (LabelSpace): Their label space.
        wanted (LabelSpace): The label space asked for.
        data_root (str): The dataset, for messages.

    Returns:
        tuple[list[dict], dict[str, int]]: The samples that have a class
        there, and how many of each other class were left out.

    Raises:
        AnnotationError: If some samples have an expression and others not.
    """
    known = sum('gt_label' in sample for sample in samples)
    if known not in (0, len(samples)):
        raise AnnotationError(
            f'{known} of {len(samples)} samples have an expression; it must '
            'be all or none', data_root)
    if not known:
        return list(samples), {}
    mapping, kept, dropped = native.map_to(wanted), [], {}
    for sample in samples:
        label = int(mapping[sample['gt_label']])
        if label < 0:
            name = native.classes[sample['gt_label']]
            dropped[name] = dropped.get(name, 0) + 1
            continue
        sample['gt_label'] = label
        if 'gt_score' in sample:
            sample['gt_score'] = map_score(sample['gt_score'], mapping, wanted,
                                           data_root)
        kept.append(sample)
    return kept, dropped
