# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence, Tuple, Union

import torch
import torch.nn.functional as F
from mmengine.model import stack_batch
from mmpretrain.models import ClsDataPreprocessor
from mmpretrain.structures import DataSample

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from mmfer.structures import SampleBatch
from ..augments import BatchAugments, ViewChange
from ..layers import one_hot


@MODELS.register_module()
class FERDataPreprocessor(ClsDataPreprocessor):
    """From a collated batch to what the classifier takes.

    Like MMPretrain's ``ClsDataPreprocessor`` it moves a batch to the device,
    turns it to RGB, normalises it, and applies mixup and cutmix. It differs
    in what travels: pixels as bytes, and of each kind of target one stack,
    without waiting for either.

    Args:
        mean (Sequence[float]): The mean of R, G, B in 0..255. Defaults to
            ImageNet's.
        std (Sequence[float]): The standard deviation of R, G, B. Defaults to
            ImageNet's.
        to_rgb (bool): Whether the pictures come as BGR, as our loaders give
            them, and the model wants RGB. Defaults to True.
        augments (Sequence[dict]): Batch augments of
            :mod:`mmfer.models.augments`, for training only, in their order.
            What they record goes to ``data_samples.records``. Defaults to (),
            none.
        second_view (Sequence[dict]): Batch augments that make a second view
            out of each picture that ``augments`` gave, for training only. The
            targets stay those of the first view; a
            :class:`~mmfer.models.augments.ViewChange` of what was done goes
            to ``data_samples.records['second_view']``. Defaults to (), one
            view.
        **kwargs: Further arguments of ``ClsDataPreprocessor``.

    Raises:
        ValueError: If batch augments get pictures of several sizes or several
            views of a sample, or make a second view of another size; or
            one-hot labels are wanted and the number of classes is unknown.
    """

    def __init__(self,
                 mean: Sequence[float] = (123.675, 116.28, 103.53),
                 std: Sequence[float] = (58.395, 57.12, 57.375),
                 to_rgb: bool = True,
                 augments: Sequence[dict] = (),
                 second_view: Sequence[dict] = (),
                 **kwargs: Any) -> None:
        super().__init__(mean=mean, std=std, to_rgb=to_rgb, **kwargs)
        self.augments = BatchAugments(augments) if augments else None
        self.second_view = BatchAugments(second_view) if second_view else None

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
            W)``; ``data_samples``: a :class:`~mmfer.structures.SampleBatch`
            on the device, or None.
        """
        inputs, samples = data['inputs'], data.get('data_samples')
        if not (samples is None or isinstance(samples, SampleBatch)
                or isinstance(samples[0], DataSample)):
            return super().forward(data, training)
        inputs = self._to_device(inputs)
        if samples is None:
            return dict(inputs=self._normalize(inputs), data_samples=None)
        samples = SampleBatch.of(samples).to(self.device)
        if (self.to_onehot and 'gt_label' in samples.targets
                and 'gt_score' not in samples.targets):
            samples = samples.with_targets(self._one_hot(samples))
        if training and self.augments is not None:
            inputs, samples = self._augment(inputs, samples)
        if training and self.second_view is not None:
            inputs, samples = self._add_view(inputs, samples)
        inputs = self._normalize(inputs)
        if training and self.batch_augments and 'gt_score' in samples.targets:
            _require_one_view(inputs)
            inputs, score = self.batch_augments(inputs,
                                                samples.targets['gt_score'])
            samples = samples.with_targets(dict(gt_score=score))
        return dict(inputs=inputs, data_samples=samples)

    def _augment(self, inputs: torch.Tensor, samples: SampleBatch
                 ) -> Tuple[torch.Tensor, SampleBatch]:
        _require_one_size(inputs)
        _require_one_view(inputs)
        done = self.augments(inputs, samples.targets)
        return done.images, samples.with_targets(done.targets, done.records)

    def _add_view(self, inputs: torch.Tensor, samples: SampleBatch
                  ) -> Tuple[torch.Tensor, SampleBatch]:
        """Two views, ``(N, 2, 3, H, W)``, each of them channels-last."""
        _require_one_size(inputs)
        _require_one_view(inputs)
        done = self.second_view(inputs)
        _require_one_size((inputs, done.images))
        views = torch.stack([
            view.permute(0, 2, 3, 1).float() for view in (inputs, done.images)
        ])
        # Padding comes later, below and to the right, where nothing moves.
        size = [n + -n % self.pad_size_divisor for n in inputs.shape[-2:]]
        change = ViewChange(done.records, size)
        return views.permute(1, 0, 4, 2, 3), samples.with_targets(
            {}, dict(samples.records, second_view=change))

    # may wait: a list of pictures is still on the host
    def _to_device(self, inputs: Union[torch.Tensor, Sequence[torch.Tensor]]
                   ) -> Union[torch.Tensor, Sequence[torch.Tensor]]:
        if isinstance(inputs, torch.Tensor):
            return inputs.to(self.device, non_blocking=True)
        if len({image.shape for image in inputs}) == 1:
            return self._to_device(torch.stack(tuple(inputs)))
        return [self._to_device(image) for image in inputs]

    # may wait: a loop over pictures of several sizes
    def _normalize(self, inputs: Union[torch.Tensor, Sequence[torch.Tensor]]
                   ) -> torch.Tensor:
        """RGB, normalised, padded to a multiple of ``pad_size_divisor``."""
        if not isinstance(inputs, torch.Tensor):
            images = [self._to_floats(image[None])[0] for image in inputs]
            return stack_batch(images, self.pad_size_divisor, self.pad_value)
        inputs = self._to_floats(inputs)
        height, width = inputs.shape[-2:]
        bottom, right = -height % self.pad_size_divisor, (
            -width % self.pad_size_divisor)
        if bottom or right:
            inputs = F.pad(inputs, (0, right, 0, bottom), value=self.pad_value)
        return inputs

    def _to_floats(self, inputs: torch.Tensor) -> torch.Tensor:
        if self.to_rgb and inputs.size(-3) == 3:
            inputs = inputs.flip(-3)
        return (inputs.float() - self.mean).div_(self.std)

    def _one_hot(self, samples: SampleBatch) -> Dict[str, torch.Tensor]:
        number = self.num_classes or samples[0].get('num_classes')
        if number is None:
            raise ConfigError('one-hot labels need the number of classes',
                              hint='data_preprocessor=dict(num_classes=...)')
        return dict(gt_score=one_hot(samples.targets['gt_label'], number))


# may wait: a list of pictures of several sizes ends in an error
def _require_one_size(inputs: Union[torch.Tensor, Sequence[torch.Tensor]]
                      ) -> None:
    if isinstance(inputs, torch.Tensor):
        return
    sizes = {tuple(image.shape[-2:]) for image in inputs}
    if len(sizes) > 1:
        raise ConfigError('batch augments need pictures of one size, got '
                          f'{sorted(sizes)}',
                          hint='put FaceResize into the pipeline of the '
                          'dataset, and change no size in second_view')


def _require_one_view(inputs: torch.Tensor) -> None:
    if inputs.ndim != 4:
        raise ConfigError('batch augmentation cannot change several views of '
                          'a sample',
                          hint='leave out one of both')
