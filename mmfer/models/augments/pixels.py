# Copyright (c) mmfer contributors.
"""Small operations on images ``(N, H, W, 3)`` that must be fast on a CPU.

Broadcasting a number for each sample or pixel over the three colours is slow
there, so these work on rows of W * 3 numbers or multiply by matrices.
"""
import torch
from torch import Tensor

# The weights of blue, green and red in the luminance (ITU-R BT.601), as in
# Pillow's and OpenCV's conversions to grey.
LUMINANCE = (0.114, 0.587, 0.299)


def mix_colours(images: Tensor, matrix: Tensor) -> Tensor:
    """Multiply the colours of each pixel by a matrix of its sample.

    Args:
        images (Tensor): ``(N, H, W, 3)``, float32.
        matrix (Tensor): ``(N, 3, 3)``, from old (rows) to new (columns).

    Returns:
        Tensor: A new tensor of the same shape.
    """
    return torch.bmm(images.flatten(1, 2), matrix).view_as(images)


def paste(images: Tensor, window: Tensor, other: Tensor) -> Tensor:
    """Replace the pixels in a window of each sample.

    Args:
        images (Tensor): ``(N, H, W, 3)``.
        window (Tensor): Top, left, bottom and right, ``(N, 4)``; bottom and
            right are the first row and column outside.
        other (Tensor): What comes there, of the same dtype: ``(N, H, W, 3)``
            or one colour for each sample, ``(N, 3)``.

    Returns:
        Tensor: A new tensor of the same shape and dtype.
    """
    height, width = images.shape[1:3]
    y = torch.arange(height, device=images.device)
    x = torch.arange(3 * width, device=images.device) // 3
    top, left, bottom, right = window[:, :, None].unbind(1)
    inside = ((y >= top) & (y < bottom))[:, :, None] & (
        (x >= left) & (x < right))[:, None]
    if other.dim() == 2:
        other = other.repeat(1, width)[:, None]
    else:
        other = other.flatten(2)
    return torch.where(inside, other, images.flatten(2)).view_as(images)


def random_bytes(like: Tensor) -> Tensor:
    """Independent numbers from 0 to 255 in the shape of ``like``, uint8."""
    words = torch.empty(-(-like.numel() // 8), dtype=torch.int64,
                        device=like.device)
    # All 64 bits are random; eight times fewer draws than byte by byte.
    words.random_(-2**63, None)
    return words.view(torch.uint8)[:like.numel()].view(like.shape)
