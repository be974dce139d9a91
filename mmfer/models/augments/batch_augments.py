# Copyright (c) mmfer contributors.
from itertools import groupby
from typing import Dict, List, Optional, Sequence, Union

import torch
from torch import Tensor

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from .augment_batch import AugmentBatch
from .base_augment import BatchAugment
from .fused_moves import FusedMoves
from .geometric_augment import GeometricAugment
from .mixing_augment import MixingAugment

# Numbers in the images of one part of a batch on a CPU: small enough to stay
# in its cache from one operation to the next.
_PART = 2**18

ANY_AUGMENT = Union[dict, BatchAugment, GeometricAugment]


class BatchAugments:
    """Apply augments to a whole batch, on the device where it is.

    Every sample has parameters of its own. They are drawn on the CPU from
    torch's global generator, so the same seed gives the same parameters on
    every device, and copied to the device together; nothing waits for the
    device. Neighbouring augments that move pixels are done as one, see
    :class:`FusedMoves`.

    Args:
        augments (Sequence[dict or BatchAugment or GeometricAugment]): In
            order of application; dicts are built by the registry ``MODELS``.
            At most one may mix samples, and only as the last.

    Raises:
        TypeError: If an element is no augment.
        ValueError: If an augment that mixes samples is not the last.

    Examples:
        >>> augments = BatchAugments([
        ...     dict(type='BatchAffine', shift=0.1, scale=0.15, rotate=15),
        ...     dict(type='BatchFlip'),
        ...     dict(type='BatchErasing')])
        >>> batch = augments(images, dict(gt_label=labels))
        >>> batch.images, batch.targets, batch.records
    """

    def __init__(self, augments: Sequence[ANY_AUGMENT]) -> None:
        if not isinstance(augments, (list, tuple)):
            raise TypeError('augments must be a list of dicts or augments, '
                            f'got {augments!r}')
        self.augments = [self._build(a) for a in augments]
        for augment in self.augments[:-1]:
            if isinstance(augment, MixingAugment):
                raise ConfigError(f'{augment} mixes samples and must be the '
                                  'last augment, for the records to hold',
                                  hint='put it at the end, once')
        self.steps = self._fuse(self.augments)

    @staticmethod
    def _build(augment: ANY_AUGMENT) -> Union[BatchAugment, GeometricAugment]:
        if isinstance(augment, dict):
            augment = MODELS.build(augment)
        if not isinstance(augment, (BatchAugment, GeometricAugment)):
            raise TypeError('an augment must be a dict with the type of a '
                            'batch augment, for example '
                            f"dict(type='BatchFlip'), got {augment!r}")
        return augment

    @staticmethod
    def _fuse(augments: Sequence[Union[BatchAugment, GeometricAugment]]
              ) -> List[BatchAugment]:
        """Make one step of neighbours that move pixels and have at most one
        fill colour."""
        steps: List[BatchAugment] = []
        for moving, group in groupby(
                augments, lambda a: isinstance(a, GeometricAugment)):
            if not moving:
                steps.extend(group)
                continue
            together: List[GeometricAugment] = []
            for augment in group:
                fills = {a.fill for a in [*together, augment]} - {None}
                if len(fills) > 1:
                    steps.append(FusedMoves(together))
                    together = []
                together.append(augment)
            steps.append(FusedMoves(together))
        return steps

    @torch.no_grad()
    def __call__(self,
                 images: Tensor,
                 targets: Optional[Dict[str, Tensor]] = None) -> AugmentBatch:
        """Augment a batch.

        Args:
            images (Tensor): Blue, green and red, 0 to 255, uint8 or float32
                of shape ``(N, 3, H, W)``, best channels-last. Not written to.
            targets (Dict[str, Tensor], optional): Stacked targets on the same
                device. Not written to. Defaults to None, none.

        Returns:
            AugmentBatch: New images, targets and records.

        Raises:
            ValueError: If images or targets do not have that form.
        """
        self._check(images, targets or {})
        done = AugmentBatch(images, dict(targets or {}))
        # Halves would round grey values.
        with torch.autocast(images.device.type, enabled=False):
            params = self._draw(images)
            pixels = self._change(
                images.permute(0, 2, 3, 1).contiguous(), params)
            for step, own in zip(self.steps, params):
                step.change_targets(done.targets, done.records, own)
        done.images = pixels.permute(0, 3, 1, 2)
        return done

    def _draw(self, images: Tensor) -> List[Tensor]:
        """The parameters of each step on the device, in one copy."""
        count, size = len(images), tuple(images.shape[2:])
        drawn = []
        for step in self.steps:
            drawn.append(step.draw(count, size))
            size = step.output_size(size)
        if not drawn:
            return []
        together = torch.cat(drawn, 1).float()
        if images.is_cuda:
            together = together.pin_memory()
        together = together.to(images.device, non_blocking=True)
        return list(together.split([d.shape[1] for d in drawn], 1))

    def _change(self, pixels: Tensor, params: List[Tensor]) -> Tensor:
        """Change the images ``(N, H, W, 3)``; on a CPU part by part."""
        count = rows = len(pixels)
        if pixels.device.type == 'cpu':
            rows = max(_PART // max(pixels[:1].numel(), 1), 1)
        mixing = len(self.steps) > 0 and isinstance(self.steps[-1],
                                                    MixingAugment)
        steps = self.steps[:-1] if mixing else self.steps
        parts = []
        for start in range(0, count, rows):
            part = pixels[start:start + rows]
            for step, own in zip(steps, params):
                part = step.change_images(part, own[start:start + rows])
            parts.append(part)
        pixels = torch.cat(parts) if len(parts) > 1 else parts[0]
        if mixing:
            pixels = self.steps[-1].change_images(pixels, params[-1])
        return pixels

    @staticmethod
    def _check(images: Tensor, targets: Dict[str, Tensor]) -> None:
        if not isinstance(images, Tensor) or images.dim() != 4 or (
                images.shape[1] != 3) or len(images) == 0 or (
                    images.dtype not in (torch.uint8, torch.float32)):
            found = (f'{images.dtype} of shape {tuple(images.shape)}'
                     if isinstance(images, Tensor) else type(images))
            raise ValueError('images must be a uint8 or float32 tensor of '
                             f'shape (N, 3, H, W), N > 0, got {found}')
        for name, target in targets.items():
            if not isinstance(target, Tensor) or target.dim() == 0 or (
                    len(target) != len(images)):
                found = (tuple(target.shape)
                         if isinstance(target, Tensor) else type(target))
                raise ValueError(
                    f'target {name} must be a tensor whose first dimension is '
                    f'the number of images, {len(images)}, got {found}')

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.augments})'
