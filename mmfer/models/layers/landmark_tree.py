# Copyright (c) mmfer contributors.
from typing import Optional

import torch
from torch import nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from mmfer.structures.landmarks import MEAN_FACES
from mmfer.structures.spanning_tree import TRAVERSALS, SpanningTree
from .landmark_order import LandmarkOrder


@MODELS.register_module()
class LandmarkTree(LandmarkOrder):
    r"""An order of landmarks that is learnt: a walk through a spanning tree.

    Every pair of landmarks has a weight from 0 to 1 at first. The tree is
    that of least total weight, see
    :class:`~mmfer.structures.spanning_tree.SpanningTree`. It is a discrete
    choice without gradient and made on the host, so that it stays as it is
    until :meth:`update` is called, see
    :class:`~mmfer.engine.hooks.LandmarkTreeHook`. The weights learn because
    each landmark is multiplied by a gate of the edge to its parent,
    :math:`2 \sigma(-w)`, that of the root by 1: edges that help get a lower
    weight and stay.

    Idea: `FaceTopoNet <https://arxiv.org/abs/2209.06322>`_, whose weights are
    random at first; gates, moment of the update and the start from distances
    are our choice.

    Args:
        num_landmarks (int): Number of landmarks L.
        root (int, optional): The landmark to begin with. Defaults to None,
            the lower end of the cheapest edge.
        traversal (str): ``'preorder'`` or ``'return'``, see
            :meth:`~mmfer.structures.spanning_tree.SpanningTree.walk`.
            Defaults to ``'preorder'``.
        start (str): The weights at first. ``'random'``: drawn from [0, 1).
            ``'distance'``: how far apart the two lie on a mean face, the
            farthest pair 1; knows 5 and 68 landmarks. Defaults to
            ``'random'``.

    Attributes:
        edge_weights (Parameter): Of all pairs ``i < j`` row by row,
            ``(L (L - 1) / 2, )``.
        parent_edges (Tensor): The place in ``edge_weights`` of the edge from
            each landmark to its parent, int64 ``(L, )``; 0 for the root.

    Raises:
        ValueError: If root, traversal or start do not exist, or there is no
            mean face of that many landmarks.
    """

    def __init__(self,
                 num_landmarks: int,
                 root: Optional[int] = None,
                 traversal: str = 'preorder',
                 start: str = 'random') -> None:
        super().__init__(num_landmarks)
        if traversal not in TRAVERSALS:
            raise ValueError(f'traversal must be one of {TRAVERSALS}, got '
                             f'{traversal!r}')
        self.root, self.traversal = root, traversal
        self.edge_weights = nn.Parameter(_weights(num_landmarks, start))
        steps = num_landmarks if traversal == 'preorder' else (
            2 * num_landmarks - 1)
        self.register_buffer('walk', torch.zeros(steps, dtype=torch.int64))
        self.register_buffer('parent_edges', torch.zeros_like(self.parents))
        self.update()

    # may wait: called rarely, by LandmarkTreeHook
    @torch.no_grad()
    def update(self) -> int:
        """Find the tree of the weights as they are now.

        Returns:
            int: How many of its edges are new.

        Raises:
            ValueError: If a weight is not finite.
        """
        before = set(self.edges())
        weights = self._square(self.edge_weights.detach().cpu().double())
        tree = SpanningTree.of_least_cost(weights.numpy(), self.root)
        places = self._square(torch.arange(len(self.edge_weights)))
        parents = torch.tensor(tree.parents)
        self.walk.copy_(torch.tensor(tree.walk(self.traversal)))
        self.parents.copy_(parents)
        self.parent_edges.copy_(places[torch.arange(len(parents)), parents])
        return len(set(tree.edges) - before)

    def _square(self, values: torch.Tensor) -> torch.Tensor:
        """A value of each pair as a symmetric matrix, 0 on its diagonal."""
        size = len(self.parents)
        square = values.new_zeros(size, size)
        rows, columns = torch.triu_indices(size, size, 1)
        square[rows, columns] = values
        return square + square.T

    def gates(self) -> torch.Tensor:
        """How much each landmark counts, in (0, 2), ``(L, )``."""
        gates = 2 * torch.sigmoid(-self.edge_weights[self.parent_edges])
        numbers = torch.arange(len(gates), device=gates.device)
        return torch.where(self.parents == numbers, 1., gates)


def _weights(num_landmarks: int, start: str) -> torch.Tensor:
    """Of all pairs at first."""
    if start == 'random':
        return torch.rand(num_landmarks * (num_landmarks - 1) // 2)
    if start != 'distance':
        raise ValueError("start must be 'random' or 'distance', got "
                         f'{start!r}')
    if num_landmarks not in MEAN_FACES:
        raise ConfigError(f'no mean face of {num_landmarks} landmarks is '
                          f'known, only of {sorted(MEAN_FACES)}',
                          hint="start='random'")
    # The pairs i < j row by row, as those of edge_weights.
    distances = torch.pdist(torch.tensor(MEAN_FACES[num_landmarks]))
    return distances / distances.max()
