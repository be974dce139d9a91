# Copyright (c) mmfer contributors.
from typing import Any, Dict, Optional, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from ..layers.feature_branch import FeatureBranch
from ..layers.feature_map import feature_map
from ..layers.uncertainty_mixing import draw_partners, mix
from .base_fer_head import FEATURES, BaseFERHead
from .targets import labels_of


@MODELS.register_module()
class UncertaintyMixingHead(BaseFERHead):
    """Learn the uncertainty of a face by mixing it with another.

    From `Relative Uncertainty Learning
    <https://openreview.net/forum?id=h1-ilmYbdea>`_. One branch gives a
    feature, a second the logarithms of variances, whose mean variance is the
    uncertainty. In training each feature is mixed with a partner's, the more
    uncertain getting the larger part, and is classified as both. Testing
    classifies the feature alone; ``pred_confidence`` is ``1 / (1 +
    uncertainty)``. The head takes the feature map itself: the model has no
    pooling neck. In training a batch needs two samples or more: set
    ``drop_last`` in the data loader.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Channels of the feature map. Defaults to 512.
        feat_size (int): Height and width of the feature map. Defaults to 7,
            a ResNet's at 224 px.
        embed_dims (int): Length D of the feature. Defaults to 64.
        dropout (float): In both branches. Defaults to 0.4.
        different_class_only (bool): Whether only samples of different
            classes are mixed. Defaults to False, the released code's way.
        loss (dict): The loss of a mixed feature and two labels. Defaults to
            ``dict(type='AddUpLoss')``.
        **kwargs: See :class:`BaseFERHead`.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int = 512,
                 feat_size: int = 7,
                 embed_dims: int = 64,
                 dropout: float = 0.4,
                 different_class_only: bool = False,
                 loss: dict = dict(type='AddUpLoss'),
                 **kwargs: Any) -> None:
        super().__init__(num_classes, loss=loss, **kwargs)
        size = (in_channels, feat_size, embed_dims, dropout)
        self.feature = FeatureBranch(*size)
        self.log_variance = FeatureBranch(*size)
        self.fc = nn.Linear(embed_dims, num_classes)
        self.different_class_only = different_class_only

    def uncertainty(self, x: torch.Tensor) -> torch.Tensor:
        """The mean variance of each sample, positive, ``(N, )``."""
        return self.log_variance(x).exp().mean(1)

    def forward(self, feats: FEATURES) -> torch.Tensor:
        """Logits, ``(N, C)``; the uncertainty is not needed for them."""
        return self.fc(self.feature(feature_map(feats, type(self).__name__)))

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`.

        Args:
            feats (Sequence[Tensor]): Feature maps, the last ``(N, C, S, S)``.

        Returns:
            dict[str, Tensor]: ``logits`` of the unmixed feature;
            ``uncertainty`` ``(N, )``; ``confidence``.
        """
        uncertainty = self.uncertainty(
            feature_map(feats, type(self).__name__))
        return dict(
            logits=self(feats),
            uncertainty=uncertainty,
            confidence=1 / (1 + uncertainty))

    def training_outputs(self,
                         feats: FEATURES,
                         data_samples: Sequence[DataSample],
                         partners: Optional[torch.Tensor] = None
                         ) -> Dict[str, torch.Tensor]:
        """Logits of mixed and of single features, and the labels.

        Args:
            feats (Sequence[Tensor]): Feature maps, the last ``(N, C, S, S)``.
            data_samples (Sequence[DataSample]): N samples with ``gt_label``.
            partners (Tensor, optional): Indices of the partners, int64
                ``(N, )``. Defaults to None, drawn at random.

        Returns:
            dict[str, Tensor]: ``mixed_logits`` ``(N, C)``, ``labels`` and
            ``partner_labels`` ``(N, )``; and, for relabeling, ``logits`` of
            the unmixed features ``(N, C)`` and ``confidence`` ``(N, )``,
            which no loss uses.
        """
        x = feature_map(feats, type(self).__name__)
        labels = labels_of(data_samples)
        if partners is None:
            partners = draw_partners(labels, self.different_class_only)
        feature, uncertainty = self.feature(x), self.uncertainty(x)
        mixed, _ = mix(feature, uncertainty, partners)
        return dict(
            mixed_logits=self.fc(mixed),
            labels=labels,
            partner_labels=labels[partners],
            logits=self.fc(feature),
            confidence=1 / (1 + uncertainty.detach()))

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The loss of mixed features."""
        return dict(
            loss_mix=self.loss_module(outputs['mixed_logits'],
                                      outputs['labels'],
                                      outputs['partner_labels']))
