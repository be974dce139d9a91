# Copyright (c) mmfer contributors.
from typing import Dict, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .base_augment import SIZE
from .moving import sampling_matrix


class ViewChange:
    """Say of a second view what is known of the first.

    What augments did to the pictures of a batch is done to maps over these
    pictures and to scores of them: what was moved is moved, and what was
    mixed is mixed. All of it passes gradients on.

    Args:
        records (Dict[str, Tensor]): Those of the augments that made the
            second view, see :class:`AugmentBatch`; without any, nothing
            changes.
        size (Tuple[int, int], optional): Height and width in pixels of what
            maps cover. Defaults to None, not needed without records.
    """

    def __init__(self,
                 records: Dict[str, Tensor],
                 size: Optional[SIZE] = None) -> None:
        self.records, self.size = records, size

    def scores(self, scores: Tensor) -> Tensor:
        """Mix label distributions, or any other numbers of samples.

        Args:
            scores (Tensor): float ``(N, C)``, of the first view.

        Returns:
            Tensor: ``(N, C)``, of the second view.
        """
        if 'mix_index' not in self.records:
            return scores
        share = self.records['mix_weight'][:, None]
        return torch.lerp(self._partners(scores), scores, share)

    def log_scores(self, logits: Tensor) -> Tensor:
        """Mix predicted distributions.

        Args:
            logits (Tensor): float ``(N, C)``, of the first view.

        Returns:
            Tensor: Logarithms of the mixed probabilities, ``(N, C)``.
        """
        own = logits.log_softmax(1)
        if 'mix_index' not in self.records:
            return own
        share = self.records['mix_weight'][:, None]
        return torch.logaddexp(
            share.log() + own, (1 - share).log() + self._partners(own))

    def maps(self, maps: Tensor) -> Tuple[Tensor, Tensor]:
        """Move and mix maps.

        A map is moved at its own resolution, bilinearly. Of a window a cell
        shows as much as the window covers of it, so that the shares of map
        and picture are equal.

        Args:
            maps (Tensor): float ``(N, C, H, W)``, of the first view.

        Returns:
            tuple[Tensor, Tensor]: The maps of the second view, 0 where the
            first shows nothing, and how much of each cell it does show, in
            [0, 1], ``(N, 1, H, W)``.
        """
        count, _, height, width = maps.shape
        maps = torch.cat([maps, maps.new_ones(count, 1, height, width)], 1)
        if 'affine' in self.records:
            matrix = sampling_matrix(self.records['affine'], self.size,
                                     self.size)
            grid = F.affine_grid(matrix, maps.shape, align_corners=False)
            maps = F.grid_sample(maps, grid, align_corners=False)
        if 'mix_index' in self.records:
            maps = torch.lerp(
                self._partners(maps), maps, self._own_part(height, width))
        return maps[:, :-1], maps[:, -1:]

    def _partners(self, values: Tensor) -> Tensor:
        """What the sample mixed into each sample has."""
        return values.index_select(0, self.records['mix_index'])

    def _own_part(self, height: int, width: int) -> Tensor:
        """The share of the sample itself in each cell of a map, ``(N, 1, H,
        W)``; the same in all cells where no window was pasted."""
        if 'mix_window' not in self.records:
            share = self.records['mix_weight'].view(-1, 1, 1, 1)
            return share.expand(-1, 1, height, width)
        top, left, bottom, right = self.records['mix_window'].unbind(1)
        rows = _covered(top, bottom, self.size[0], height)
        columns = _covered(left, right, self.size[1], width)
        return 1 - rows[:, None, :, None] * columns[:, None, None]


def _covered(start: Tensor, end: Tensor, pixels: int, cells: int) -> Tensor:
    """The part of each cell that lies between two places.

    Args:
        start (Tensor): ``(N, )``, in pixels.
        end (Tensor): ``(N, )``, in pixels, not before ``start``.
        pixels (int): The length of a side.
        cells (int): How many cells divide it.

    Returns:
        Tensor: In [0, 1], ``(N, cells)``.
    """
    length = pixels / cells
    edge = torch.arange(cells, device=start.device) * length
    covered = torch.minimum(end[:, None], edge + length) - torch.maximum(
        start[:, None], edge)
    return covered.clamp(min=0) / length
