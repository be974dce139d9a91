# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
import torch
from mmengine.evaluator import BaseMetric

from mmfer.errors import ConfigError
from mmfer.registry import METRICS
from .checked_vectors import checked_pair, stacked_pairs

_DIMENSIONS = ('valence', 'arousal')


@METRICS.register_module()
class VAMetric(BaseMetric):
    r"""The measures by which valence and arousal are reported.

    Of each dimension, and their mean, once over the whole set:

    - ``ccc``: the concordance correlation coefficient (Lin, 1989),
      :math:`2\,\mathrm{cov}(x, y) / (\mathrm{var}(x) + \mathrm{var}(y) +
      (\bar x - \bar y)^2)`, in [-1, 1], with population moments as in the
      ABAW challenges; torchmetrics takes sample moments.
    - ``pcc``: Pearson's correlation.
    - ``rmse``: the root of the mean squared error.
    - ``sagr``: the share of samples in which the signs agree, in [0, 1]
      (Nicolaou et al., 2011).

    They are named ``ccc``, ``ccc_valence``, ``ccc_arousal`` and so on.
    Unknown labels (NaN) are left out. Where a correlation is not defined,
    since labels or predictions are constant, ``pcc`` is NaN; ``ccc`` is 0,
    and NaN where both are the same constant.

    Args:
        collect_device (str): ``'cpu'`` or ``'gpu'``, see ``BaseMetric``.
            Defaults to ``'cpu'``.
        prefix (str, optional): Another prefix than ``'va'``.

    Raises:
        ValueError: If a prediction is absent, not finite or of another length
            than the labels, or a dimension is known nowhere in the set.

    Examples:
        >>> truth = np.array([[-.5, 0.], [.5, .4]])
        >>> result = VAMetric.calculate(truth + [.5, 0.], truth)
        >>> round(result['ccc_valence'], 3), result['ccc_arousal']
        (0.667, 1.0)
    """

    default_prefix: Optional[str] = 'va'

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep predictions and labels, a row for each sample.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Samples with ``pred_va`` and,
                where known, ``gt_va``, both ``(2, )``.
        """
        for sample in data_samples:
            self.results.append(checked_pair(sample, 'pred_va', 'gt_va'))

    def compute_metrics(self, results: List[tuple]) -> Dict[str, float]:
        """Compute all measures.

        Args:
            results (list[tuple]): Predictions and labels of every sample.

        Returns:
            dict[str, float]: Scalars only.
        """
        return self.calculate(*stacked_pairs(results, 'VAMetric'))

    @staticmethod
    def calculate(predictions: np.ndarray,
                  labels: np.ndarray) -> Dict[str, float]:
        """All measures of a set.

        Args:
            predictions (np.ndarray): ``(N, 2)``.
            labels (np.ndarray): ``(N, 2)``, NaN = unknown.

        Returns:
            dict[str, float]: See the class.

        Raises:
            ValueError: If a dimension is known nowhere.
        """
        metrics: Dict[str, float] = {}
        for i, name in enumerate(_DIMENSIONS):
            known = ~np.isnan(labels[:, i])
            if not known.any():
                raise ConfigError(f'{name} is labelled nowhere in the set',
                                  hint='evaluate VAMetric on a set with '
                                  'gt_va, or remove it')
            for kind, value in _measures(predictions[known, i],
                                         labels[known, i]).items():
                metrics[f'{kind}_{name}'] = value
        means = {
            kind: float(np.mean([metrics[f'{kind}_{d}']
                                 for d in _DIMENSIONS]))
            for kind in ('ccc', 'pcc', 'rmse', 'sagr')
        }
        return {**means, **metrics}


def _measures(x: np.ndarray, y: np.ndarray) -> Dict[str, float]:
    """Those of one dimension: predictions and labels, ``(N, )``."""
    from torchmetrics.functional import mean_squared_error, pearson_corrcoef
    pair = torch.from_numpy(x), torch.from_numpy(y)
    constant = min(np.ptp(x), np.ptp(y)) == 0
    spread = x.var() + y.var() + (x.mean() - y.mean())**2
    covariance = ((x - x.mean()) * (y - y.mean())).mean()
    return dict(
        ccc=float(2 * covariance / spread) if spread > 0 else float('nan'),
        pcc=float('nan') if constant else float(pearson_corrcoef(*pair)),
        rmse=float(mean_squared_error(*pair, squared=False)),
        sagr=float((np.sign(x) == np.sign(y)).mean()))
