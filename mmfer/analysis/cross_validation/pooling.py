# Copyright (c) mmfer contributors.
"""From the predictions of all folds to one result."""
import json
import os.path as osp
from typing import Dict, List, NamedTuple, Sequence

import numpy as np

from .folds import Pool
from .runs import PREDICTIONS


class Result(NamedTuple):
    """A whole cross-validation.

    Args:
        overall (dict[str, float]): See :func:`pooled_figures`.
        sets (dict[str, dict[str, float]]): The same for each data set, empty
            where there is only one.
        matrix (np.ndarray): Counts ``(C, C)``, truth in rows.
    """
    overall: Dict[str, float]
    sets: Dict[str, Dict[str, float]]
    matrix: np.ndarray


def pooled_figures(labels: np.ndarray,
                   predicted: np.ndarray) -> Dict[str, float]:
    r"""The figures of the MEGC protocol over all samples at once.

    :math:`UF1 = \frac1C \sum_c 2TP_c / (2TP_c + FP_c + FN_c)`,
    :math:`UAR = \frac1C \sum_c TP_c / N_c`; counts are those of all folds
    together. A class that is neither true nor predicted counts for nothing,
    one that is only predicted counts 0 in UF1 and not in UAR.

    Args:
        labels (np.ndarray): True classes, int ``(N, )``.
        predicted (np.ndarray): Predicted classes, int ``(N, )``.

    Returns:
        dict[str, float]: ``UF1``, ``UAR`` and ``accuracy`` in [0, 1], and
        ``samples``.
    """
    from sklearn.metrics import accuracy_score, f1_score, recall_score
    return dict(
        UF1=float(f1_score(labels, predicted, average='macro',
                           zero_division=0)),
        UAR=float(recall_score(labels, predicted, labels=np.unique(labels),
                               average='macro')),
        accuracy=float(accuracy_score(labels, predicted)),
        samples=len(labels))


def pool_results(folders: Sequence[str], pool: Pool) -> Result:
    """Read and pool the predictions of all folds.

    Args:
        folders (Sequence[str]): The finished folds.
        pool (Pool): What they divide.

    Raises:
        ValueError: If the predictions are not those of the pool.
    """
    rows: List[dict] = []
    for folder in folders:
        path = osp.join(folder, PREDICTIONS)
        with open(path, encoding='utf-8') as file:
            content = json.load(file)
        if content['classes'] != pool.classes:
            raise ValueError(f'{path} has the classes {content["classes"]}, '
                             f'the dataset {pool.classes}. Remedy: name '
                             'another --work-dir, or remove this fold')
        rows += content['predictions']
    if len(rows) != len(pool.subjects):
        raise ValueError(
            f'{len(rows)} predictions for {len(pool.subjects)} samples: the '
            'dataset has changed. Remedy: name another --work-dir')
    index = {name: i for i, name in enumerate(pool.classes)}
    labels = np.array([index[row['label']] for row in rows])
    predicted = np.array([index[row['predicted']] for row in rows])
    sets = np.array([row['source_set'] or '' for row in rows])
    names = sorted(set(pool.sets))
    matrix = np.zeros((len(index), len(index)), dtype=np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    return Result(
        pooled_figures(labels, predicted), {
            name: pooled_figures(labels[sets == name], predicted[sets == name])
            for name in names if len(names) > 1
        }, matrix)
