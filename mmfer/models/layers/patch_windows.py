# Copyright (c) mmfer contributors.
"""Windows of a feature map, in which a network looks for local features."""
import math
from typing import List, Tuple

import torch
from torch import nn

from mmfer.errors import ConfigError

# First and last row, first and last column, the last ones left out.
WINDOW = Tuple[int, int, int, int]

#: Scheme -> number of patches.
PATCH_SCHEMES = dict(grid2=4, grid4=16, overlap5=5, landmark24=24)

# 24 of the 68 points of iBUG 300-W, the same on both sides (our choice):
# brows, eye corners, nose, mouth, cheeks and chin.
LANDMARKS = (17, 19, 21, 22, 24, 26, 36, 39, 42, 45, 27, 30, 31, 33, 35, 48,
             51, 54, 57, 2, 4, 8, 12, 14)


def patch_windows(scheme: str, height: int, width: int) -> List[WINDOW]:
    """Fixed windows of one size that cover a feature map.

    - ``'grid2'``: its four quarters; they share the middle row and column
      where their number is odd.
    - ``'grid4'``: four rows of four windows, each a quarter of the side,
      rounded up, small enough to be covered by an occluder; neighbors share
      cells where the side is not a multiple of four.
    - ``'overlap5'``: the four corners and the center, each 9/14 of the side:
      9 x 9 on a map of 14 x 14.

    Args:
        scheme (str): ``'grid2'``, ``'grid4'`` or ``'overlap5'``.
        height (int): Rows of the map.
        width (int): Columns of the map.

    Returns:
        list[tuple[int, int, int, int]]: First row, end row, first column,
        end column of each window, ends left out.
    """
    number, side = dict(
        grid2=(2, 1 / 2), grid4=(4, 1 / 4), overlap5=(2, 9 / 14))[scheme]
    rows, columns = math.ceil(height * side), math.ceil(width * side)
    bottom, right = height - rows, width - columns
    tops, lefts = ([(space * i + (number - 1) // 2) // (number - 1)
                    for i in range(number)] for space in (bottom, right))
    corners = [(y, x) for y in tops for x in lefts]
    if scheme == 'overlap5':
        corners.append((bottom // 2, right // 2))
    return [(y, y + rows, x, x + columns) for y, x in corners]


def cut_windows(x: torch.Tensor, windows: List[WINDOW]) -> torch.Tensor:
    """The patches of a map.

    Args:
        x (Tensor): ``(N, C, H, W)``.
        windows (list): P windows of one size, see :func:`patch_windows`.

    Returns:
        Tensor: ``(N, P, C, h, w)``.
    """
    return torch.stack(
        [x[:, :, top:end, left:right] for top, end, left, right in windows], 1)


def windows_around(points: torch.Tensor, height: int, width: int
                   ) -> Tuple[torch.Tensor, Tuple[int, int]]:
    """Windows around the 24 landmarks, each 6/14 of the side of a map.

    Args:
        points (Tensor): 68 points as parts of the picture, x and y in [0, 1],
            ``(N, 68, 2)``; in place of an unknown (NaN) point the centre of
            the picture is taken.
        height (int): Rows of the map.
        width (int): Columns of the map.

    Returns:
        tuple[Tensor, tuple[int, int]]: x and y of the centres, ``(N, 24,
        2)`` as parts of the map; rows and columns of a window.

    Raises:
        ValueError: If there are not 68 points.
    """
    if points.ndim != 3 or points.shape[1:] != (68, 2):
        raise ConfigError('patches around landmarks need 68 points (N, 68, '
                          f'2), got the shape {tuple(points.shape)}',
                          hint="patches='overlap5' needs no landmarks")
    centres = torch.stack([points[:, i] for i in LANDMARKS], 1)
    centres = torch.where(centres.isnan(), 0.5, centres)
    # may wait: a side is a tensor only while a model is traced.
    rows, columns = (max(1, round(int(side) * 6 / 14))
                     for side in (height, width))
    return centres, (rows, columns)


def cut_around(x: torch.Tensor, centres: torch.Tensor,
               size: Tuple[int, int]) -> torch.Tensor:
    """The patches around points of a map; zeros beyond its edges.

    Args:
        x (Tensor): ``(N, C, H, W)``.
        centres (Tensor): x and y as parts of the map, ``(N, P, 2)``.
        size (tuple[int, int]): Rows h and columns w of a patch.

    Returns:
        Tensor: ``(N, P, C, h, w)``, interpolated between cells.
    """
    patches = centres.size(1)
    offsets = [(torch.arange(n, device=x.device) - (n - 1) / 2) / side
               for n, side in zip(size, x.shape[2:])]
    y = centres[..., 1, None] + offsets[0]
    columns = centres[..., 0, None] + offsets[1]
    grid = torch.stack([
        columns[:, :, None, :].expand(-1, -1, size[0], -1),
        y[:, :, :, None].expand(-1, -1, -1, size[1])
    ], -1) * 2 - 1
    cut = nn.functional.grid_sample(
        x.float(), grid.flatten(1, 2).float(), align_corners=False)
    return cut.to(x.dtype).unflatten(2, (patches, size[0])).transpose(1, 2)
