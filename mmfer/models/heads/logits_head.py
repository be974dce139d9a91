# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
from mmpretrain.models.heads import ClsHead
from mmpretrain.structures import DataSample

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from .base_fer_head import FEATURES, BaseFERHead


class LogitsHead(BaseFERHead):
    """Adapter that makes a head of MMPretrain a :class:`BaseFERHead`.

    The losses are those of the classification loss alone. Checkpoints in
    which the head had no adapter can be loaded.

    Args:
        head (ClsHead): A head whose loss is the common one of ``ClsHead``.
        num_classes (int): Number of classes C.
    """

    def __init__(self, head: ClsHead, num_classes: int) -> None:
        super().__init__(num_classes, loss=head.loss_module)
        self.head = head

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`: ``logits`` alone."""
        return dict(logits=self.head(feats))

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The classification loss."""
        return dict(
            loss_cls=self.classification_loss(outputs['logits'],
                                              data_samples))

    def _load_from_state_dict(self, state_dict: Dict[str, Any], prefix: str,
                              *args: Any) -> None:
        own = tuple(f'{prefix}{name}.' for name, _ in self.named_children())
        for key in list(state_dict):
            if key.startswith(prefix) and not key.startswith(own):
                state_dict[f'{prefix}head.{key[len(prefix):]}'] = (
                    state_dict.pop(key))
        super()._load_from_state_dict(state_dict, prefix, *args)


def build_expression_head(config: dict) -> BaseFERHead:
    """Build a head for expressions.

    Args:
        config (dict): Of a :class:`BaseFERHead`, which is built as it is, or
            of a head of MMPretrain with the common loss of ``ClsHead``, as
            ``LinearClsHead``, which gets an adapter. With ``num_classes``.

    Returns:
        BaseFERHead: The head.

    Raises:
        ConfigError: If the head is of another kind.
    """
    head = MODELS.build(config)
    if isinstance(head, BaseFERHead):
        return head
    if isinstance(head, ClsHead) and type(head).loss is ClsHead.loss:
        return LogitsHead(head, config['num_classes'])
    raise ConfigError(
        f'{type(head).__name__} cannot be the head for expressions',
        hint='use a head of mmfer or one with the common loss of '
        'MMPretrain, as LinearClsHead')
