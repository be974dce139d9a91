# Copyright (c) mmfer contributors.
import math
from typing import Sequence

import torch
from torch import nn

from mmfer.errors import ConfigError
from mmfer.structures import AUGraph


class AUAdjacency(nn.Module):
    """The edges between action units.

    Args:
        names (Sequence[str]): The K action units in the order of the nodes,
            as ``'AU12'``.
        source (str): Where the edges come from. ``'identity'``: none.
            ``'learned'``: a softmax over each row, learnt with the model,
            from half on the node itself and half on all others. ``'data'``:
            none until :class:`~mmfer.engine.hooks.AUGraphHook` gives those
            of the training set. Otherwise a file of
            ``tools/dataset_tools/build_au_graph.py``, whose names are
            compared and brought into this order. Defaults to ``'data'``.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If the file is of other action units.
    """

    def __init__(self, names: Sequence[str], source: str = 'data') -> None:
        super().__init__()
        self.names = tuple(names)
        self.source = source
        number = len(self.names)
        if source == 'learned':
            scores = torch.zeros(1, number, number)
            scores.diagonal(dim1=1, dim2=2).fill_(math.log(max(number - 1,
                                                               1)))
            self.scores = nn.Parameter(scores)
        elif source in ('identity', 'data'):
            self.register_buffer('matrix', torch.eye(number)[None])
        else:
            graph = AUGraph.load(source).ordered(self.names)
            self.register_buffer('matrix', torch.from_numpy(graph.adjacency))

    @property
    def num_relations(self) -> int:
        """1, or 2 for positive and negative edges."""
        return len(self.scores if self.source == 'learned' else self.matrix)

    # may wait: before training
    def set_graph(self, graph: AUGraph) -> None:
        """Take the edges of a training set.

        Args:
            graph (AUGraph): Of the same action units, in any order.

        Raises:
            ValueError: If they are others, or the graph is signed.
        """
        adjacency = torch.from_numpy(graph.ordered(self.names).adjacency)
        if adjacency.shape != self.matrix.shape:
            raise ConfigError(f'the graph has {len(adjacency)} relations, '
                              f'the layers are made for {len(self.matrix)}',
                              hint='name the file of a signed graph in the '
                              'config of the head')
        self.matrix.copy_(adjacency)

    def forward(self) -> torch.Tensor:
        """The normalised adjacency, ``(R, K, K)``."""
        if self.source == 'learned':
            return self.scores.softmax(2)
        return self.matrix
