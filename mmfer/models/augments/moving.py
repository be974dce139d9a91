# Copyright (c) mmfer contributors.
"""Affine maps and moves of a whole batch.

Maps are as in :mod:`mmfer.datasets.transforms.geometry`, with a dimension for
the sample: ``(N, 2, 3)``, or ``(1, 2, 3)`` for all samples. Images are
``(N, H, W, 3)`` and contiguous.
"""
from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .base_augment import SIZE


def scale_and_shift(sx: float, sy: float, tx: float, ty: float) -> Tensor:
    """The map of scale factors and shifts, float64 ``(1, 2, 3)``."""
    return torch.tensor([[[sx, 0., tx], [0., sy, ty]]], dtype=torch.float64)


def resizing(old: SIZE, new: SIZE) -> Tensor:
    """The map of a resize, which keeps the borders in place."""
    sy, sx = new[0] / old[0], new[1] / old[1]
    return scale_and_shift(sx, sy, (sx - 1) / 2, (sy - 1) / 2)


def compose(outer: Tensor, inner: Tensor) -> Tensor:
    """The maps that apply ``inner`` first, then ``outer``."""
    linear, shift = outer[..., :2], outer[..., 2:]
    product = linear @ inner
    return torch.cat([product[..., :2], product[..., 2:] + shift], -1)


def invert(matrix: Tensor) -> Tensor:
    """The inverse maps."""
    a, b, c, d = matrix[:, :, :2].flatten(1).unbind(1)
    linear = torch.stack([d, -b, -c, a], 1).view(-1, 2, 2)
    linear = linear / (a * d - b * c).view(-1, 1, 1)
    return torch.cat([linear, -linear @ matrix[:, :, 2:]], 2)


def sampling_matrix(matrix: Tensor, old: SIZE, new: SIZE) -> Tensor:
    """What :func:`torch.nn.functional.affine_grid` takes, from the maps."""
    (h, w), (new_h, new_w) = old, new
    to_unit = scale_and_shift(2 / w, 2 / h, 1 / w - 1, 1 / h - 1)
    from_unit = scale_and_shift(new_w / 2, new_h / 2, (new_w - 1) / 2,
                                (new_h - 1) / 2)
    to_unit, from_unit = (
        m.to(matrix, non_blocking=True) for m in (to_unit, from_unit))
    return compose(to_unit, compose(invert(matrix), from_unit))


def resize(images: Tensor, size: SIZE) -> Tensor:
    """Resize, bilinear, or by averaging to half the size or less; float32
    unless the size stays."""
    old = tuple(images.shape[1:3])
    if old == size:
        return images
    options = dict(mode='bilinear', align_corners=False)
    if 2 * size[0] <= old[0] and 2 * size[1] <= old[1]:
        options = dict(mode='area')
    planes = images.float().permute(0, 3, 1, 2)
    planes = F.interpolate(planes, size, **options)
    return planes.permute(0, 2, 3, 1).contiguous()


def sample(images: Tensor, matrix: Tensor, size: SIZE,
           fill: Tensor = None) -> Tensor:
    """Sample images bilinearly.

    Args:
        images (Tensor): ``(N, H, W, 3)``.
        matrix (Tensor): From :func:`sampling_matrix`, float32.
        size (Tuple[int, int]): Size of the results.
        fill (Tensor, optional): Colours ``(N, 3)`` for places that no pixel
            comes from. Defaults to None, the nearest pixel.

    Returns:
        Tensor: Float32. Where images shrink to half or less, pixels are
        averaged first.
    """
    old = images.shape[1:3]
    shrink = min(old[0] // size[0], old[1] // size[1])
    if shrink > 1:
        images = resize(images, (old[0] // shrink, old[1] // shrink))
    planes = images.float().permute(0, 3, 1, 2)
    grid = F.affine_grid(matrix, (len(images), 3, *size), align_corners=False)
    if fill is None:
        planes = F.grid_sample(planes, grid, padding_mode='border',
                               align_corners=False)
    else:
        fill = fill[:, :, None, None]
        planes = F.grid_sample(planes - fill, grid, align_corners=False)
        planes += fill
    return planes.permute(0, 2, 3, 1).contiguous()


def sample_masks(masks: Tensor, matrix: Tensor, size: SIZE) -> Tensor:
    """Take the nearest pixel of masks.

    Args:
        masks (Tensor): ``(N, H, W)``.
        matrix (Tensor): From :func:`sampling_matrix`, float32.
        size (Tuple[int, int]): Size of the results.

    Returns:
        Tensor: Of the same dtype, 0 where no pixel comes from.
    """
    grid = F.affine_grid(matrix, (len(masks), 1, *size), align_corners=False)
    moved = F.grid_sample(masks[:, None].float(), grid, mode='nearest',
                          align_corners=False)
    return moved[:, 0].to(masks.dtype)


def choose(second: Tensor, first_images: Tensor,
           second_images: Tensor) -> Tensor:
    """Whole samples from one of two batches of the same size.

    Args:
        second (Tensor): Bool ``(N,)``, which samples come from the second.
        first_images (Tensor): ``(N, H, W, 3)``.
        second_images (Tensor): Likewise, of the same dtype.
    """
    # Much faster on a CPU than torch.where with a broadcast condition.
    row = torch.arange(len(second), device=second.device)
    row = row + len(second) * second
    return torch.cat([first_images, second_images]).index_select(0, row)


def shift_pixels(images: Tensor, matrix: Tensor, size: SIZE,
                 fill: Tensor = None) -> Tensor:
    """Move by whole pixels and mirror, exactly.

    Args:
        images (Tensor): ``(N, H, W, 3)``, keeps its dtype.
        matrix (Tensor): Maps ``(N, 2, 3)``, float32, without scaling and
            turning.
        size (Tuple[int, int]): Size of the results.
        fill (Tensor, optional): As in :func:`sample`.
    """
    count, height, width = images.shape[:3]
    sign, shift = matrix[:, :1, 0], matrix[:, :, 2:]
    x, x_inside = _source(size[1], width, shift[:, 0], sign)
    y, y_inside = _source(size[0], height, shift[:, 1], 1)
    row = torch.arange(count, device=images.device)[:, None] * height + y
    pixel = (row[:, :, None] * width + x[:, None]).flatten()
    moved = images.view(-1, 3).index_select(0, pixel).view(count, *size, 3)
    if fill is None:
        return moved
    inside = y_inside[:, :, None] & x_inside[:, None].repeat_interleave(3, 2)
    fill = fill.to(images.dtype).repeat(1, size[1])[:, None]
    return torch.where(inside, moved.flatten(2), fill).view_as(moved)


def _source(new: int, old: int, shift: Tensor,
            sign: Tensor) -> Tuple[Tensor, Tensor]:
    """For places along one axis, ``(N, new)``: which old place comes there,
    and whether there is one."""
    place = torch.arange(new, device=shift.device)
    place = (sign * (place - shift)).long()
    return place.clamp(0, old - 1), (place >= 0) & (place < old)
