# Copyright (c) mmfer contributors.
from typing import Any, List, Optional, Sequence

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from torch import nn

from mmfer.errors import ConfigError
from mmfer.evaluation import require_finite


class PredictionCollector(BaseMetric):
    """Keeps what a model says of every sample, and what goes into its head.

    Args:
        model (nn.Module, optional): The model whose features to keep, those
            of the neck, or of the backbone where there is none. Defaults to
            None: no features.

    Attributes:
        rows (list[dict]): After an evaluation, on the main process, one of
            each sample in the order of the dataset: ``path``, ``subject``,
            ``label`` (-1 = unknown), ``scores`` ``(C, )``, ``confidence``
            (NaN = unknown) and ``feature`` ``(D, )``, D = 0 without a model.
    """

    default_prefix: Optional[str] = 'collected'

    def __init__(self, model: Optional[nn.Module] = None) -> None:
        super().__init__()
        self.rows: List[dict] = []
        self._features: Optional[np.ndarray] = None
        if model is not None:
            part = model.neck if model.with_neck else model.backbone
            part.register_forward_hook(self._keep)

    def _keep(self, part: nn.Module, inputs: Any, output: Any) -> None:
        # With flip_test the mirror follows; the first look counts.
        if self._features is None:
            self._features = pool(output).float().cpu().numpy()

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep a batch."""
        features, self._features = self._features, None
        if features is None:
            features = np.zeros((len(data_samples), 0), np.float32)
        for sample, feature in zip(data_samples, features):
            if sample.get('pred_score') is None:
                raise ConfigError(
                    f"{sample.get('img_path')}: the model gives no pred_score",
                    hint='name a model that predicts expressions')
            require_finite(dict(img_path=sample.get('img_path'),
                                feature=feature), 'feature')
            require_finite(sample, 'pred_score', 'pred_confidence')
            label = sample.get('gt_label', torch.empty(0))
            self.results.append(
                dict(
                    path=sample.get('img_path') or '',
                    subject=str(sample.get('subject') or ''),
                    label=int(label) if label.numel() == 1 else -1,
                    scores=sample['pred_score'].float().cpu().numpy(),
                    confidence=float(sample.get('pred_confidence', np.nan)),
                    feature=feature))

    def compute_metrics(self, results: List[dict]) -> dict:
        """Hand the rows over; tells their number."""
        self.rows = results
        return dict(samples=len(results))


def pool(feats: Any) -> torch.Tensor:
    """One vector a sample from what a neck or backbone gives.

    Args:
        feats (Tensor or Sequence[Tensor]): Of a sequence the last counts:
            ``(N, D)``, ``(N, K, D)`` or ``(N, D, H, W)``.

    Returns:
        Tensor: ``(N, D)``; means over K tokens, or over all positions.
    """
    last = feats if isinstance(feats, torch.Tensor) else feats[-1]
    if last.ndim == 4:
        return last.mean((2, 3))
    return last.mean(1) if last.ndim == 3 else last
