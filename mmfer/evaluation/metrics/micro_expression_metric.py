# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from mmfer.registry import METRICS
from ..confusion_matrix import count_confusions
from .fer_metric import FERMetric


@METRICS.register_module()
class MicroExpressionMetric(FERMetric):
    r"""The measures by which micro-expression recognition is reported.

    In percent, from one confusion matrix over all samples, the clips of all
    folds of a cross-validation at best; means over subjects or folds are not
    comparable and not offered (MEGC 2019):

    - ``uf1``: unweighted F1, the mean over the classes of
      :math:`2TP_c / (2TP_c + FP_c + FN_c)`.
    - ``uar``: unweighted average recall, the mean of :math:`TP_c / N_c`.
    - ``accuracy``: :math:`\sum_c TP_c / N`.
    - ``uf1_SET``, ``uar_SET``, ``accuracy_SET``: the same over the samples
      of each ``source_set``, where there are several.

    The confusion matrix is written as ``confusion_matrix.json`` and ``.png``,
    see :class:`FERMetric`. Beside that metric, this one needs another
    ``prefix``.

    Args:
        absent (str): What a class counts that has nothing to measure, as
            happens in a fold or a small set, though seldom in the pool:
            neither true nor predicted samples for F1, no true samples for
            recall. ``'exclude'``: the mean is over the other classes, or
            ``'zero'``. Defaults to ``'exclude'``.
        out_dir (str, optional): See :class:`FERMetric`. Defaults to None.
        collect_device (str): See :class:`FERMetric`. Defaults to ``'cpu'``.
        prefix (str, optional): See :class:`FERMetric`. Defaults to None.

    Raises:
        ValueError: If ``absent`` is unknown, or a prediction is malformed.

    Examples:
        >>> truth, found = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2])
        >>> metrics, matrix = MicroExpressionMetric.pooled(found, truth, 3)
        >>> round(metrics['uf1'], 1), round(metrics['uar'], 1)
        (77.8, 83.3)
    """

    def __init__(self,
                 absent: str = 'exclude',
                 out_dir: Optional[str] = None,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        if absent not in ('zero', 'exclude'):
            raise ValueError("absent must be 'zero' or 'exclude', got "
                             f'{absent!r}')
        super().__init__(
            out_dir=out_dir, collect_device=collect_device, prefix=prefix)
        self.absent = absent

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep prediction, truth and set of each sample of a batch.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Samples with ``pred_score``
                ``(C, )``, ``gt_label`` and, where known, ``source_set``.
        """
        super().process(data_batch, data_samples)
        first = len(self.results) - len(data_samples)
        self.results[first:] = [
            (len(score), int(score.argmax()), label,
             sample.get('source_set') or '')
            for (score, label, _), sample in zip(self.results[first:],
                                                 data_samples)
        ]

    def compute_metrics(self, results: List[tuple]) -> Dict[str, float]:
        """Compute all measures and write the confusion matrix.

        Args:
            results (list[tuple]): The number of classes, predicted and true
                class, and set of every sample.

        Returns:
            dict[str, float]: Scalars only.
        """
        classes = self._class_names([number for number, *_ in results])
        numbers, found, truth, sets = zip(*results)
        metrics, matrix = self.pooled(
            np.array(found), np.array(truth), numbers[0], sets, self.absent)
        self._save(
            matrix, classes, f"UF1 {metrics['uf1']:.2f} %, UAR "
            f"{metrics['uar']:.2f} %, {len(results)} clips", **metrics)
        return metrics

    @classmethod
    def pooled(cls,
               found: np.ndarray,
               truth: np.ndarray,
               num_classes: int,
               source_sets: Sequence[str] = (),
               absent: str = 'exclude'
               ) -> Tuple[Dict[str, float], np.ndarray]:
        """All measures of a pool of predictions.

        Args:
            found (np.ndarray): Predicted classes, int of shape ``(N, )``.
            truth (np.ndarray): True classes, int of shape ``(N, )``.
            num_classes (int): The number of classes C.
            source_sets (Sequence[str]): The set of each sample. Defaults to
                (), not known.
            absent (str): See the class. Defaults to ``'exclude'``.

        Returns:
            tuple: The measures, and the confusion matrix ``(C, C)`` with the
            truth in rows.
        """
        matrix = count_confusions(truth, found, num_classes)
        metrics = cls.of_matrix(matrix, absent)
        sets = np.asarray(source_sets, dtype=str)
        names = sorted(set(sets.tolist()))
        for name in names if len(names) > 1 else ():
            part = count_confusions(truth[sets == name], found[sets == name],
                                    num_classes)
            metrics.update({f'{kind}_{name or "unknown"}': value for
                            kind, value in cls.of_matrix(part,
                                                         absent).items()})
        return metrics, matrix

    @staticmethod
    def of_matrix(matrix: np.ndarray,
                  absent: str = 'exclude') -> Dict[str, float]:
        """UF1, UAR and accuracy of a confusion matrix, in percent.

        Args:
            matrix (np.ndarray): Counts of shape ``(C, C)``, rows = truth.
            absent (str): See the class. Defaults to ``'exclude'``.
        """
        hits, true = matrix.diagonal(), matrix.sum(1)
        either = true + matrix.sum(0)
        f1 = 2 * hits / np.maximum(either, 1)
        recall = hits / np.maximum(true, 1)
        if absent == 'exclude':
            f1, recall = f1[either > 0], recall[true > 0]
        return dict(
            uf1=float(100 * f1.mean()), uar=float(100 * recall.mean()),
            accuracy=float(100 * hits.sum() / matrix.sum()))
