# Copyright (c) mmfer contributors.
"""From the predictions of all folds to one result."""
import json
import os.path as osp
from typing import Dict, List, NamedTuple, Sequence

import numpy as np

from mmfer.evaluation import MicroExpressionMetric, count_confusions
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


def pooled_figures(matrix: np.ndarray) -> Dict[str, float]:
    """The figures of the MEGC protocol over all samples at once.

    Those of :class:`~mmfer.evaluation.MicroExpressionMetric`, as fractions:
    a class that is neither true nor predicted counts for nothing, one that is
    only predicted counts 0 in UF1 and not in UAR.

    Args:
        matrix (np.ndarray): Counts of all folds together, ``(C, C)``, truth
            in rows.

    Returns:
        dict[str, float]: ``UF1``, ``UAR`` and ``accuracy`` in [0, 1], and
        ``samples``.
    """
    figures = MicroExpressionMetric.of_matrix(matrix)
    return dict(
        UF1=figures['uf1'] / 100,
        UAR=figures['uar'] / 100,
        accuracy=figures['accuracy'] / 100,
        samples=int(matrix.sum()))


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
    matrix = count_confusions(labels, predicted, len(index))
    return Result(
        pooled_figures(matrix), {
            name: pooled_figures(
                count_confusions(labels[sets == name],
                                 predicted[sets == name], len(index)))
            for name in names if len(names) > 1
        }, matrix)
