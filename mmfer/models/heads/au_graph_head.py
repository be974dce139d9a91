# Copyright (c) mmfer contributors.
from typing import Any, Dict, Optional, Sequence

import torch
from mmpretrain.structures import DataSample

from mmfer.registry import MODELS
from ..layers.au_adjacency import AUAdjacency
from ..layers.classifier_graph import ClassifierGraph
from ..layers.image_node_graph import ImageNodeGraph
from .base_au_head import BaseAUHead
from .base_fer_head import FEATURES
from .targets import targets_of, with_labels

_FORMS = dict(image=ImageNodeGraph, classifier=ClassifierGraph)


@MODELS.register_module()
class AUGraphHead(BaseAUHead):
    """Action units that tell each other, and expressions from them.

    A reconstruction of the auxiliary branch of `Uncertain Label Correction
    via Auxiliary Action Unit Graphs <https://arxiv.org/abs/2204.11053>`_,
    whose full text could not be checked. A graph convolution over action
    units gives their logits, a semantic feature and, from it, logits of
    expressions, which are trained with the expression labels.

    Args:
        form (str): ``'image'``: nodes seen in each face, see
            :class:`~mmfer.models.layers.ImageNodeGraph`; ``'classifier'``:
            nodes that become classifiers, as in ML-GCN, see
            :class:`~mmfer.models.layers.ClassifierGraph`. Defaults to
            ``'image'``; which one the paper takes is not known.
        adjacency (str): ``'data'``, ``'learned'``, ``'identity'`` or a file,
            see :class:`~mmfer.models.layers.AUAdjacency`. Defaults to
            ``'data'``.
        graph (dict, optional): Widths and further settings of the form.
            Defaults to None, its own.
        semantic_loss (dict): The loss on the logits of expressions. Defaults
            to ``dict(type='CrossEntropyLoss')``.
        **kwargs: See :class:`BaseAUHead`; ``num_classes`` is needed.

    Raises:
        ValueError: If the form is unknown or ``num_classes`` is missing.
    """

    def __init__(self,
                 form: str = 'image',
                 adjacency: str = 'data',
                 graph: Optional[dict] = None,
                 semantic_loss: dict = dict(type='CrossEntropyLoss'),
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if form not in _FORMS:
            raise ValueError(f'form must be one of {list(_FORMS)}, got '
                             f'{form!r}')
        if self.num_classes is None:
            raise ValueError('AUGraphHead tells expressions too: it needs '
                             'num_classes')
        self.graph = _FORMS[form](
            self.in_channels, self.num_classes,
            AUAdjacency(self.au_names, adjacency), **(graph or {}))
        self.semantic_loss = MODELS.build(semantic_loss)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """What the graph tells.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give.

        Returns:
            dict[str, Tensor]: ``au_logits`` ``(N, K)``; ``semantic_feature``
            ``(N, E)``; ``semantic_logits`` ``(N, C)``.
        """
        return self.graph(self.pooled(feats))

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The losses of action units and of expressions told from them."""
        logits = outputs['semantic_logits']
        batch, known = with_labels(data_samples, logits.device)
        loss = self.semantic_loss(
            logits, targets_of(batch), avg_factor=len(batch))
        return dict(
            super().get_losses(outputs, batch), loss_semantic=known * loss)
