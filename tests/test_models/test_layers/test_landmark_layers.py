# Copyright (c) mmfer contributors.
import math

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS
from scipy.sparse.csgraph import minimum_spanning_tree

import mmfer  # noqa: F401
from mmfer.models.layers import (AttentionPooling, LandmarkFiller,
                                 LandmarkOrder, LandmarkTree, StructureStream,
                                 TextureStream, upright_landmarks)
from mmfer.structures import SpanningTree
from mmfer.structures.landmarks import MEAN_FACES


def tree_of(count, **options):
    torch.manual_seed(0)
    return LandmarkTree(count, **options)


def weight_matrix(tree):
    """Of all pairs, filled in by loops."""
    size = len(tree.parents)
    weights, values = np.zeros((size, size)), iter(
        tree.edge_weights.tolist())
    for i in range(size):
        for j in range(i + 1, size):
            weights[i, j] = weights[j, i] = next(values)
    return weights


@pytest.mark.parametrize('traversal', ['preorder', 'return'])
@pytest.mark.parametrize('count', [2, 5, 24])
def test_tree_is_that_of_the_weights(count, traversal):
    tree = tree_of(count, root=1, traversal=traversal)
    want = SpanningTree.of_least_cost(weight_matrix(tree), 1)
    assert tree.edges() == want.edges
    assert tree.walk.tolist() == want.walk(traversal)
    weights, elements = weight_matrix(tree), torch.randn(3, count, 4)
    for step, node in enumerate(want.walk(traversal)):
        gate = 1. if node == 1 else 2 / (
            1 + math.exp(weights[node, want.parents[node]]))
        torch.testing.assert_close(
            tree(elements)[:, step], gate * elements[:, node])


def test_only_edges_of_the_tree_learn():
    tree = tree_of(10, root=3)
    (tree(torch.rand(2, 10, 4) + 1)).square().sum().backward()
    learnt = torch.zeros(10, 10, dtype=torch.bool)
    rows, columns = torch.triu_indices(10, 10, 1)
    learnt[rows, columns] = tree.edge_weights.grad != 0
    assert [tuple(pair) for pair in learnt.nonzero().tolist()
            ] == tree.edges()


@pytest.mark.parametrize('count', [5, 68])
def test_start_from_distances(count):
    """Far pairs cost more: the tree is the shortest net over a face."""
    tree = LandmarkTree(count, root=2, start='distance')
    face = np.array(MEAN_FACES[count])
    distances = np.linalg.norm(face[:, None] - face, axis=2)
    np.testing.assert_allclose(
        weight_matrix(tree), distances / distances.max(), atol=1e-6)
    length = sum(distances[pair] for pair in tree.edges())
    assert length == pytest.approx(
        minimum_spanning_tree(distances).sum(), abs=1e-6)


def test_update_waits_until_it_is_asked():
    tree = tree_of(6, root=0)
    before, walk = tree.edges(), tree.walk.clone()
    unused = next((i, j) for i in range(6) for j in range(i + 1, 6)
                  if (i, j) not in before)
    place = [(i, j) for i in range(6)
             for j in range(i + 1, 6)].index(unused)
    with torch.no_grad():
        tree.edge_weights[place] = -1.
    assert tree.edges() == before and torch.equal(tree.walk, walk)
    assert tree.update() == 1
    assert set(tree.edges()) - set(before) == {unused}
    assert tree.update() == 0
    # Weights and tree travel together.
    other = LandmarkTree(6)
    other.load_state_dict(tree.state_dict())
    assert other.edges() == tree.edges()
    elements = torch.randn(2, 6, 3)
    assert torch.equal(other(elements), tree(elements))


def test_order_of_numbers():
    order, elements = LandmarkOrder(4), torch.randn(2, 4, 3)
    assert torch.equal(order(elements), elements)
    assert order.edges() == [(0, 1), (1, 2), (2, 3)]


def test_unknown_landmarks_lie_on_the_mean_face():
    filler = LandmarkFiller(2, momentum=0.5)
    first = torch.tensor([[[.1, .2], [.3, .4]], [[.3, .4], [.5, .6]]])
    assert torch.equal(filler(first), first)
    torch.testing.assert_close(
        filler.mean_face, .25 + torch.tensor([[.2, .3], [.4, .5]]) / 2)
    second = torch.tensor([[[.9, .8], [torch.nan, .1]]])
    filled = filler(second)
    assert torch.equal(filled[0, 0], second[0, 0])
    torch.testing.assert_close(filled[0, 1], torch.tensor([.45, .5]))
    assert filler.counts.tolist() == [5, 6]
    mean = filler.mean_face.clone()
    unknown = torch.full((3, 2, 2), torch.nan)
    assert torch.equal(filler.eval()(unknown), mean.expand(3, 2, 2))
    assert torch.equal(filler.mean_face, mean)


def test_attention_pooling_equals_a_loop():
    torch.manual_seed(0)
    pool, x = AttentionPooling(5), torch.randn(3, 7, 5)
    for row, got in zip(x, pool(x)):
        scores = [(pool.score.weight @ torch.tanh(
            pool.hidden.weight @ h)).item() for h in row]
        total = sum(map(math.exp, scores))
        want = sum(math.exp(s) / total * h for s, h in zip(scores, row))
        torch.testing.assert_close(got, want)


def test_structure_elements_equal_a_loop():
    stream = StructureStream(5, embed_channels=3, hidden_channels=4).eval()
    points, parents = torch.rand(2, 5, 2), torch.tensor([2, 0, 2, 1, 1])
    stream.norm.running_mean.uniform_()
    stream.norm.running_var.uniform_(.5, 2)
    mean = stream.norm.running_mean.view(5, 7)
    std = (stream.norm.running_var.view(5, 7) + 1e-5).sqrt()
    got = stream.elements(None, points, parents)
    for n in range(2):
        for k in range(5):
            x, y = points[n, k].tolist()
            px, py = points[n, parents[k]].tolist()
            angle = math.atan2(y - py, x - px)
            turn = (math.cos(angle), math.sin(angle)) if k != 2 else (0., 0.)
            values = torch.tensor([x, y, x - px, y - py, math.hypot(
                x - px, y - py), *turn])
            torch.testing.assert_close(
                got[n, k], (values - mean[k]) / std[k] @ stream.weight[k])


def test_a_stream_reads_in_order():
    """An LSTM cell, step by step along the walk, then the pooling."""
    torch.manual_seed(0)
    stream = StructureStream(6, embed_channels=3, hidden_channels=4).eval()
    tree, points = tree_of(6, root=2, traversal='return'), torch.rand(2, 6, 2)
    elements = stream.elements(None, points,
                               tree.parents) + stream.identity
    cell = torch.nn.LSTMCell(3, 4)
    cell.load_state_dict({
        name.removesuffix('_l0'): value
        for name, value in stream.lstm.state_dict().items()})
    state, states = None, []
    for node in tree.walk.tolist():
        state = cell(tree.gates()[node] * elements[:, node], state)
        states.append(state[0])
    torch.testing.assert_close(
        stream(None, points, tree), stream.pool(torch.stack(states, 1)))
    both = StructureStream(6, hidden_channels=4, bidirectional=True)
    assert both(None, points, tree).shape == (2, both.out_channels) == (2, 8)


class _Patches(torch.nn.Module):
    """Gives the patches themselves as features."""

    def forward(self, x):
        return (x.flatten(1), )


def test_texture_elements_are_patches():
    if 'PatchesOfTest' not in MODELS:
        MODELS.register_module('PatchesOfTest', module=_Patches)
    stream = TextureStream(3, dict(type='PatchesOfTest'), in_channels=48,
                           patch_size=4, embed_channels=48)
    stream.embed = torch.nn.Identity()
    image = torch.randn(1, 3, 16, 16)
    # Patches whose pixels lie on those of the picture; in a corner; far off.
    points = torch.tensor([[[6 / 16, 9 / 16], [0., 0.], [3., -2.]]])
    got = stream.elements(image, points, None).view(3, 3, 4, 4)
    torch.testing.assert_close(got[0], image[0, :, 7:11, 4:8])
    torch.testing.assert_close(got[1, :, 2:, 2:], image[0, :, :2, :2])
    assert got[1, :, :2].abs().max() < 1e-5 and not got[2].any()


# Bad input


@pytest.mark.parametrize('options', [
    dict(num_landmarks=1), dict(num_landmarks=5, root=5),
    dict(num_landmarks=5, traversal='level'),
    dict(num_landmarks=5, start='near'),
    dict(num_landmarks=9, start='distance')])
def test_bad_tree(options):
    with pytest.raises(ValueError):
        LandmarkTree(**options)


def test_bad_weights():
    tree = tree_of(4)
    torch.nn.init.constant_(tree.edge_weights, torch.nan)
    with pytest.raises(ValueError, match='smaller learning rate'):
        tree.update()


@pytest.mark.parametrize('landmarks, message', [
    (None, 'gt_landmarks'), (torch.zeros(2, 5, 2), r'68 landmarks.*\(2, 5'),
    (torch.zeros(2, 68, 3), 'num_landmarks'), (torch.zeros(68, 2), '68, 2')])
def test_bad_landmarks(landmarks, message):
    with pytest.raises(ValueError, match=message):
        LandmarkFiller(68)(landmarks)


@pytest.mark.parametrize('count', [5, 68])
def test_upright_landmarks_forget_the_similarity(count):
    """Against complex numbers; turned, scaled and moved faces agree."""
    torch.manual_seed(0)
    faces = torch.rand(6, count, 2, dtype=torch.float64)
    points = np.ascontiguousarray(faces).view(complex)[..., 0]
    eyes = points[:, 36:42].mean(1), points[:, 42:48].mean(1)
    if count == 5:
        eyes = points[:, 0], points[:, 1]
    left, right = (eye[:, None] for eye in eyes)
    expected = (points - (left + right) / 2) / (right - left)
    found = upright_landmarks(faces)
    np.testing.assert_allclose(found[..., 0], expected.real, atol=1e-12)
    np.testing.assert_allclose(found[..., 1], expected.imag, atol=1e-12)
    moved = points * 3 * np.exp(.4j) + (2 - 1j)
    moved = torch.from_numpy(np.stack([moved.real, moved.imag], 2))
    torch.testing.assert_close(upright_landmarks(moved), found)


def test_upright_landmarks_while_a_model_is_traced():
    faces = torch.rand(2, 68, 2)
    traced = torch.jit.trace(upright_landmarks, faces, check_trace=False)
    torch.testing.assert_close(traced(faces), upright_landmarks(faces))


def test_bad_upright_landmarks():
    same = upright_landmarks(torch.ones(2, 5, 2))
    assert same.isfinite().all()
    with pytest.raises(ValueError, match='not among 9'):
        upright_landmarks(torch.rand(2, 9, 2))
