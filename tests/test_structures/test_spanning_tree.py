# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import minimum_spanning_tree

from mmfer.structures import SpanningTree


def costs_of(size, seed=0):
    upper = np.triu(np.random.default_rng(seed).random((size, size)) + .1, 1)
    return upper + upper.T


def check_walks(tree, size):
    """By a plain recursion."""
    def visit(node):
        yield node
        for child in tree.children[node]:
            assert tree.parents[child] == node
            yield from visit(child)
            yield node

    walk = list(visit(tree.root))
    assert tree.walk('return') == walk and len(walk) == 2 * size - 1
    assert tree.walk() == list(dict.fromkeys(walk))
    assert sorted(tree.walk()) == list(range(size))
    for first, second in zip(walk, walk[1:]):
        assert (min(first, second), max(first, second)) in tree.edges


@pytest.mark.parametrize('size', [2, 5, 10, 24, 49, 68])
def test_equals_scipy(size):
    costs = costs_of(size)
    for root in (0, size - 1):
        tree = SpanningTree.of_least_cost(costs, root)
        want = minimum_spanning_tree(costs).tocoo()
        assert tree.edges == sorted(
            (min(i, j), max(i, j)) for i, j in zip(want.row.tolist(),
                                                   want.col.tolist()))
        assert sum(costs[e] for e in tree.edges) == pytest.approx(want.sum())
        assert tree.root == root and tree.parents[root] == root
        for node, children in enumerate(tree.children):
            values = costs[node][list(children)]
            assert (np.diff(values) > 0).all()
        check_walks(tree, size)


def test_equals_the_references(shared):
    path = shared / 'golden/face_topo_graph.pt'
    if not path.is_file():
        pytest.skip(f'needs the parity references {path}')
    cases = torch.load(path, weights_only=True)
    assert [case['n'] for case in cases] == [5, 10, 24, 49, 68, 68]
    for case in cases:
        tree = SpanningTree.of_least_cost(case['weights'].numpy(), 0)
        assert tree.edges == sorted(tuple(e) for e in case['edges'])
        assert sum(float(case['weights'][e]) for e in tree.edges
                   ) == pytest.approx(case['total'], abs=1e-12)
        assert tree.walk() == list(case['preorder_from_0'])
        assert tree.walk('return') == list(case['walk_from_0'])


def test_ties_go_to_lower_nodes():
    tree = SpanningTree.of_least_cost(np.ones((5, 5)))
    assert tree.edges == [(0, 1), (0, 2), (0, 3), (0, 4)]
    assert tree.root == 0 and tree.walk() == [0, 1, 2, 3, 4]


def test_root_of_the_cheapest_edge():
    costs = costs_of(9)
    costs[3, 7] = costs[7, 3] = 0.01
    assert SpanningTree.of_least_cost(costs).root == 3


def test_long_paths():
    """No recursion: a path of many nodes."""
    size = 1200
    parents = [0, *range(size - 1)]
    children = [(n + 1, ) for n in range(size - 1)] + [()]
    tree = SpanningTree(0, tuple(parents), tuple(children))
    assert tree.walk() == list(range(size))
    assert tree.walk('return')[size:] == list(range(size - 2, -1, -1))


# Bad input


@pytest.mark.parametrize('costs, root, message', [
    (np.ones((1, 1)), None, 'shape'), (np.ones((3, 2)), None, 'shape'),
    (np.triu(np.ones((3, 3))), None, 'symmetric'),
    (np.full((3, 3), np.nan), None, 'finite, got nan. Hint'),
    (np.full((3, 3), np.inf), None, 'finite'), (np.ones((3, 3)), 3, 'root 3'),
    (np.ones((3, 3)), -1, 'root -1')])
def test_bad_costs(costs, root, message):
    with pytest.raises(ValueError, match=message):
        SpanningTree.of_least_cost(costs, root)


def test_bad_traversal():
    with pytest.raises(ValueError, match='preorder'):
        SpanningTree.of_least_cost(np.ones((3, 3))).walk('level')
