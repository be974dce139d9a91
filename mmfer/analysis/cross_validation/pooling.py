# Copyright (c) mmfer contributors.
"""From the predictions of all folds to one result."""
import json
import os.path as osp
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple, Union

import numpy as np
import torch
from mmengine.evaluator import Evaluator

from mmfer.errors import ConfigError
from mmfer.evaluation import (FERMetric, MicroExpressionMetric,
                              count_confusions)
from mmfer.registry import METRICS
from .folds import Pool
from .runs import PREDICTIONS


class Result(NamedTuple):
    """A whole cross-validation.

    Args:
        overall (dict[str, float]): See :func:`pooled_figures`; empty for a
            dataset without expressions.
        sets (dict[str, dict[str, float]]): The same for each data set, empty
            where there is only one.
        matrix (np.ndarray): Counts ``(C, C)``, truth in rows.
        metrics (dict[str, float]): See :func:`pooled_metrics`. Defaults to
            {}.
    """
    overall: Dict[str, float]
    sets: Dict[str, Dict[str, float]]
    matrix: np.ndarray
    metrics: Dict[str, float] = {}


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


def read_predictions(folders: Sequence[str], pool: Pool) -> List[dict]:
    """Read the predictions of all folds.

    Args:
        folders (Sequence[str]): The finished folds.
        pool (Pool): What they divide.

    Returns:
        list[dict]: A row of each sample, as
        :class:`~mmfer.apis.predictions.SavePredictions` writes it.

    Raises:
        ValueError: If the predictions are not those of the pool.
    """
    rows: List[dict] = []
    for folder in folders:
        path = osp.join(folder, PREDICTIONS)
        with open(path, encoding='utf-8') as file:
            content = json.load(file)
        if content['classes'] != pool.classes:
            raise ConfigError(f'{path} has the classes {content["classes"]}, '
                              f'the dataset {pool.classes}',
                              hint='name another --work-dir, or remove this '
                              'fold')
        rows += content['predictions']
    if len(rows) != len(pool.subjects):
        raise ConfigError(f'{len(rows)} predictions for {len(pool.subjects)} '
                          'samples: the dataset has changed',
                          hint='name another --work-dir')
    return rows


def pooled_metrics(rows: Sequence[dict], pool: Pool,
                   evaluator: Union[dict, Sequence[dict]]
                   ) -> Tuple[Dict[str, float], List[str]]:
    """What metrics of a config say about all samples at once.

    Those of expressions are left out: :func:`pooled_figures` has them.

    Args:
        rows (Sequence[dict]): From :func:`read_predictions`.
        pool (Pool): What the folds divide.
        evaluator (dict or Sequence[dict]): The ``test_evaluator`` of the
            config.

    Returns:
        tuple: The metrics, and a line for each that cannot be computed from
        the predictions.
    """
    samples = [_sample(row, pool.classes) for row in rows]
    metrics: Dict[str, float] = {}
    problems = []
    for cfg in [evaluator] if isinstance(evaluator, dict) else evaluator:
        metric = METRICS.build(cfg)
        if isinstance(metric, FERMetric):
            continue
        whole = Evaluator(metric)
        whole.dataset_meta = pool.metainfo
        try:
            whole.process(samples)
            metrics.update(whole.evaluate(len(samples)))
        except (KeyError, TypeError, ValueError) as error:
            problems.append(f"{cfg['type']} is not pooled: {error}")
    return metrics, problems


def _sample(row: Dict[str, Any], classes: Sequence[str]) -> Dict[str, Any]:
    """A sample as metrics take it."""
    sample = dict(row, pred_score=torch.tensor(row['scores']))
    for name, value in row.items():
        if name.startswith(('gt_', 'pred_')):
            if value is None:
                del sample[name]
            else:
                sample[name] = torch.from_numpy(
                    np.array(value, dtype=np.float32))
    for name, key in (('gt_label', 'label'), ('pred_label', 'predicted')):
        if row[key] is not None:
            sample[name] = torch.tensor([classes.index(row[key])])
    return sample


def pool_results(rows: Sequence[dict], pool: Pool,
                 metrics: Dict[str, float]) -> Result:
    """The result of a cross-validation.

    Args:
        rows (Sequence[dict]): From :func:`read_predictions`.
        pool (Pool): What the folds divide.
        metrics (dict[str, float]): From :func:`pooled_metrics`.
    """
    if not pool.has_expressions:
        return Result({}, {}, np.zeros((0, 0), dtype=np.int64), metrics)
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
        }, matrix, metrics)
