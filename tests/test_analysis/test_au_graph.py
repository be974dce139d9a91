# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.analysis.au_graph import au_network, build_au_graph, draw_au_graph
from mmfer.datasets.au_labels import read_au_labels
from mmfer.registry import DATASETS
from mmfer.structures import AUGraph

NAN = float('nan')


class _Rows:
    """A dataset that is read like ours."""

    def __init__(self, rows, names=('AU1', 'AU2', 'AU12')):
        self.rows = rows
        self.metainfo = {} if names is None else dict(au_names=names)

    def __len__(self):
        return len(self.rows)

    def get_data_info(self, index):
        row = self.rows[index]
        return {} if row is None else dict(gt_au=np.array(row, np.float32))


ROWS = [[3, 1, 0], None, [0, NAN, 5], [NAN, 2, 1]]


class _Parts:

    def __init__(self, *datasets):
        self.datasets = list(datasets)


def test_labels_of_a_concatenation():
    labels, names = read_au_labels(
        _Parts(_Rows(ROWS), _Rows(ROWS[:1])), threshold=2.)
    np.testing.assert_array_equal(labels, [
        [1, 0, 0], [0, NAN, 1], [NAN, 1, 0], [1, 0, 0]])
    assert names == ('AU1', 'AU2', 'AU12')
    raw, _ = read_au_labels(_Rows(ROWS))
    assert raw[0].tolist() == [3, 1, 0]


@pytest.mark.parametrize('rows, message', [
    (_Parts(_Rows(ROWS), _Rows(ROWS, ('AU2', 'AU1', 'AU12'))), 'expected'),
    (_Rows(ROWS, None), 'au_set'),
    (_Rows([[1, 0]]), r'holds \[2\] action units where 3'),
    (_Rows([None, [NAN] * 3]), 'no sample has labels'),
])
def test_bad_labels(rows, message):
    with pytest.raises(ValueError, match=message):
        read_au_labels(rows)


@pytest.mark.parametrize('signed', [False, True])
def test_graph_of_drawn_faces(signed, tmp_path):
    dataset = DATASETS.build(
        dict(type='SyntheticFER', size=200, image_size=32, pipeline=[]))
    graph = build_au_graph(dataset, signed=signed)
    facts = graph.provenance
    assert facts['dataset'] == 'SyntheticFER' and facts['split'] == 'train'
    assert facts['label_threshold'] == .5 and facts['samples'] == 200
    network = au_network(graph)
    assert list(network.nodes) == list(graph.names)
    assert network.number_of_edges() == graph.num_edges > 5
    # Smiling: cheeks rise with the corners of the lips.
    assert network.edges['AU6', 'AU12']['sign'] == 1
    i, j = graph.names.index('AU6'), graph.names.index('AU12')
    edge = network.edges['AU6', 'AU12']
    assert edge['weight'] == graph.adjacency[0, i, j]
    assert edge['relation'] == graph.relation[i, j]
    assert network.nodes['AU12']['title'] == 'lip corner puller'
    assert network.nodes['AU12']['base_rate'] == pytest.approx(
        graph.positives[j] / 200)
    signs = {sign for *_, sign in network.edges(data='sign')}
    assert signs == ({1, -1} if signed else {1})
    draw_au_graph(graph, str(tmp_path / 'graph.png'))
    assert (tmp_path / 'graph.png').stat().st_size > 10000


def test_a_graph_without_edges_is_drawn(tmp_path):
    graph = AUGraph.from_labels(np.zeros((5, 2)), ('AU1', 'AU2'))
    draw_au_graph(graph, str(tmp_path / 'graph.png'))
    assert (tmp_path / 'graph.png').stat().st_size > 3000
