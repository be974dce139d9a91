# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric

from mmfer.errors import ConfigError
from mmfer.registry import METRICS
from .au_metric import AUMetric
from .fer_metric import FERMetric
from .va_metric import VAMetric


@METRICS.register_module()
class MultiTaskScore(BaseMetric):
    """The score of the multi-task challenge of ABAW.

    ``score`` is the sum of ``ccc`` (mean of valence and arousal), ``expr_f1``
    (macro F1 of expressions) and ``au_f1`` (mean F1 of action units), each in
    natural units, so that 3 is perfect. A sample that lacks a label counts in
    the other tasks. Classes and units that do not occur are left out, see
    :class:`FERMetric` and :class:`AUMetric`.

    Args:
        threshold (float or Sequence[float]): See :class:`AUMetric`. Defaults
            to 0.5, that of the challenge.
        label_threshold (float): See :class:`AUMetric`. Defaults to 0.5.
        collect_device (str): ``'cpu'`` or ``'gpu'``, see ``BaseMetric``.
            Defaults to ``'cpu'``.
        prefix (str, optional): Another prefix than ``'multi_task'``.

    Raises:
        ValueError: As by the metrics of the three tasks, and if no sample
            has an expression.
    """

    default_prefix: Optional[str] = 'multi_task'

    def __init__(self,
                 threshold: float = 0.5,
                 label_threshold: float = 0.5,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.expr, self.va = FERMetric(), VAMetric()
        self.au = AUMetric(threshold, label_threshold, per_unit=False)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep what the metrics of the tasks keep, a row for each sample.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Samples with ``pred_score``,
                ``pred_au``, ``pred_va`` and, where known, ``gt_label``,
                ``gt_au``, ``gt_va``.
        """
        self.expr.dataset_meta = self.dataset_meta
        for sample in data_samples:
            row = []
            for metric in (self.expr, self.au, self.va):
                metric.results.clear()
                if metric is not self.expr or 'gt_label' in sample:
                    metric.process(data_batch, [sample])
                row.append(metric.results[0] if metric.results else None)
            self.results.append(tuple(row))

    def compute_metrics(self, results: List[tuple]) -> Dict[str, float]:
        """Compute the score and its parts.

        Args:
            results (list[tuple]): The rows of the three metrics.

        Returns:
            dict[str, float]: ``score`` and its parts.
        """
        if not results:
            raise ValueError('MultiTaskScore has nothing to evaluate: the '
                             'dataset is empty or gave no predictions')
        expr, au, va = zip(*results)
        expr = [row for row in expr if row is not None]
        if not expr:
            raise ConfigError('no sample of the set has an expression',
                              hint='evaluate MultiTaskScore on a set of all '
                              'tasks')
        scores, labels, _ = zip(*expr)
        parts = dict(
            ccc=self.va.compute_metrics(va)['ccc'],
            expr_f1=FERMetric.calculate(
                np.stack(scores), np.array(labels))[0]['f1'] / 100,
            au_f1=self.au.compute_metrics(au)['f1'] / 100)
        return dict(score=sum(parts.values()), **parts)
