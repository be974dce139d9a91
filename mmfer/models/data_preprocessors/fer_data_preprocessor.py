# Copyright (c) mmfer contributors.
from typing import Any, List, Sequence

import torch
from mmpretrain.models import ClsDataPreprocessor
from mmpretrain.structures import DataSample

from mmfer.registry import MODELS

# The further targets of a face, besides gt_label and gt_score.
_TARGETS = ('gt_au', 'gt_va', 'gt_landmarks')


@MODELS.register_module()
class FERDataPreprocessor(ClsDataPreprocessor):
    """From a collated batch to what the classifier takes.

    MMPretrain's ``ClsDataPreprocessor`` (device, RGB, normalisation, mixup
    and cutmix) which also moves action units, valence-arousal and landmarks
    to the device, one copy a kind and batch.

    Args:
        mean (Sequence[float]): The mean of R, G, B in 0..255. Defaults to
            ImageNet's.
        std (Sequence[float]): The standard deviation of R, G, B. Defaults to
            ImageNet's.
        to_rgb (bool): Whether the pictures come as BGR, as our loaders give
            them, and the model wants RGB. Defaults to True.
        **kwargs: Further arguments of ``ClsDataPreprocessor``.
    """

    def __init__(self,
                 mean: Sequence[float] = (123.675, 116.28, 103.53),
                 std: Sequence[float] = (58.395, 57.12, 57.375),
                 to_rgb: bool = True,
                 **kwargs: Any) -> None:
        super().__init__(mean=mean, std=std, to_rgb=to_rgb, **kwargs)

    def forward(self, data: dict, training: bool = False) -> dict:
        """Prepare a batch.

        Args:
            data (dict): ``inputs``: uint8 tensor ``(N, 3, H, W)`` or a list
                of ``(3, H, W)``, with V views of each sample ``(N, V, 3, H,
                W)`` or ``(V, 3, H, W)``; ``data_samples``: N samples or None.
            training (bool): Whether batch augmentation applies. Defaults to
                False.

        Returns:
            dict: ``inputs``: float32 ``(N, 3, H, W)`` or ``(N, V, 3, H,
            W)``; ``data_samples``.

        Raises:
            ValueError: If batch augmentation, which mixes samples, meets
                several views.
        """
        if data['inputs'][0].ndim == 4:
            data = self._forward_views(data, training)
        else:
            data = super().forward(data, training)
        if data['data_samples'] is not None:
            self._move_targets(data['data_samples'])
        return data

    def _forward_views(self, data: dict, training: bool) -> dict:
        """Prepare each view as if it were a batch of its own."""
        if training and self.batch_augments is not None:
            raise ValueError('batch augmentation cannot mix several views of '
                             'a sample. Remedy: leave out one of both')
        inputs = data['inputs']
        if not isinstance(inputs, torch.Tensor):
            inputs = torch.stack(list(inputs))
        inputs = self.cast_data(inputs)
        number = inputs.size(1)
        data = super().forward(
            dict(data, inputs=inputs.transpose(0, 1).flatten(0, 1)), training)
        views = data['inputs'].unflatten(0, (number, -1)).transpose(0, 1)
        return dict(data, inputs=views)

    def _move_targets(self, samples: List[DataSample]) -> None:
        for name in _TARGETS:
            having = [s for s in samples if name in s]
            if not having:
                continue
            batch = torch.stack([s.get(name) for s in having])
            batch = batch.to(self.device, non_blocking=True)
            for sample, target in zip(having, batch):
                sample.set_field(target, name)
