# Copyright (c) mmfer contributors.
import torch

from mmfer.models.layers import PairRelation, calibrate


def toys(seed=0):
    torch.manual_seed(seed)
    return dict(
        given=torch.eye(4)[[0, 2, 3]], trust=torch.rand(3),
        weights=torch.rand(3, 5), relations=torch.rand(3, 5),
        scores=torch.randn(3, 5, 4).softmax(2))


def test_equals_a_loop():
    toy = toys()
    got = calibrate(**toy)
    for i in range(3):
        above, below, weights = torch.zeros(4), 0., 0.
        for j in range(5):
            joint = toy['weights'][i, j] * toy['relations'][i, j]
            above += joint * toy['scores'][i, j]
            below += joint
            weights += toy['weights'][i, j]
        trust = 1 - (1 - toy['trust'][i]) * below / weights
        wanted = trust * toy['given'][i] + (1 - trust) * above / below
        torch.testing.assert_close(got.distribution[i], wanted)
        torch.testing.assert_close(got.trust[i], trust)
    torch.testing.assert_close(got.shares.sum(1), torch.ones(3))
    torch.testing.assert_close(got.distribution.sum(1), torch.ones(3))


def test_given_labels_where_neighbours_are_not_believed():
    toy = toys()
    toy['relations'] = torch.tensor([0., 1e-30, 1e-4])[:, None].expand(3, 5)
    got = calibrate(**toy)
    torch.testing.assert_close(got.trust, torch.ones(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(got.distribution, toy['given'], atol=1e-4,
                               rtol=0)
    torch.testing.assert_close(got.distribution.sum(1), torch.ones(3))


def test_an_occluded_neighbour_has_no_influence():
    toy = toys()
    toy['relations'][:, 2] = 0
    got = calibrate(**toy)
    toy['scores'][:, 2] = torch.eye(4)[0]
    assert torch.equal(calibrate(**toy).distribution, got.distribution)
    assert not got.shares[:, 2].any()


def test_without_neighbours():
    """Gradients are 0 and not NaN."""
    toy = toys()
    toy['weights'] = torch.zeros(3, 5)
    toy['scores'] = torch.zeros(3, 5, 4)
    toy['relations'].requires_grad_()
    got = calibrate(**toy)
    assert torch.equal(got.distribution, toy['given'])
    (got.distribution.square().sum() + got.shares.sum()).backward()
    assert toy['relations'].grad.eq(0).all()


def test_relations_have_a_floor():
    relation = PairRelation(4).eval()
    torch.nn.init.constant_(relation.mlp[-1].bias, -50.)
    features, neighbors = torch.randn(2, 4), torch.randn(2, 3, 4)
    values = relation(features, neighbors)
    assert values.shape == (2, 3)
    torch.testing.assert_close(
        values, torch.full((2, 3), torch.tensor(-1.3).sigmoid()))
    torch.nn.init.zeros_(relation.mlp[-1].bias)
    for i in range(2):
        for j in range(3):
            pair = torch.cat([features[i], neighbors[i, j]])
            wanted = relation.mlp(pair[None]).squeeze()
            torch.testing.assert_close(
                relation(features, neighbors)[i, j],
                wanted.clamp(min=-1.3).sigmoid())
