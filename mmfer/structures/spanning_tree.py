# Copyright (c) mmfer contributors.
from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

import numpy as np

from mmfer.errors import ConfigError

TRAVERSALS = ('preorder', 'return')


def tree_edges(parents: Sequence[int]) -> List[Tuple[int, int]]:
    """The edges of a tree.

    Args:
        parents (Sequence[int]): The parent of each node; the root is its own.

    Returns:
        list[tuple[int, int]]: Pairs of nodes, the lower first, sorted.

    Examples:
        >>> tree_edges([1, 1, 0])
        [(0, 1), (0, 2)]
    """
    return sorted((min(pair), max(pair)) for pair in enumerate(parents)
                  if pair[0] != pair[1])


@dataclass(frozen=True)
class SpanningTree:
    """A tree over N nodes with a root, and the order of the children.

    Args:
        root (int): The root.
        parents (tuple[int]): The parent of each node; the root is its own.
        children (tuple[tuple[int]]): The children of each node in the order
            in which they are visited.
    """

    root: int
    parents: Tuple[int, ...]
    children: Tuple[Tuple[int, ...], ...]

    @classmethod
    def of_least_cost(cls, costs: np.ndarray,
                      root: Optional[int] = None) -> 'SpanningTree':
        """The minimum spanning tree of a complete graph.

        Children are visited in ascending cost of their edge. Of edges with
        equal costs the one between lower nodes comes first, so that the same
        costs give the same tree on every machine.

        Args:
            costs (np.ndarray): Symmetric, finite, ``(N, N)``, N > 1; what
                stands on the diagonal does not count.
            root (int, optional): The root. Defaults to None, the lower end of
                the cheapest edge.

        Raises:
            ValueError: If the costs have another form or are not finite, or
                there is no such root.
        """
        import networkx
        costs = _checked(costs)
        size = len(costs)
        rows, columns = np.triu_indices(size, 1)
        values = costs[rows, columns]
        if root is None:
            root = int(rows[values.argmin()])
        if not 0 <= root < size:
            raise ValueError(f'there is no root {root} among {size} nodes')
        graph = networkx.Graph()
        graph.add_weighted_edges_from(
            zip(rows.tolist(), columns.tolist(), values.tolist()))
        # Kruskal's algorithm sorts edges without changing the order of those
        # with equal costs.
        tree = networkx.minimum_spanning_tree(graph, algorithm='kruskal')
        parents = dict(networkx.bfs_predecessors(tree, root))
        children: List[List[int]] = [[] for _ in range(size)]
        for node in sorted(parents, key=lambda n: (costs[parents[n], n], n)):
            children[parents[node]].append(node)
        return cls(root, tuple(parents.get(n, n) for n in range(size)),
                   tuple(map(tuple, children)))

    @property
    def edges(self) -> List[Tuple[int, int]]:
        """See :func:`tree_edges`."""
        return tree_edges(self.parents)

    def walk(self, traversal: str = 'preorder') -> List[int]:
        """The nodes in the order of a depth-first walk from the root.

        Args:
            traversal (str): ``'preorder'``: each node once, N of them;
                ``'return'``: with the way back to the root, so that
                neighbours in the walk are neighbours in the tree, 2N - 1.
                Defaults to ``'preorder'``.

        Raises:
            ValueError: If the traversal is unknown.
        """
        if traversal not in TRAVERSALS:
            raise ValueError(f'traversal must be one of {TRAVERSALS}, got '
                             f'{traversal!r}')
        preorder, pending = [], [self.root]
        while pending:
            node = pending.pop()
            preorder.append(node)
            pending.extend(reversed(self.children[node]))
        return preorder if traversal == 'preorder' else self._return(preorder)

    def _return(self, preorder: List[int]) -> List[int]:
        """Before each node the climb to its parent; at the end that to the
        root."""
        walk = [self.root]
        for node in [*preorder[1:], self.root]:
            while walk[-1] != self.parents[node]:
                walk.append(self.parents[walk[-1]])
            if node != self.root:
                walk.append(node)
        return walk


def _checked(costs: np.ndarray) -> np.ndarray:
    """The costs as float64, if they have the right form."""
    costs = np.asarray(costs, dtype=np.float64)
    if costs.ndim != 2 or costs.shape[0] != costs.shape[1] or \
            len(costs) < 2:
        raise ValueError('costs of a tree must have the shape (N, N), N > 1, '
                         f'got {costs.shape}')
    if not np.isfinite(costs).all():
        raise ConfigError('costs of a tree must be finite, got '
                          f'{costs[~np.isfinite(costs)][0]}',
                          hint='where they were learnt, a smaller learning '
                          'rate or clipped gradients')
    if not np.array_equal(costs, costs.T):
        raise ValueError('costs of a tree must be symmetric')
    return costs
