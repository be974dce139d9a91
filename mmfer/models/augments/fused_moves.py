# Copyright (c) mmfer contributors.
from typing import Dict, Sequence

import torch
from torch import Tensor

from mmfer.structures import AnnotationError
from mmfer.structures.landmarks import mirror_order
from .base_augment import SIZE, BatchAugment
from .geometric_augment import GeometricAugment
from .moving import (choose, compose, resize, resizing, sample,
                     sample_masks, sampling_matrix, shift_pixels)


class FusedMoves(BatchAugment):
    """Neighbouring augments that move pixels, done as one.

    Their maps are multiplied, in float64, and the pixels sampled once.
    Samples that are only mirrored, and moves by whole pixels, are exact and
    keep the dtype. Unlike after one sampling for each augment, pixels that
    one augment moves out of the image and a later one moves back are still
    there.

    Args:
        augments (Sequence[GeometricAugment]): In order of application, with
            one fill colour among them, or none.
    """

    def __init__(self, augments: Sequence[GeometricAugment]) -> None:
        self.augments = tuple(augments)
        fills = {a.fill for a in augments if a.fill is not None}
        if len(fills) > 1:
            raise ValueError('moves with different fill colours cannot be '
                             f'done as one, got {sorted(fills)}')
        self.fill = fills.pop() if fills else None
        self.may_mirror = any(a.may_mirror for a in augments)
        self.whole_pixels = all(a.whole_pixels for a in augments)
        kinds = {a.stillness for a in augments}
        self.stillness = ('never' if 'never' in kinds else
                          'sometimes' if 'sometimes' in kinds else 'always')

    def output_size(self, size: SIZE) -> SIZE:
        """See :meth:`BatchAugment.output_size`."""
        for augment in self.augments:
            size = augment.output_size(size)
        return size

    def draw(self, count: int, size: SIZE) -> Tensor:
        """See :meth:`BatchAugment.draw`. The columns: the sampling matrix
        (6), the map (6), whether mirrored, whether still, the fill colour
        (3)."""
        old = size
        matrix = resizing(old, old).expand(count, 2, 3)
        mirrors = torch.zeros(count, dtype=torch.bool)
        still = ~mirrors
        for augment in self.augments:
            moves = augment.draw_moves(count, size)
            size = augment.output_size(size)
            matrix = compose(moves.matrix, matrix)
            mirrors = mirrors ^ moves.mirrors
            still = still & moves.still
        fill = torch.tensor([self.fill or (0, 0, 0)], dtype=torch.float64)
        return torch.cat([
            sampling_matrix(matrix, old, size).flatten(1),
            matrix.flatten(1), mirrors[:, None], still[:, None],
            fill.expand(count, 3)
        ], 1)

    @staticmethod
    def mirrors(params: Tensor) -> Tensor:
        """Which samples are mirrored, bool ``(N,)``."""
        return params[:, 12] > 0

    def change_images(self, images: Tensor, params: Tensor) -> Tensor:
        """See :meth:`BatchAugment.change_images`."""
        size = self.output_size(tuple(images.shape[1:3]))
        fill = None if self.fill is None else params[:, 14:]
        if self.stillness != 'always' and self.whole_pixels:
            matrix = params[:, 6:12].view(-1, 2, 3)
            return shift_pixels(images, matrix, size, fill)
        if self.stillness != 'never':
            rest = resize(images, size)
            if self.may_mirror:
                rest = choose(self.mirrors(params), rest, rest.flip(2))
            if self.stillness == 'always':
                return rest
        matrix = params[:, :6].view(-1, 2, 3)
        moved = sample(images, matrix, size, fill)
        if self.stillness == 'never':
            return moved
        return choose(params[:, 13] > 0, moved, rest.float())

    def change_targets(self, targets: Dict[str, Tensor],
                       records: Dict[str, Tensor], params: Tensor) -> None:
        """See :meth:`BatchAugment.change_targets`.

        Raises:
            AnnotationError: If landmarks cannot be mirrored.
        """
        matrix = params[:, 6:12].view(-1, 2, 3)
        mirrors = self.mirrors(params)
        if 'gt_landmarks' in targets:
            points = targets['gt_landmarks'].to(matrix.dtype)
            points = points @ matrix[:, :, :2].mT + matrix[:, None, :, 2]
            if self.may_mirror:
                points = torch.where(mirrors[:, None, None],
                                     self._swap(points), points)
            targets['gt_landmarks'] = points
        if 'gt_mask' in targets:
            mask = targets['gt_mask']
            size = self.output_size(tuple(mask.shape[1:]))
            targets['gt_mask'] = sample_masks(
                mask, params[:, :6].view(-1, 2, 3), size)
        if 'affine' in records:
            matrix = compose(matrix, records['affine'])
            mirrors = mirrors ^ records['flip']
        records['affine'], records['flip'] = matrix, mirrors
        # What was erased is no longer there.
        records.pop('erase_window', None)

    @staticmethod
    def _swap(points: Tensor) -> Tensor:
        """Left and right points change places."""
        try:
            order = mirror_order(points.shape[1])
        except ValueError as error:
            raise AnnotationError(
                str(error), hint='leave mirroring (BatchFlip, '
                'BatchFlowFlip) out of the augments or the landmarks out of '
                'the annotations') from None
        # Indexing with a list would copy it to the device and wait.
        columns = points.unbind(1)
        return torch.stack([columns[i] for i in order], 1)

    def __repr__(self) -> str:
        return f'{type(self).__name__}({list(self.augments)})'
