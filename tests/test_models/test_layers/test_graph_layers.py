# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch

from mmfer.models.layers import (AUAdjacency, ClassifierGraph,
                                 GraphConvolution, ImageNodeGraph,
                                 pooled_feature)
from mmfer.structures import AUGraph

NAMES = ('AU1', 'AU2', 'AU4', 'AU12')


def _graph(signed=False, seed=0):
    labels = (np.random.default_rng(seed).random((90, 4)) < .3).astype(float)
    labels[:, 1] = labels[:, 0]
    return AUGraph.from_labels(labels, NAMES, signed=signed)


def test_convolution_by_plain_loops():
    torch.manual_seed(0)
    layer = GraphConvolution(3, 5, num_relations=2)
    nodes, adjacency = torch.randn(2, 4, 3), torch.rand(2, 4, 4)
    want = torch.zeros(2, 4, 5)
    for n in range(2):
        for r in range(2):
            for k in range(4):
                for j in range(4):
                    want[n, k] += adjacency[r, k, j] * (
                        nodes[n, j] @ layer.weight[r])
    torch.testing.assert_close(layer(nodes, adjacency), want)
    # Nodes that do not depend on the sample.
    torch.testing.assert_close(layer(nodes[1], adjacency), want[1])


def test_adjacency_from_a_file_is_ordered_by_name(tmp_path):
    graph = _graph()
    graph.save(str(tmp_path / 'g.npz'))
    order = [2, 0, 3, 1]
    names = [NAMES[k] for k in order]
    got = AUAdjacency(names, str(tmp_path / 'g.npz'))()
    want = graph.adjacency[0][order][:, order]
    np.testing.assert_array_equal(got[0], want)
    assert not np.array_equal(want, graph.adjacency[0])


def test_adjacency_of_the_data_is_saved_with_the_weights():
    graph, adjacency = _graph(), AUAdjacency(NAMES)
    assert torch.equal(adjacency(), torch.eye(4)[None])
    adjacency.set_graph(graph)
    again = AUAdjacency(NAMES)
    again.load_state_dict(adjacency.state_dict())
    np.testing.assert_array_equal(again(), graph.adjacency)


def test_learnt_adjacency():
    adjacency = AUAdjacency(NAMES, 'learned')
    matrix = adjacency()
    torch.testing.assert_close(matrix.sum(2), torch.ones(1, 4))
    torch.testing.assert_close(matrix[0].diagonal(), torch.full((4, ), .5))
    (matrix[0, 0, 1]).backward()
    assert adjacency.scores.grad[0, 0, 1] > 0


@pytest.mark.parametrize('make', [ImageNodeGraph, ClassifierGraph])
@pytest.mark.parametrize('signed', [False, True])
def test_shapes_and_gradients(make, signed, tmp_path):
    torch.manual_seed(0)
    _graph(signed).save(str(tmp_path / 'g.npz'))
    graph = make(6, 3, AUAdjacency(NAMES, str(tmp_path / 'g.npz')),
                 node_channels=5, hidden_channels=7)
    out = graph(torch.randn(4, 6))
    assert out['au_logits'].shape == (4, 4)
    assert out['semantic_logits'].shape == (4, 3)
    sum(value.square().sum() for value in out.values()).backward()
    for name, weight in graph.named_parameters():
        assert weight.grad is not None and weight.grad.any(), name


def test_image_nodes_tell_only_their_neighbours():
    """Without edges a node's logit depends on its own weights alone."""
    torch.manual_seed(0)
    x = torch.randn(5, 6)
    for edge in (0., .5):
        adjacency = AUAdjacency(NAMES, 'identity')
        adjacency.matrix[0, 0, 1] = edge
        graph = ImageNodeGraph(6, 3, adjacency, node_channels=5,
                               hidden_channels=7).eval()
        before = graph(x)['au_logits']
        with torch.no_grad():
            graph.nodes[0].weight[5:10] += 1  # those of the second unit
        moved = (graph(x)['au_logits'] - before).abs().amax(0) > 1e-5
        assert moved.tolist() == [edge > 0, True, False, False]


def test_classifiers_come_from_the_graph():
    torch.manual_seed(0)
    graph = ClassifierGraph(6, 3, AUAdjacency(NAMES), node_channels=5,
                            hidden_channels=7, temperature=.2)
    x = torch.randn(5, 6)
    out = graph(x)
    # No image is needed for the weights: logits are linear in the feature.
    torch.testing.assert_close(graph(2 * x)['au_logits'],
                               2 * out['au_logits'])
    with torch.no_grad():
        templates = graph.templates.sigmoid()
    feature = out['au_logits'].sigmoid()
    torch.testing.assert_close(out['semantic_feature'], feature)
    for n in range(5):
        for c in range(3):
            want = torch.nn.functional.cosine_similarity(
                feature[n], templates[c], dim=0) / .2
            torch.testing.assert_close(out['semantic_logits'][n, c], want)


def test_pooled_feature():
    x = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(pooled_feature((x, )), x.mean((2, 3)))
    vector = torch.randn(2, 3)
    assert pooled_feature((vector, x), 0) is vector
    assert pooled_feature(vector) is vector


def test_bad_tokens():
    with pytest.raises(ValueError, match='feat_index'):
        pooled_feature((torch.zeros(2, 3, 4), ))


def test_bad_graphs(tmp_path):
    _graph(signed=True).save(str(tmp_path / 'g.npz'))
    with pytest.raises(ValueError, match='not of'):
        AUAdjacency(NAMES[:3] + ('AU9', ), str(tmp_path / 'g.npz'))
    with pytest.raises(ValueError, match='2 relations'):
        AUAdjacency(NAMES).set_graph(_graph(signed=True))
    with pytest.raises(FileNotFoundError, match='no such graph'):
        AUAdjacency(NAMES, 'nowhere.npz')
