# Copyright (c) mmfer contributors.
"""Deterministic folds that keep every subject in one piece."""
from typing import Any, List, Optional, Sequence

import numpy as np

from mmfer.structures import AnnotationError


def subject_folds(subjects: Sequence[str],
                  labels: Optional[Sequence[int]] = None,
                  num_folds: int = 10,
                  seed: int = 0) -> np.ndarray:
    """Divide samples into folds of about equal size and class mix.

    The subjects are shuffled, sorted from the largest to the smallest, and
    each goes to the fold that so far holds the least of its classes. The
    result depends on the arguments only, not on the order of the samples,
    the machine or the version of a library.

    Args:
        subjects (Sequence[str]): The subject of each sample.
        labels (Sequence[int], optional): The class index of each sample;
            None balances the sizes alone. Defaults to None.
        num_folds (int): The number of folds. Defaults to 10.
        seed (int): The seed of the shuffling. Defaults to 0.

    Returns:
        np.ndarray: int64 of shape ``(N, )``, the fold of each sample, from 0
        to ``num_folds - 1``; no fold is empty.

    Raises:
        ValueError: If there are fewer than two folds or fewer subjects than
            folds.

    Examples:
        >>> subject_folds(['b', 'a', 'b', 'c'], num_folds=2)
        array([0, 1, 0, 1])
    """
    names, member = np.unique(np.asarray(subjects), return_inverse=True)
    if num_folds < 2 or len(names) < num_folds:
        raise ValueError(f'{num_folds} folds cannot be made of {len(names)} '
                         'subjects: there must be at least two folds and a '
                         'subject for each')
    labels = np.zeros(len(member), int) if labels is None else np.asarray(
        labels)
    counts = np.zeros((len(names), labels.max() + 1))
    np.add.at(counts, (member, labels), 1)
    share = counts / np.maximum(counts.sum(0), 1)

    # RandomState: its streams are frozen, those of Generator are not.
    order = np.random.RandomState(seed).permutation(len(names))
    order = order[np.argsort(-counts.sum(1)[order], kind='stable')]
    fold_of = np.empty(len(names), dtype=np.int64)
    held = np.zeros((num_folds, counts.shape[1]))
    for subject in order:
        cost = held @ share[subject]
        # Equal cost: the smaller fold, then the lower number.
        fold = np.lexsort((held.sum(1), cost.round(9)))[0]
        fold_of[subject] = fold
        held[fold] += counts[subject]
    return fold_of[member]


def take_fold(samples: List[dict], folds: np.ndarray, split: str,
              fold: int) -> List[dict]:
    """The samples of a split of a cross-validation.

    Args:
        samples (list[dict]): All samples.
        folds (np.ndarray): The fold of each, shape ``(N, )``.
        split (str): ``'test'`` takes the given fold, ``'train'`` all others,
            ``'all'`` everything.
        fold (int): The number of the test fold, counted from 0.
    """
    if split == 'all':
        return samples
    return [
        sample for sample, number in zip(samples, folds)
        if (number == fold) == (split == 'test')
    ]


def take_subject_fold(samples: List[dict],
                      split: str,
                      fold: int,
                      num_folds: int,
                      notes: List[str],
                      person: str = 'subject',
                      first: int = 0) -> List[dict]:
    """The samples of a split where the folds are ours.

    Args:
        samples (list[dict]): All samples, with ``subject``; the folds are
            alike in class mix where all have ``gt_label``.
        split (str): See :func:`take_fold`.
        fold (int): The number of the test fold.
        num_folds (int): The number of folds.
        notes (list[str]): Gets a line about the folds, unless the split is
            ``'all'``.
        person (str): What ``subject`` is, for the line. Defaults to
            ``'subject'``.
        first (int): The number of the first fold. Defaults to 0.

    Raises:
        ValueError: If there are fewer subjects than folds.
    """
    if split == 'all':
        return samples
    notes.append(f'test fold {fold} of {num_folds} folds from mmfer, '
                 f'{person}-disjoint, seed 0')
    labels = [s['gt_label'] for s in samples if 'gt_label' in s]
    folds = subject_folds([s['subject'] for s in samples],
                          labels if len(labels) == len(samples) else None,
                          num_folds)
    return take_fold(samples, folds, split, fold - first)


def check_fold(fold: int, num_folds: int) -> int:
    """``fold`` if it is the number of one of the folds.

    Raises:
        ValueError: If it is not.
    """
    if isinstance(fold, bool) or not isinstance(fold, int) or not (
            0 <= fold < num_folds):
        raise ValueError(f'fold must be an integer from 0 to {num_folds - 1}, '
                         f'got {fold!r}')
    return fold


def check_subjects(subjects: Any) -> None:
    """Whether ``subjects`` says whom to keep, as :func:`take_subjects` wants.

    Raises:
        ValueError: If it is neither ``dict(include=[...])`` nor
            ``dict(exclude=[...])``.
    """
    if not isinstance(subjects, dict) or len(subjects) != 1 or not (
            subjects.keys() <= {'include', 'exclude'}) or any(
                isinstance(names, str) or not isinstance(names, Sequence)
                for names in subjects.values()):
        raise ValueError('subjects must be dict(include=[...]) or '
                         f'dict(exclude=[...]), got {subjects!r}')


def take_subjects(samples: List[dict], subjects: dict,
                  data_root: str) -> List[dict]:
    """The samples of some subjects, or of all others.

    Args:
        samples (list[dict]): All samples, with ``subject``.
        subjects (dict): ``dict(include=[...])`` or ``dict(exclude=[...])``
            with the names of subjects.
        data_root (str): The dataset, for messages.

    Raises:
        AnnotationError: If a sample has no subject, or a name is that of no
            subject.
    """
    (kind, names), = subjects.items()
    if any('subject' not in sample for sample in samples):
        raise AnnotationError(
            'a sample has no subject', data_root,
            hint='leave the argument subjects out')
    known = {sample['subject'] for sample in samples}
    unknown = sorted(set(names) - known)
    if unknown:
        raise AnnotationError(
            f'subjects {kind} people who are not there', data_root, None,
            unknown, f'known are {sorted(known)}; with folds or official '
            "splits, ask for split='all'")
    return [sample for sample in samples
            if (sample['subject'] in names) == (kind == 'include')]
