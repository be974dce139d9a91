# Copyright (c) mmfer contributors.
from abc import abstractmethod
from typing import Dict, List, Optional, Sequence, Union

import torch
from mmpretrain.models.heads import ClsHead
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.structures import FERDataSample
from ..losses import BaseReweightedLoss
from .targets import mixed_labels_of, targets_of

FEATURES = Sequence[torch.Tensor]
CONFIG = Union[dict, nn.Module]


class BaseFERHead(ClsHead):
    """A head for expressions whose losses look at more than the logits.

    A child says in :meth:`outputs` what it computes from the features, in
    :meth:`training_outputs` what else in training, and in :meth:`get_losses`
    what it asks of that; the rest is common.

    Args:
        num_classes (int): Number of classes C.
        loss (dict): The classification loss on the logits. Defaults to
            ``dict(type='CrossEntropyLoss')``.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.

    Raises:
        ValueError: If ``num_classes`` is not positive.
    """

    #: How many views of a sample training takes.
    num_views = 1

    def __init__(self,
                 num_classes: int,
                 loss: CONFIG = dict(type='CrossEntropyLoss'),
                 init_cfg: Optional[dict] = None) -> None:
        if num_classes <= 0:
            raise ValueError(
                f'num_classes must be positive, got {num_classes}')
        super().__init__(loss=loss, init_cfg=init_cfg)
        self.num_classes = num_classes

    @abstractmethod
    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """All that the head computes.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give.

        Returns:
            dict[str, Tensor]: ``logits`` ``(N, C)``; ``confidence`` ``(N, )``
            in [0, 1] where the method has one; and what the losses need.
        """

    def training_outputs(self, feats: FEATURES,
                         data_samples: Sequence[DataSample]
                         ) -> Dict[str, torch.Tensor]:
        """All that the head computes in training.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give; with
                ``num_views`` above 1 one such sequence for each view.
            data_samples (Sequence[DataSample]): N samples with targets.

        Returns:
            dict[str, Tensor]: What the losses need; under ``logits`` and
            ``confidence``, where given, what :meth:`outputs` means by them.
            By default that of :meth:`outputs`.
        """
        return self.outputs(feats)

    @abstractmethod
    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """Losses of what :meth:`training_outputs` gave.

        The classification loss is that of ``outputs['logits']``, which a
        head around this one may have scaled.

        Returns:
            dict[str, Tensor]: Named scalars.
        """

    def forward(self, feats: FEATURES) -> torch.Tensor:
        """Logits, ``(N, C)``."""
        return self.outputs(feats)['logits']

    def loss(self, feats: FEATURES,
             data_samples: Sequence[DataSample]) -> Dict[str, torch.Tensor]:
        """Losses of a batch.

        Args:
            feats (Sequence[Tensor]): See :meth:`training_outputs`.
            data_samples (Sequence[DataSample]): N samples with targets.

        Returns:
            dict[str, Tensor]: Named scalars.
        """
        outputs = self.training_outputs(feats, data_samples)
        return self.get_losses(outputs, data_samples)

    def classification_loss(self, logits: torch.Tensor,
                            data_samples: Sequence[DataSample]
                            ) -> torch.Tensor:
        """The classification loss, a mean over the batch.

        Samples that a batch augment has mixed are told to it by their mixed
        distributions; to a :class:`~mmfer.models.losses.BaseReweightedLoss`,
        which weighs single labels, once with each of both labels, by the
        shares of these.
        """
        number = logits.size(0)
        mixed = None
        if isinstance(self.loss_module, BaseReweightedLoss):
            mixed = mixed_labels_of(data_samples)
        if mixed is None:
            return self.loss_module(
                logits, targets_of(data_samples), avg_factor=number)
        labels, share = mixed
        return self.loss_module(
            torch.cat([logits, logits]),
            labels,
            weight=share,
            avg_factor=number)

    def predictions(self, outputs: Dict[str, torch.Tensor]
                    ) -> Dict[str, torch.Tensor]:
        """What is predicted, by the names of the fields of a data sample.

        Args:
            outputs (Dict[str, Tensor]): What :meth:`outputs` gave.

        Returns:
            dict[str, Tensor]: ``pred_score``, probabilities ``(N, C)``, and
            ``pred_confidence``, ``(N, )``, where the method has one.
        """
        found = dict(pred_score=outputs['logits'].softmax(1))
        if 'confidence' in outputs:
            found['pred_confidence'] = outputs['confidence']
        return found

    def predict(self,
                feats: FEATURES,
                data_samples: Optional[List[DataSample]] = None
                ) -> List[DataSample]:
        """Predictions of a batch.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give.
            data_samples (list[DataSample], optional): Samples to write to.
                Defaults to None, new ones.

        Returns:
            list[DataSample]: With all of :meth:`predictions`, and
            ``pred_label``.
        """
        found = self.predictions(self.outputs(feats))
        labels = found['pred_score'].argmax(1, keepdim=True)
        if data_samples is None:
            data_samples = [FERDataSample() for _ in range(len(labels))]
        samples = list(data_samples)
        for sample, score, label in zip(samples, found.pop('pred_score'),
                                        labels):
            sample.set_pred_score(score).set_pred_label(label)
        for name, values in found.items():
            for sample, value in zip(samples, values):
                sample.set_field(value.float(), name, dtype=torch.Tensor)
        return samples
