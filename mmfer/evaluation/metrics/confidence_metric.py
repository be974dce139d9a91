# Copyright (c) mmfer contributors.
import math
from typing import Any, Dict, List, Optional, Sequence

import torch
from mmengine.evaluator import BaseMetric

from mmfer.errors import ConfigError
from mmfer.registry import METRICS
from ..finite_predictions import require_finite


@METRICS.register_module()
class ConfidenceMetric(BaseMetric):
    """Whether a model knows which faces are hard, where that is known.

    Spearman's rank correlations, over the whole set, of the confidence of a
    prediction with

    - ``ambiguity``: the entropy of the true distribution (sought: -1);
    - ``occlusion``: the part of the picture that is covered (sought: below
      0; faces without occlusion tie).

    The confidence is the largest probability, and under ``own_...`` also what
    the method itself gives (``pred_confidence``). What the samples do not
    tell is left out; :class:`~mmfer.datasets.SyntheticFER` tells both.

    Args:
        collect_device (str): ``'cpu'`` or ``'gpu'``, see ``BaseMetric``.
            Defaults to ``'cpu'``.
        prefix (str, optional): Another prefix than ``'confidence'``.

    Raises:
        ValueError: If a sample has no ``pred_score``, no sample tells
            ambiguity or occlusion, or a confidence or ambiguity is not
            finite.
    """

    default_prefix: Optional[str] = 'confidence'

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep what is known about each sample.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Samples with ``pred_score``
                ``(C, )`` and, where there is one, ``pred_confidence``,
                ``ambiguity`` and ``gt_mask`` ``(H, W)``, 1 = occluded.
        """
        for sample in data_samples:
            name = sample.get('img_path', sample.get('sample_idx', 'unnamed'))
            if sample.get('pred_score') is None:
                raise ValueError(f'{name}: the sample has no pred_score, '
                                 'which ConfidenceMetric needs')
            require_finite(sample, 'pred_score', 'pred_confidence')
            row = {'': float(sample['pred_score'].max())}
            if sample.get('pred_confidence') is not None:
                row['own_'] = float(sample['pred_confidence'])
            if sample.get('ambiguity') is not None:
                row['ambiguity'] = float(sample['ambiguity'])
            if sample.get('gt_mask') is not None:
                row['occlusion'] = float(sample['gt_mask'].float().mean())
            if math.isnan(row.get('ambiguity', 0)):
                raise ValueError(f'{name}: ambiguity is NaN')
            self.results.append(row)

    def compute_metrics(self, results: List[Dict[str, float]]
                        ) -> Dict[str, float]:
        """Compute the correlations.

        Args:
            results (list[dict]): One of each sample.

        Returns:
            dict[str, float]: Each in [-1, 1]; NaN where all samples tie.
        """
        from torchmetrics.functional import spearman_corrcoef
        metrics = {}
        for truth in ('ambiguity', 'occlusion'):
            for kind in ('', 'own_'):
                pairs = torch.tensor(
                    [(row[kind], row[truth]) for row in results
                     if kind in row and truth in row], dtype=torch.float64)
                if len(pairs) < 2:
                    continue
                tied = (pairs == pairs[0]).all(0).any()
                metrics[kind + truth] = float('nan') if tied else float(
                    spearman_corrcoef(pairs[:, 0], pairs[:, 1]))
        if not metrics:
            raise ConfigError('no sample tells its ambiguity or occlusion',
                              hint='evaluate ConfidenceMetric on '
                              'SyntheticFER, with the occlusion mask and '
                              'ambiguity left in by the pipeline')
        return metrics
