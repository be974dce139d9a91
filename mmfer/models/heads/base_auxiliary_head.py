# Copyright (c) mmfer contributors.
from abc import abstractmethod
from typing import Dict, Optional, Sequence

import torch
from mmengine.model import BaseModule
from mmpretrain.structures import DataSample

from ..layers.pooled_feature import pooled_feature
from .base_fer_head import FEATURES


class BaseAuxiliaryHead(BaseModule):
    """A task beside expressions, for :class:`MultiTaskFERHead`.

    Labels of the task may be unknown for a part of a batch or for all of it;
    they are NaN or absent then. The losses multiply them by 0, so that every
    parameter receives a gradient in each batch.

    Args:
        in_channels (int): Length D of the pooled feature.
        num_classes (int, optional): Number of expressions C, for tasks that
            also tell expressions. Defaults to None.
        feat_index (int): Which of the features is taken; a map is averaged.
            Defaults to -1, the last.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.
    """

    #: The labels of the task, a field of the samples.
    target: str = ''

    def __init__(self,
                 in_channels: int,
                 num_classes: Optional[int] = None,
                 feat_index: int = -1,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.in_channels = in_channels
        self.num_classes = num_classes
        self.feat_index = feat_index

    def pooled(self, feats: FEATURES) -> torch.Tensor:
        """The feature of the task, ``(N, D)``."""
        return pooled_feature(feats, self.feat_index)

    @abstractmethod
    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """All that the head computes.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give.
        """

    def training_outputs(self, feats: FEATURES,
                         outputs: Dict[str, torch.Tensor],
                         data_samples: Sequence[DataSample]
                         ) -> Dict[str, torch.Tensor]:
        """What else the head computes in training, once all tasks have.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give.
            outputs (dict[str, Tensor]): What all tasks gave.
            data_samples (Sequence[DataSample]): N samples with targets.

        Returns:
            dict[str, Tensor]: By default nothing.
        """
        return {}

    @abstractmethod
    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """Losses of what :meth:`outputs` gave, named scalars."""

    def loss(self, feats: FEATURES,
             data_samples: Sequence[DataSample]) -> Dict[str, torch.Tensor]:
        """The losses of a head that stands alone, without further tasks.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give.
            data_samples (Sequence[DataSample]): N samples with targets.
        """
        outputs = self.outputs(feats)
        outputs.update(self.training_outputs(feats, outputs, data_samples))
        return self.get_losses(outputs, data_samples)

    @abstractmethod
    def predictions(self, outputs: Dict[str, torch.Tensor]
                    ) -> Dict[str, torch.Tensor]:
        """What is written to the samples: field -> ``(N, ...)``."""
