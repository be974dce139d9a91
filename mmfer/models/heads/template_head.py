# Copyright (c) mmfer contributors.
from typing import Any, Dict, Optional, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from .base_auxiliary_head import BaseAuxiliaryHead
from .base_fer_head import FEATURES
from .targets import labels_of, with_labels


@MODELS.register_module()
class TemplateHead(BaseAuxiliaryHead):
    """Templates of the classes among the semantic features of another task.

    In training every step is noted in the template bank, and each sample gets
    its ``posterior`` over the templates, by which
    :class:`~mmfer.models.banks.SimilarityRelabeling` corrects labels. A
    similarity loss, if there is one, draws the pooled feature, through a
    linear projection, to the template of its class. In testing there is
    nothing to compute. Needs :class:`~mmfer.engine.hooks.TemplateHook`.

    Args:
        templates (dict): The config of a
            :class:`~mmfer.models.banks.TemplateBank`; ``num_classes`` is
            given to it. Its ``in_channels`` E is the length of the semantic
            feature.
        similarity (dict, optional): The loss between projected features and
            templates, such as ``dict(type='TemplateSimilarityLoss')``.
            Defaults to None.
        **kwargs: See :class:`BaseAuxiliaryHead`; ``num_classes`` is needed.
    """

    def __init__(self,
                 templates: dict,
                 similarity: Optional[dict] = None,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.templates = MODELS.build(
            dict(templates, num_classes=self.num_classes))
        self.similarity = self.projection = None
        if similarity is not None:
            self.similarity = MODELS.build(similarity)
            self.projection = nn.Linear(self.in_channels,
                                        templates['in_channels'])

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """Nothing: templates serve training."""
        return {}

    def training_outputs(self, feats: FEATURES,
                         outputs: Dict[str, torch.Tensor],
                         data_samples: Sequence[DataSample]
                         ) -> Dict[str, torch.Tensor]:
        """Note the batch, and compare it with the templates.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give.
            outputs (dict[str, Tensor]): What all tasks gave, among it
                ``semantic_feature`` ``(N, E)``, ``semantic_logits`` ``(N,
                C)`` and, where known, ``confidence`` ``(N, )``.
            data_samples (Sequence[DataSample]): N samples.

        Returns:
            dict[str, Tensor]: ``posterior`` ``(N, C)``; ``projected``
            ``(N, E)`` with a similarity loss.

        Raises:
            ValueError: If no task gives a semantic feature, or one of
                another length than that of the templates.
        """
        if 'semantic_feature' not in outputs:
            raise ConfigError(
                'TemplateHead needs the semantic_feature of another task',
                hint="add au=dict(type='AUGraphHead', ...) to task_heads")
        feature = outputs['semantic_feature']
        length, own = feature.size(1), self.templates.templates.size(1)
        if length != own:
            raise ConfigError('the semantic feature has the length '
                              f'{length}, the templates {own}',
                              hint='set templates.in_channels of '
                              f'TemplateHead to {length}')
        self.templates.observe(feature, self._labels(data_samples, feature),
                               outputs['semantic_logits'].argmax(1),
                               outputs.get('confidence'))
        found = dict(posterior=self.templates.posterior(feature))
        if self.similarity is not None:
            found['projected'] = self.projection(self.pooled(feats))
        return found

    @staticmethod
    def _labels(data_samples: Sequence[DataSample],
                like: torch.Tensor) -> torch.Tensor:
        """Labels, -1 where they are unknown."""
        batch, known = with_labels(data_samples, like.device)
        labels = labels_of(batch)
        return labels if known else torch.full_like(labels, -1)

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The similarity loss, if there is one."""
        if self.similarity is None:
            return {}
        projected = outputs['projected']
        return dict(
            loss_similarity=self.similarity(
                projected, self._labels(data_samples, projected),
                self.templates.templates, outputs.get('confidence')))

    def predictions(self, outputs: Dict[str, torch.Tensor]
                    ) -> Dict[str, torch.Tensor]:
        """Nothing."""
        return {}
