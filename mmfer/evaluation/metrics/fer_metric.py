# Copyright (c) mmfer contributors.
import logging
import os.path as osp
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger

from mmfer.errors import ConfigError
from mmfer.registry import METRICS
from ..finite_predictions import require_finite
from ..class_groups import CLASS_GROUPS, group_recalls, ranked_groups
from ..confusion_matrix import count_confusions, save_confusion_matrix

# Probabilities are not taken smaller than this in logarithms, so that one
# score of zero does not make a mean infinite.
_EPS = 1e-12
# How far a sum of scores may be from 1: bfloat16 softmax is that coarse.
_SUM_TOLERANCE = 0.02


@METRICS.register_module()
class FERMetric(BaseMetric):
    r"""The measures by which expression recognition is reported.

    All values are computed once over the whole set, never averaged over
    batches or processes.

    In percent, as MMPretrain's metrics are:

    - ``accuracy``: share of correct samples.
    - ``uar``: unweighted average recall, the mean class accuracy.
    - ``f1``: macro F1, the mean of :math:`2TP_c / (2TP_c + FP_c + FN_c)`.
    - ``recall_CLASS``: recall of each class.
    - ``GROUP``: mean recall of the classes of each of the ``groups``.

    In natural units:

    - ``nll``: mean of :math:`-\log p_y`, with :math:`p \ge 10^{-12}`.
    - ``ece``: expected calibration error in [0, 1], the top-1 confidence in
      equally wide bins (Guo et al., ICML 2017).
    - ``brier``: mean of :math:`\sum_c (p_c - [c = y])^2`, in [0, 2].
    - ``kl``: mean of :math:`\sum_c t_c \log(t_c / p_c)` over the samples
      with a ``gt_score``; left out when there is none or all are one-hot.

    A class without samples in the set has no recall: it is left out of
    ``uar`` and ``f1``, which are then means over the classes that occur, as
    in scikit-learn with ``labels=`` these classes.

    The confusion matrix is written as ``confusion_matrix.json`` and
    ``.png`` by the main process; the files hold the latest evaluation.

    Args:
        ece_bins (int): Number of bins of ``ece``. Defaults to 15.
        groups (Mapping[str, Sequence[int or str]], optional): Groups of
            classes, by name or index, as ``dict(many=['happiness', ...],
            medium=[...], few=[...])`` for long tails. Defaults to None.
        group_file (str, optional): A training list, each line of which ends
            with a class index; ``groups`` then tells how many classes belong
            to each group, from the commonest on, see
            :func:`~mmfer.evaluation.class_groups.ranked_groups`. Defaults to
            None.
        per_class (bool): Whether there is a ``recall_CLASS`` of each class
            and a confusion matrix, which hundreds of classes make
            unreadable. Defaults to True.
        out_dir (str, optional): The folder for the confusion matrix. Defaults
            to None, ``vis_data`` beside the log file of the run; without a
            log file nothing is written.
        collect_device (str): ``'cpu'`` or ``'gpu'``, see ``BaseMetric``.
            Defaults to ``'cpu'``.
        prefix (str, optional): Another prefix than ``'expr'``. The files of
            the confusion matrix then start with it. Defaults to None.

    Raises:
        ValueError: If a prediction is absent, not finite, no distribution or
            of another length than the classes, or if a label lies outside
            them; the message names the image. If a group names an unknown
            class.

    Examples:
        >>> import numpy as np
        >>> scores = np.array([[.8, .2], [.6, .4], [.3, .7]])
        >>> result, matrix = FERMetric.calculate(scores, np.array([0, 1, 1]))
        >>> round(result['accuracy'], 1), result['uar']
        (66.7, 75.0)
        >>> matrix.tolist()
        [[1, 0], [1, 1]]
    """

    default_prefix: Optional[str] = 'expr'

    def __init__(self,
                 ece_bins: int = 15,
                 groups: Optional[Union[CLASS_GROUPS,
                                        Mapping[str, int]]] = None,
                 group_file: Optional[str] = None,
                 per_class: bool = True,
                 out_dir: Optional[str] = None,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        if not isinstance(ece_bins, int) or ece_bins < 1:
            raise ValueError(f'ece_bins must be a positive integer, got '
                             f'{ece_bins!r}')
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.ece_bins = ece_bins
        self.groups = groups or {}
        self.group_file = group_file
        self.per_class = per_class
        self.out_dir = out_dir

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Check and keep the scores and the truth of one batch.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Samples with ``pred_score``
                ``(C, )``, ``gt_label`` and, where known, ``gt_score``.
        """
        if self.group_file:  # once, and before an evaluation is wasted
            self.groups = ranked_groups(self.group_file, self.groups)
            self.group_file = None
        for sample in data_samples:
            name = sample.get('img_path', sample.get('sample_idx', 'unnamed'))
            for key in ('pred_score', 'gt_label'):
                if sample.get(key) is None:
                    raise ValueError(f'{name}: the sample has no {key}, '
                                     'which FERMetric needs')
            require_finite(sample, 'pred_score')
            score = self._distribution(sample['pred_score'], 'pred_score',
                                       name)
            target = sample.get('gt_score')
            if target is not None:
                target = self._distribution(target, 'gt_score', name)
                if len(target) != len(score):
                    raise ValueError(f'{name}: gt_score has {len(target)} '
                                     f'classes, pred_score {len(score)}')
            label = torch.as_tensor(sample['gt_label']).reshape(-1)
            if len(label) != 1 or not 0 <= int(label[0]) < len(score):
                raise ValueError(
                    f'{name}: gt_label must be one index in [0, '
                    f'{len(score) - 1}], got {label.tolist()}')
            self.results.append((score, int(label[0]), target))

    def _distribution(self, value: Any, key: str, name: Any) -> np.ndarray:
        """``value`` as a checked float64 distribution, shape ``(C, )``."""
        score = torch.as_tensor(value).detach().cpu().double().numpy()
        classes = (self.dataset_meta or {}).get('classes')
        if score.ndim != 1 or (classes and len(score) != len(classes)):
            wanted = (f'the {len(classes)} classes {list(classes)}'
                      if classes else '(C, )')
            raise ConfigError(
                f'{name}: {key} of shape {score.shape} does not fit {wanted}',
                hint='let model.head.num_classes be the number of classes '
                "of the dataset's label space")
        if not np.isfinite(score).all():
            raise ValueError(f'{name}: {key} is not finite: {score.tolist()}')
        total = score.sum()
        if (score < 0).any() or abs(total - 1) > _SUM_TOLERANCE:
            raise ValueError(
                f'{name}: {key} is no distribution (sum {total:.4g}, minimum '
                f'{score.min():.4g}); FERMetric wants softmax outputs')
        return score / total

    def compute_metrics(self, results: List[tuple]) -> Dict[str, float]:
        """Compute all measures and write the confusion matrix.

        Args:
            results (list[tuple]): Score, label and target of every sample.

        Returns:
            dict[str, float]: Scalars only.
        """
        classes = self._class_names([len(score) for score, *_ in results])
        scores, labels, targets = zip(*results)
        metrics, matrix = self.calculate(
            np.stack(scores), np.array(labels), targets, classes,
            self.ece_bins, self.per_class)
        metrics.update(group_recalls(matrix, self.groups, classes))
        if not self.per_class:
            return metrics
        self._save(
            matrix, classes, f"accuracy {metrics['accuracy']:.2f} %, UAR "
            f"{metrics['uar']:.2f} %, {len(labels)} samples",
            accuracy=metrics['accuracy'], uar=metrics['uar'])
        return metrics

    def _class_names(self, lengths: Sequence[int]) -> Sequence[str]:
        """The names of the classes, given the length of each score."""
        if not lengths:
            raise ValueError(f'{type(self).__name__} has nothing to evaluate: '
                             'the dataset is empty or gave no predictions')
        if len(set(lengths)) > 1:
            raise ValueError('pred_score has different lengths: '
                             f'{sorted(set(lengths))}')
        return (self.dataset_meta or {}).get('classes') or [
            str(i) for i in range(lengths[0])
        ]

    def _save(self, matrix: np.ndarray, classes: Sequence[str], title: str,
              **metrics: float) -> None:
        """Write the confusion matrix, if there is a folder for it."""
        folder = self.out_dir or self._log_folder()
        if folder:
            prefix = '' if self.prefix == 'expr' else f'{self.prefix}_'
            save_confusion_matrix(
                matrix, classes, osp.join(folder, f'{prefix}confusion_matrix'),
                title, **metrics)

    @staticmethod
    def _log_folder() -> Optional[str]:
        """``vis_data`` beside the log file of the run, if there is one."""
        for handler in MMLogger.get_current_instance().handlers:
            if isinstance(handler, logging.FileHandler):
                return osp.join(
                    osp.dirname(handler.baseFilename), 'vis_data')
        return None

    @staticmethod
    def calculate(scores: np.ndarray,
                  labels: np.ndarray,
                  targets: Optional[Sequence[Optional[np.ndarray]]] = None,
                  classes: Optional[Sequence[str]] = None,
                  ece_bins: int = 15,
                  per_class: bool = True
                  ) -> Tuple[Dict[str, float], np.ndarray]:
        """All measures of a set.

        Args:
            scores (np.ndarray): Predicted distributions, ``(N, C)``.
            labels (np.ndarray): True classes, int of shape ``(N, )``.
            targets (Sequence, optional): True distributions ``(C, )``, None
                where a sample has none. Defaults to None.
            classes (Sequence[str], optional): Class names. Defaults to None,
                the indices.
            ece_bins (int): Number of bins of ``ece``. Defaults to 15.
            per_class (bool): With the recall of each class. Defaults to True.

        Returns:
            tuple: The measures, and the confusion matrix ``(C, C)`` with the
            truth in rows.
        """
        from torchmetrics.functional.classification import \
            multiclass_calibration_error
        num, truth = scores.shape[1], torch.from_numpy(labels)
        matrix = count_confusions(labels, scores.argmax(1), num)
        hits, support = matrix.diagonal(), matrix.sum(1)
        present = support > 0
        recall = hits[present] / support[present]
        f1 = 2 * hits[present] / (support + matrix.sum(0))[present]
        # torchmetrics gives a confidence of exactly 1 a bin of its own; the
        # largest float32 below 1 belongs to the last bin.
        below_one = torch.from_numpy(scores).float().clamp(
            max=float(np.nextafter(np.float32(1), np.float32(0))))
        of_truth = scores[np.arange(len(labels)), labels]
        names = classes or [str(i) for i in range(num)]
        metrics = dict(
            accuracy=100 * hits.sum() / len(labels),
            uar=100 * recall.mean(),
            f1=100 * f1.mean(),
            nll=-np.log(np.maximum(of_truth, _EPS)).mean(),
            ece=multiclass_calibration_error(below_one, truth, num, ece_bins),
            brier=(np.einsum('nc,nc->n', scores, scores) - 2 * of_truth
                   + 1).mean())
        pairs = [(p, t) for p, t in zip(scores, targets or ())
                 if t is not None]
        if any(t.max() < 1 for _, t in pairs):
            pred, target = (np.stack(side) for side in zip(*pairs))
            logs = np.log(np.where(target > 0, target, 1)) - np.log(
                np.maximum(pred, _EPS))
            metrics['kl'] = (target * logs).sum(1).mean()
        if per_class:
            for name, value in zip(np.array(names)[present], 100 * recall):
                metrics['recall_' + '_'.join(str(name).split())] = value
        return {key: float(value) for key, value in metrics.items()}, matrix
