# Copyright (c) mmfer contributors.
"""Who is trained on and who is tested, fold by fold."""
import re
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from mmfer.datasets.folds import subject_folds
from mmfer.errors import ConfigError
from mmfer.registry import DATASETS

#: Name -> what is left out of a training.
PROTOCOLS = dict(
    loso='one subject',
    kfold='one of K groups of subjects',
    lodo='one data set')


class Pool(NamedTuple):
    """All samples that the folds divide.

    Args:
        subjects (list[str]): The subject of each of N samples.
        sets (list[str]): The data set that each comes from.
        labels (np.ndarray): The class index of each, int64 ``(N, )``; all -1
            in a dataset without expressions.
        classes (list[str]): The class names.
        metainfo (dict): That of the dataset, for metrics. Defaults to {}.
    """
    subjects: List[str]
    sets: List[str]
    labels: np.ndarray
    classes: List[str]
    metainfo: Dict[str, Any] = {}

    @property
    def has_expressions(self) -> bool:
        """Whether the samples have classes."""
        return bool((self.labels >= 0).all())


class Fold(NamedTuple):
    """One training and its test.

    Args:
        name (str): Fit for a folder.
        test (tuple[str, ...]): The subjects tested.
        valid (tuple[str, ...]): Subjects taken from training to choose the
            epoch. Defaults to (), the last epoch counts.
    """
    name: str
    test: Tuple[str, ...]
    valid: Tuple[str, ...] = ()


def read_pool(dataset: dict) -> Pool:
    """Read subjects and labels.

    Args:
        dataset (dict): The config of a dataset whose samples have
            ``subject`` and may have ``source_set``; all have ``gt_label``,
            or none.

    Raises:
        ConfigError: If a sample lacks subject or label, or one name stands
            for subjects of two sets.
    """
    built = DATASETS.build(dict(dataset, pipeline=[]))
    infos = [built.get_data_info(index) for index in range(len(built))]
    needed = ['subject'] + ['gt_label'] * any('gt_label' in info
                                              for info in infos)
    for info in infos:
        for key in needed:
            if info.get(key) is None:
                raise ConfigError(
                    f'{dataset["type"]}: {info.get("img_path", "a sample")} '
                    f'has no {key}',
                    hint='cross-validation needs a dataset that tells '
                    'subject and class of every sample, such as FERCSV with '
                    'the columns subject and expression')
    pool = Pool([info['subject'] for info in infos],
                [info.get('source_set', dataset['type']) for info in infos],
                built.get_gt_labels(), list(built.metainfo['classes']),
                dict(built.metainfo))
    set_of: Dict[str, str] = {}
    for subject, source in zip(pool.subjects, pool.sets):
        if set_of.setdefault(subject, source) != source:
            raise ConfigError(f'subject {subject!r} stands in the sets '
                              f'{set_of[subject]!r} and {source!r}, perhaps '
                              'for two people',
                              hint='name subjects SET/SUBJECT')
    return pool


def make_folds(pool: Pool,
               protocol: str,
               num_folds: int = 10,
               inner_folds: int = 0) -> List[Fold]:
    """Divide the subjects; no subject stands on both sides.

    Args:
        pool (Pool): The samples.
        protocol (str): ``'loso'`` tests each subject alone, ``'kfold'``
            groups of about equal size and class mix, ``'lodo'`` each data
            set.
        num_folds (int): The groups of ``'kfold'``. Defaults to 10.
        inner_folds (int): If positive, one such part of the training
            subjects, of about their class mix, chooses the epoch. Defaults
            to 0.

    Returns:
        list[Fold]: In a fixed order.

    Raises:
        ConfigError: If there are too few subjects or sets.
    """
    if protocol == 'loso':
        groups = list(pool.subjects)
    elif protocol == 'lodo':
        groups = list(pool.sets)
    else:
        groups = [f'fold{i}' for i in _divide(
            pool.subjects, pool.labels, num_folds)]
    names = sorted(set(groups))
    if len(names) < 2:
        raise ConfigError(f'{protocol} leaves out {PROTOCOLS[protocol]} at a '
                          f'time, but there is only {names}',
                          hint='choose another protocol')
    folds = []
    for name in names:
        test = {s for s, group in zip(pool.subjects, groups) if group == name}
        valid = _inner(pool, test, inner_folds) if inner_folds else ()
        folds.append(
            Fold(re.sub(r'[^\w.-]+', '-', name), tuple(sorted(test)), valid))
    if len({fold.name for fold in folds}) < len(folds):
        raise ConfigError(f'{names} are not different enough for names of '
                          'folders',
                          hint='rename them')
    return folds


def absent_classes(pool: Pool, folds: Sequence[Fold]) -> List[str]:
    """Which folds train without some class, a line each."""
    lines: List[str] = []
    if not pool.has_expressions:
        return lines
    for fold in folds:
        held_out = {*fold.test, *fold.valid}
        trained = {label for subject, label in zip(pool.subjects, pool.labels)
                   if subject not in held_out}
        absent = [name for index, name in enumerate(pool.classes)
                  if index not in trained]
        if absent:
            lines.append(f'{fold.name} trains without any sample of {absent}')
    return lines


def _inner(pool: Pool, test: set, inner_folds: int) -> Tuple[str, ...]:
    """The training subjects that choose the epoch."""
    rows = [i for i, subject in enumerate(pool.subjects)
            if subject not in test]
    subjects = [pool.subjects[i] for i in rows]
    parts = _divide(subjects, pool.labels[rows], inner_folds)
    return tuple(sorted({s for s, part in zip(subjects, parts) if part == 0}))


def _divide(subjects: Sequence[str], labels: np.ndarray,
            number: int) -> np.ndarray:
    try:
        return subject_folds(subjects, labels if (labels >= 0).all() else None,
                             number)
    except ValueError as error:
        raise ConfigError(f'{error}',
                          hint='ask for fewer folds') from error
