# Copyright (c) mmfer contributors.
from typing import Any, Iterator, Tuple

import torch
import torch.nn.functional as F
from torch import nn

from mmfer.registry import MODELS


@MODELS.register_module()
class SmallMapConv2d(nn.Conv2d):
    """A convolution that is one matrix product where maps are small.

    On the CPU in bfloat16 the kernels of convolutions waste most of their
    time on maps of a few pixels, which small pictures have in the late stages
    of a network. There this layer gathers the window of each output pixel
    (im2col) and multiplies once. Everywhere else, that is without autocast to
    bfloat16, on other devices, for larger maps, few channels, groups or
    dilation, it is the plain convolution. Weights and their names are those
    of ``nn.Conv2d``; results differ by rounding.

    Any backbone that takes a ``conv_cfg`` can use it:
    ``conv_cfg=dict(type='SmallMapConv2d')``. Our choice;
    ``docs/results/speed.md`` tells what it gains.

    Args:
        *args: See ``torch.nn.Conv2d``.
        **kwargs: Likewise.
    """

    #: The largest output map, in pixels, and the smallest product of channels
    #: in and out: where the matrix product was faster.
    MAX_PIXELS = 49
    MIN_CHANNELS = 128 * 256

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As ``nn.Conv2d``.

        Args:
            x (Tensor): ``(N, C, H, W)``.

        Returns:
            Tensor: ``(N, C', H', W')``, channels-last and of bfloat16 where
            it is a matrix product.
        """
        if not self._is_faster(x):
            return super().forward(x)
        with torch.autocast('cpu', enabled=False):
            out = _MatrixConv.apply(
                x.bfloat16(), self.weight.bfloat16(), self.stride,
                self.padding)
            return out if self.bias is None else (
                out + self.bias.bfloat16().view(-1, 1, 1))

    def _is_faster(self, x: torch.Tensor) -> bool:
        if not (x.device.type == 'cpu' and x.dim() == 4
                and torch.is_autocast_enabled('cpu')
                and torch.get_autocast_dtype('cpu') == torch.bfloat16):
            return False
        if (self.groups > 1 or self.dilation != (1, 1)
                or self.padding_mode != 'zeros'
                or isinstance(self.padding, str)
                or self.in_channels * self.out_channels < self.MIN_CHANNELS):
            return False
        height, width = _out_size(x.shape[2:], self.weight.shape[2:],
                                  self.stride, self.padding)
        return 0 < height * width <= self.MAX_PIXELS


def _out_size(size: Tuple[int, int], kernel: Tuple[int, int],
              stride: Tuple[int, int], padding: Tuple[int, int]
              ) -> Tuple[int, int]:
    height, width = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(
        size, kernel, stride, padding))
    return height, width


def _taps(kernel: Tuple[int, int], stride: Tuple[int, int],
          size: Tuple[int, int]) -> Iterator[Tuple[slice, slice]]:
    """Which padded pixels each weight of the kernel sees, row by row."""
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            yield (slice(i, i + stride[0] * (size[0] - 1) + 1, stride[0]),
                   slice(j, j + stride[1] * (size[1] - 1) + 1, stride[1]))


class _MatrixConv(torch.autograd.Function):
    """A convolution by im2col, on channels-last maps."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor,
                stride: Tuple[int, int], padding: Tuple[int, int]
                ) -> torch.Tensor:
        kernel = weight.shape[2:]
        size = _out_size(x.shape[2:], kernel, stride, padding)
        (high, wide), maps = padding, x.permute(0, 2, 3, 1)
        maps = F.pad(maps, (0, 0, wide, wide, high, high))
        windows = torch.cat([maps[:, rows, columns] for rows, columns in
                             _taps(kernel, stride, size)], 3)
        windows = windows.flatten(0, 2)
        matrix = weight.permute(0, 2, 3, 1).flatten(1)
        ctx.save_for_backward(windows, matrix)
        ctx.shapes = maps.shape, weight.shape, stride, padding, size
        out = windows @ matrix.t()
        return out.unflatten(0, (len(x), *size)).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Tuple[Any, ...]:
        windows, matrix = ctx.saved_tensors
        shape, weight_shape, stride, padding, size = ctx.shapes
        out_channels, channels, *kernel = weight_shape
        grad = grad.permute(0, 2, 3, 1).reshape(-1, out_channels)
        grad_x = grad_weight = None
        if ctx.needs_input_grad[1]:
            grad_weight = (grad.t() @ windows).view(
                out_channels, *kernel, channels).permute(0, 3, 1, 2)
        if ctx.needs_input_grad[0]:
            parts = (grad @ matrix).view(
                shape[0], *size, kernel[0] * kernel[1], channels).unbind(3)
            # Each pixel is the sum of up to nine parts.
            total = grad.new_zeros(
                shape, dtype=torch.promote_types(grad.dtype, torch.float32))
            for (rows, columns), part in zip(
                    _taps(kernel, stride, size), parts):
                total[:, rows, columns] += part
            (high, wide), (height, width) = padding, shape[1:3]
            grad_x = total[:, high:height - high, wide:width - wide]
            grad_x = grad_x.to(grad.dtype).permute(0, 3, 1, 2)
        return grad_x, grad_weight, None, None
