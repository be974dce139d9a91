# Copyright (c) mmfer contributors.
from typing import Dict, Tuple

import torch
from mmpretrain.models import ImageClassifier
from torch import nn

from mmfer.errors import ConfigError
from mmfer.models import FERClassifier
from mmfer.models.heads import BaseFERHead

from ..models import num_landmarks_of, require_pictures

# What a face and its mirror are averaged in.
_AVERAGED = ('pred_score', 'pred_confidence', 'pred_au', 'pred_va')


class ExportableModel(nn.Module):
    """A classifier from tensors to tensors, without data samples.

    Args:
        model (nn.Module): A classifier in evaluation mode.
        preprocessing (bool): Whether pictures come as BGR bytes, uint8, and
            are normalised inside; else as the backbone takes them, float32.
            Defaults to True.

    Raises:
        ConfigError: If the model takes more than pictures, or predicts in a
            way of its own.
    """

    def __init__(self, model: nn.Module, preprocessing: bool = True) -> None:
        super().__init__()
        if type(model).predict not in (FERClassifier.predict,
                                       ImageClassifier.predict):
            raise ConfigError(f'{type(model).__name__} predicts in a way of '
                              'its own and cannot be exported',
                              hint='predict with PyTorch')
        require_pictures(model)
        if num_landmarks_of(model):
            raise ConfigError('this model needs the landmarks of each face, '
                              'an exported one takes pictures alone',
                              hint='predict with PyTorch')
        self.model = model
        self.preprocessing = preprocessing

    def forward(self, images: torch.Tensor) -> Tuple[torch.Tensor, ...]:
        """All that is predicted, in the order of :meth:`names`.

        Args:
            images (Tensor): ``(N, 3, H, W)``.
        """
        return tuple(self.predictions(images).values())

    def predictions(self, images: torch.Tensor) -> Dict[str, torch.Tensor]:
        """What is predicted, by the fields of a data sample."""
        if self.preprocessing:
            images = self.model.data_preprocessor(
                dict(inputs=images))['inputs']
        found = self._of_view(images)
        if getattr(self.model, 'flip_test', False):
            mirrored = self._of_view(self.model.mirrored(images))
            for name in _AVERAGED:
                if name in found:
                    found[name] = (found[name] + mirrored[name]) / 2
        return found

    def _of_view(self, images: torch.Tensor) -> Dict[str, torch.Tensor]:
        head = self.model.head
        feats = self.model.extract_feat(images)
        if isinstance(head, BaseFERHead):
            found = head.predictions(head.outputs(feats))
        else:
            found = dict(pred_score=head(feats).softmax(1))
        if isinstance(self.model, FERClassifier):
            found.update(self.model.sample_fields(feats))
        return found

    def names(self, size: Tuple[int, int]) -> Tuple[str, ...]:
        """The names of what :meth:`forward` gives.

        Args:
            size (Tuple[int, int]): Height and width of a picture.
        """
        with torch.no_grad():
            return tuple(self.predictions(self.example(size, 1)))

    def example(self, size: Tuple[int, int], batch: int) -> torch.Tensor:
        """Pictures of noise as :meth:`forward` takes them."""
        pixels = torch.randint(0, 256, (batch, 3, *size), dtype=torch.uint8)
        if self.preprocessing:
            return pixels
        return self.model.data_preprocessor(dict(inputs=pixels))['inputs']
