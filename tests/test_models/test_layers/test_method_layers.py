# Copyright (c) mmfer contributors.
import pytest
import torch
from torch import nn

from mmfer.errors import ConfigError
from mmfer.models.layers import (CBAM, CrossAttentionHead, FeatureBranch,
                                 draw_partners, feature_map, mix,
                                 mixing_weights)

# Mixing


def test_partners_are_a_repeatable_permutation():
    labels = torch.zeros(9, dtype=torch.long)
    draws = [
        draw_partners(labels, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    assert sorted(draws[0].tolist()) == list(range(9))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_partners_of_other_classes():
    torch.manual_seed(0)
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    seen = set()
    for _ in range(50):
        partners = draw_partners(labels, different_class_only=True)
        assert (labels[partners] != labels).all()
        seen.add(int(partners[0]))
    assert seen == {3, 4, 5}


def test_partners_where_there_is_no_other_class():
    labels = torch.full((4, ), 2)
    partners = draw_partners(labels, different_class_only=True)
    assert partners.tolist() == [0, 1, 2, 3]


def test_the_more_uncertain_gets_the_larger_part():
    uncertainty = torch.tensor([1., 3., 3.])
    partners = torch.tensor([1, 0, 2])
    weights = mixing_weights(uncertainty, partners)
    assert weights.tolist() == [0.25, 0.75, 0.5]
    features = torch.randn(3, 4)
    mixed, _ = mix(features, uncertainty, partners)
    torch.testing.assert_close(mixed[0],
                               0.25 * features[0] + 0.75 * features[1])
    torch.testing.assert_close(mixed[1], mixed[0])
    torch.testing.assert_close(mixed[2], features[2])


def test_no_gradient_to_uncertainty_where_features_agree():
    features = torch.ones(2, 4)
    uncertainty = torch.tensor([1., 2.], requires_grad=True)
    mixed, _ = mix(features, uncertainty, torch.tensor([1, 0]))
    mixed.sum().backward()
    torch.testing.assert_close(uncertainty.grad, torch.zeros(2))


def test_branch_by_hand():
    torch.manual_seed(0)
    branch = FeatureBranch(3, 2, 4, dropout=0.).train()
    x = torch.randn(5, 3, 2, 2)
    mean = x.mean((0, 2, 3), keepdim=True)
    var = x.var((0, 2, 3), unbiased=False, keepdim=True)
    y = ((x - mean) / (var + 2e-5).sqrt()).reshape(5, 12)
    y = y @ branch.fc.weight.t() + branch.fc.bias
    y = (y - y.mean(0)) / (y.var(0, unbiased=False) + 2e-5).sqrt()
    torch.testing.assert_close(branch(x), y, atol=1e-5, rtol=1e-4)
    assert 'map_norm.weight' not in branch.state_dict()


def test_bad_map_size():
    branch = FeatureBranch(3, 2, 4)
    with pytest.raises(ValueError, match='feat_size'):
        branch(torch.zeros(5, 3, 4, 4))


def test_bad_pooled_features():
    with pytest.raises(ValueError, match='needs a feature map'):
        feature_map((torch.zeros(2, 3), ), 'Part')


# Attention


def test_cross_attention_head_by_hand():
    torch.manual_seed(0)
    head = CrossAttentionHead(8, 4, 2).eval()
    for module in head.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 1.5)
    x = torch.randn(2, 8, 3, 3)
    spatial = head.spatial
    y = spatial.reduce(x)
    y = (spatial.square(y) + spatial.row(y) + spatial.column(y)).clamp(min=0)
    weighted = torch.stack([
        x[:, c] * sum(y[:, i] for i in range(8)) for c in range(8)
    ], dim=1)
    pooled = weighted.flatten(2).mean(2)
    expected = pooled * head.channel.gate(pooled)
    torch.testing.assert_close(head(x), expected)
    assert (head.channel.gate(pooled) > 0).all()


@pytest.mark.parametrize('start, low, high', [
    (.5, .23, .27), (.95, .88, .92)])
def test_how_much_passes_a_fresh_cbam(start, low, high):
    """A quarter as released; nearly all for a trained network."""
    torch.manual_seed(0)
    cbam, x = CBAM(64, start=start).train(), torch.randn(4, 64, 7, 7)
    torch.testing.assert_close(cbam(x), start * cbam.channel(x))
    passed = cbam(x).norm() / x.norm()
    assert low < passed < high
    cbam(x).square().sum().backward()
    assert all(p.grad.any() for name, p in cbam.named_parameters()
               if name != 'spatial.conv.weight')


@pytest.mark.parametrize('start', [0., 1., -1.])
def test_bad_start_of_cbam(start):
    with pytest.raises(ConfigError, match='start must lie'):
        CBAM(8, start=start)


def test_cbam_by_hand():
    torch.manual_seed(0)
    cbam = CBAM(32).eval()
    norm = cbam.spatial.norm
    nn.init.constant_(norm.weight, 2.)
    nn.init.constant_(norm.bias, 0.3)
    x = torch.randn(2, 32, 5, 5)
    mlp = cbam.channel.mlp
    average = nn.functional.avg_pool2d(x, 5).flatten(1)
    largest = nn.functional.max_pool2d(x, 5).flatten(1)
    gate = torch.sigmoid(mlp(average) + mlp(largest))
    y = x * gate[:, :, None, None]
    # The maximum comes first.
    pooled = torch.cat([y.max(1, keepdim=True).values,
                        y.mean(1, keepdim=True)], dim=1)
    z = nn.functional.conv2d(pooled, cbam.spatial.conv.weight, padding=3)
    z = 2 * z / (1 + 1e-5)**0.5 + 0.3
    torch.testing.assert_close(cbam(x), y * z.sigmoid())
    assert norm.momentum == 0.01
