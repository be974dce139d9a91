# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional, Sequence, Union

import numpy as np
import torch
from mmengine.evaluator import BaseMetric

from mmfer.errors import ConfigError
from mmfer.registry import METRICS
from .checked_vectors import checked_pair, stacked_pairs


@METRICS.register_module()
class AUMetric(BaseMetric):
    r"""The measures by which action unit detection is reported, in percent.

    All are computed once over the whole set:

    - ``f1``, ``f1_AU12``: :math:`2TP / (2TP + FP + FN)` of a unit that is
      predicted where its probability reaches the threshold, and their mean.
    - ``best_f1``, ``best_f1_AU12``: the same at the threshold of each unit
      that is best on this set, ``threshold_AU12`` (in natural units). Chosen
      on the set itself, it is optimistic there: choose on validation, and
      give ``threshold`` these numbers for the test.
    - ``auc``, ``auc_AU12``: the area under the ROC curve.

    Unknown labels (NaN) are left out. A unit that never occurs has no
    measure, and no AUC if it always occurs: it is left out of the means.

    Args:
        threshold (float or Sequence[float]): On probabilities, one for all
            or one for each unit. Defaults to 0.5.
        label_threshold (float): Labels of at least this are occurrence, as 1
            for intensities from 0 to 5. Defaults to 0.5.
        per_unit (bool): Whether to give those of each unit as well. Defaults
            to True.
        collect_device (str): ``'cpu'`` or ``'gpu'``, see ``BaseMetric``.
            Defaults to ``'cpu'``.
        prefix (str, optional): Another prefix than ``'au'``.

    Raises:
        ValueError: If a prediction is absent, not finite or of another length
            than the labels, or no label is known in the whole set.
    """

    default_prefix: Optional[str] = 'au'

    def __init__(self,
                 threshold: Union[float, Sequence[float]] = 0.5,
                 label_threshold: float = 0.5,
                 per_unit: bool = True,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.threshold = threshold
        self.label_threshold = label_threshold
        self.per_unit = per_unit

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep predictions and labels, a row for each sample.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Samples with ``pred_au`` and,
                where known, ``gt_au``, both ``(K, )``.
        """
        for sample in data_samples:
            self.results.append(checked_pair(sample, 'pred_au', 'gt_au'))

    def compute_metrics(self, results: List[tuple]) -> Dict[str, float]:
        """Compute all measures.

        Args:
            results (list[tuple]): Probabilities and labels of every sample.

        Returns:
            dict[str, float]: Scalars only.
        """
        scores, labels = stacked_pairs(results, 'AUMetric')
        if scores.min() < 0 or scores.max() > 1:
            raise ValueError(
                'pred_au must hold probabilities, got values from '
                f'{scores.min():g} to {scores.max():g}')
        if np.isnan(labels).all():
            raise ConfigError('no action unit is labelled in the set',
                              hint='evaluate AUMetric on a set with gt_au, '
                              'or remove it')
        names = (self.dataset_meta or {}).get('au_names') or [
            f'unit{i}' for i in range(labels.shape[1])
        ]
        if len(names) != labels.shape[1]:
            raise ValueError(f'the dataset names {len(names)} action units '
                             f'{list(names)}, gt_au has {labels.shape[1]}')
        occurs = np.where(np.isnan(labels), np.nan,
                          labels >= self.label_threshold)
        metrics = self.calculate(scores, occurs, names, self.threshold)
        return {
            name: value for name, value in metrics.items()
            if self.per_unit or name in ('f1', 'best_f1', 'auc')
        }

    @staticmethod
    def calculate(scores: np.ndarray,
                  labels: np.ndarray,
                  names: Sequence[str],
                  threshold: Union[float, Sequence[float]] = 0.5
                  ) -> Dict[str, float]:
        """All measures of a set.

        Args:
            scores (np.ndarray): Probabilities, ``(N, K)``.
            labels (np.ndarray): Occurrence in {0, 1}, NaN = unknown,
                ``(N, K)``.
            names (Sequence[str]): Of the K units.
            threshold (float or Sequence[float]): See the class.

        Returns:
            dict[str, float]: The means first; NaN where no unit has one.
        """
        from torchmetrics.functional.classification import (
            binary_auroc, binary_precision_recall_curve)
        units: Dict[str, Dict[str, float]] = {
            kind: {} for kind in ('f1', 'best_f1', 'auc', 'threshold')
        }
        bounds = np.broadcast_to(threshold, labels.shape[1])
        for k, name in enumerate(names):
            known = ~np.isnan(labels[:, k])
            score, truth = scores[known, k], labels[known, k] == 1
            if not truth.any():
                continue
            found = score >= bounds[k]
            units['f1'][name] = 200 * (found & truth).sum() / (
                found.sum() + truth.sum())
            pair = torch.from_numpy(score), torch.from_numpy(truth).long()
            precision, recall, places = binary_precision_recall_curve(*pair)
            f1 = 2 * precision * recall / (precision + recall).clamp(1e-12)
            best = int(f1[:-1].argmax())  # the last one finds nothing
            units['best_f1'][name] = 100 * f1[best]
            units['threshold'][name] = places[best]
            if not truth.all():
                units['auc'][name] = 100 * binary_auroc(*pair)
        metrics = {
            kind: np.mean(list(values.values())) if values else np.nan
            for kind, values in units.items() if kind != 'threshold'
        }
        for kind, values in units.items():
            metrics.update({f'{kind}_{n}': v for n, v in values.items()})
        return {name: float(value) for name, value in metrics.items()}
