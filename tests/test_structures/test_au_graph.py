# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.structures import AUGraph
from mmfer.structures.au_adjacency import normalize_adjacency

NAMES = ('AU1', 'AU2', 'AU4', 'AU6', 'AU12')


def _labels(seed=0, number=300):
    """AU2 mostly with AU1, AU12 with AU6, never AU4 with AU12."""
    rng = np.random.default_rng(seed)
    one, four, six = rng.random((3, number)) < [[.3], [.3], [.4]]
    labels = np.stack([
        one, one & (rng.random(number) < .6), four, six,
        six & ~four & (rng.random(number) < .8)
    ], 1).astype(np.float64)
    labels[rng.random(labels.shape) < .2] = np.nan
    return labels


def _by_loops(labels, tau, share, least):
    """Probabilities and adjacency, one pair after the other."""
    size = labels.shape[1]
    probability = np.zeros((size, size))
    adjacency = np.zeros((size, size))
    for i in range(size):
        neighbors = []
        for j in range(size):
            if i == j:
                continue
            occurs = both = 0
            for row in labels:
                if np.isnan(row[i]) or np.isnan(row[j]):
                    continue
                occurs += row[i] == 1
                both += row[i] == 1 and row[j] == 1
            probability[i, j] = both / max(occurs, 1)
            if probability[i, j] >= tau and occurs >= least:
                neighbors.append(j)
        for j in neighbors:
            adjacency[i, j] = share / len(neighbors)
        adjacency[i, i] = 1 - share if neighbors else 1
    return probability, adjacency


@pytest.mark.parametrize('share', [.5, .2])
def test_by_plain_loops_with_masks(share):
    labels = _labels()
    probability, adjacency = _by_loops(labels, .4, share, 10)
    graph = AUGraph.from_labels(labels, NAMES, neighbor_share=share)
    np.testing.assert_allclose(graph.relation, probability, atol=1e-6)
    # Its rows add up to 1, so that normalising changes nothing.
    np.testing.assert_allclose(graph.adjacency, adjacency[None], atol=1e-6)
    assert graph.num_edges == ((adjacency > 0).sum() - 5) > 2
    assert graph.known.tolist() == (~np.isnan(labels)).sum(0).tolist()
    assert graph.positives.tolist() == np.nansum(labels, 0).tolist()


def test_added_weights_are_normalised_without_transposing():
    labels = _labels()
    probability, _ = _by_loops(labels, .4, .25, 10)
    edges = probability >= .4
    matrix = np.eye(5)
    for j in range(5):
        for i in range(5):
            if edges[i, j]:
                matrix[i, j] = .25 / edges[:, j].sum()
    assert not np.allclose(matrix, matrix.T)
    root = np.diag(matrix.sum(1)**-.5)
    graph = AUGraph.from_labels(
        labels, NAMES, neighbor_share=.25, reweighting='add')
    np.testing.assert_allclose(graph.adjacency[0], root @ matrix @ root,
                               rtol=1e-5, atol=1e-7)


def test_units_without_neighbours_keep_to_themselves():
    labels = _labels()
    labels[:, 1] = 0  # never
    labels[:, 3] = np.nan  # nobody knows
    graph = AUGraph.from_labels(labels, NAMES)
    assert np.isfinite(graph.adjacency).all()
    for k in (1, 3):
        np.testing.assert_array_equal(graph.adjacency[0, k], np.eye(5)[k])


def test_rare_units_have_no_neighbours():
    labels = np.zeros((100, 2))
    labels[:9] = 1
    assert AUGraph.from_labels(labels, NAMES[:2]).num_edges == 0
    labels[9] = 1
    assert AUGraph.from_labels(labels, NAMES[:2]).num_edges == 2


def test_signed_graph_against_correlations():
    labels = _labels()
    graph = AUGraph.from_labels(labels, NAMES, signed=True)
    assert graph.signed and graph.adjacency.shape == (2, 5, 5)
    for i in range(5):
        for j in range(5):
            known = ~np.isnan(labels[:, [i, j]]).any(1)
            want = np.corrcoef(labels[known][:, [i, j]].T)[0, 1]
            if i != j:
                assert graph.relation[i, j] == pytest.approx(want, abs=1e-5)
                assert (graph.adjacency[0, i, j] > 0) == (want >= .1)
                assert (graph.adjacency[1, i, j] > 0) == (want <= -.1)
    assert graph.adjacency[1, 2, 4] > 0  # brows lowered against smiling
    assert (np.diag(graph.adjacency[1]) == 0).all()
    assert (np.diag(graph.adjacency[0]) > 0).all()


def test_normalisation_of_isolated_nodes():
    matrix = np.array([[0., 0.], [1., 3.]])
    np.testing.assert_allclose(normalize_adjacency(matrix),
                               [[0, 0], [0, .75]])


def test_written_and_read_again(tmp_path):
    graph = AUGraph.from_labels(_labels(), NAMES,
                                provenance=dict(dataset='toy'))
    path = str(tmp_path / 'graph.npz')
    graph.save(path)
    again = AUGraph.load(path)
    assert again.names == NAMES and again.provenance == dict(
        dataset='toy', samples=300, signed=False, threshold=.4,
        neighbor_share=.5, reweighting='share', min_positives=10)
    for name in ('adjacency', 'relation', 'positives', 'known'):
        np.testing.assert_array_equal(
            getattr(again, name), getattr(graph, name))
    assert [p.name for p in tmp_path.iterdir()] == ['graph.npz']


def test_order_by_name():
    labels = _labels()
    order = [4, 0, 3, 1, 2]
    names = tuple(NAMES[k] for k in order)
    want = AUGraph.from_labels(labels[:, order], names)
    got = AUGraph.from_labels(labels, NAMES).ordered(names)
    np.testing.assert_array_equal(got.adjacency, want.adjacency)
    np.testing.assert_array_equal(got.positives, want.positives)


def test_bad_order_of_other_units():
    graph = AUGraph.from_labels(_labels(), NAMES)
    with pytest.raises(ValueError, match=r"'AU12'\].*not of.*'AU9'\].*Hint"):
        graph.ordered(NAMES[:4] + ('AU9', ))


@pytest.mark.parametrize('change, message', [
    (dict(labels=np.full((4, 5), 3.)), 'must be 0, 1 or NaN, got 3'),
    (dict(labels=np.zeros((4, 3))), r'\(4, 3\) do not fit 5 action units'),
    (dict(threshold=0.), 'threshold must lie in'),
    (dict(neighbor_share=1.5), 'neighbor_share'),
    (dict(reweighting='sum'), 'reweighting must be one of'),
])
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        AUGraph.from_labels(**{**dict(labels=_labels(), names=NAMES),
                               **change})


def test_bad_files(tmp_path):
    with pytest.raises(FileNotFoundError, match='build_au_graph'):
        AUGraph.load(str(tmp_path / 'none.npz'))
    path = tmp_path / 'bad.npz'
    for content in (b'text', b'PK\x03\x04 cut'):
        path.write_bytes(content)
        with pytest.raises(
                ValueError, match='bad.npz: not a readable.*build_au_graph'):
            AUGraph.load(str(path))
    np.savez(path, names=np.array(NAMES))
    with pytest.raises(ValueError, match='adjacency'):
        AUGraph.load(str(path))
    np.savez(path, names=np.array([object()], dtype=object))
    with pytest.raises(ValueError, match='bad.npz: not a readable'):
        AUGraph.load(str(path))
