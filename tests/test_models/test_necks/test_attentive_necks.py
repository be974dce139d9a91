# Copyright (c) mmfer contributors.
"""Necks that look at some patches of a map."""
import pytest
import torch
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.models.necks import AttentivePatchPooling, LocalAttention
from mmfer.structures import FERDataSample

RULES = dict(
    sum=lambda v: v.sum(), max=lambda v: v.max(),
    sum_abs=lambda v: v.abs().sum(), max_abs=lambda v: v.abs().max(),
    sum_square=lambda v: (v * v).sum())
CNN = dict(type='ResNet_CIFAR', depth=18, base_channels=8, out_indices=(3, ))
FC = dict(type='LinearClsHead', num_classes=7, in_channels=64)
VIT = dict(
    type='PoolingVisionTransformer',
    arch=dict(
        embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32),
    img_size=4,
    patch_size=1,
    in_channels=64,
    keep_rates=[1., 0.5],
    patch_pooling=dict(type='AttentivePatchPooling', keep=0.75))


@pytest.mark.parametrize('rule', RULES)
def test_patch_pooling_by_loops(rule):
    x = torch.randn(3, 5, 4, 4)
    exits, mean = AttentivePatchPooling(6, rule)([x])
    for n in range(3):
        scores = [RULES[rule](v).item() for v in x[n].flatten(1).T]
        best = sorted(range(16), key=lambda i: -scores[i])[:6]
        wanted = torch.zeros(16, dtype=torch.int64)
        wanted[best] = 1
        assert torch.equal(exits[n].flatten(), wanted)
        torch.testing.assert_close(mean[n], x[n].flatten(1)[:, best].mean(1))


def test_all_patches_are_global_average_pooling():
    x = torch.randn(2, 5, 4, 4)
    exits, mean = AttentivePatchPooling(1.0)([x])
    torch.testing.assert_close(mean, x.mean((2, 3)))
    assert (exits == 1).all()


def test_random_rule_takes_one_channel():
    x = torch.randn(2, 3, 4, 4)
    pooling, found = AttentivePatchPooling(6, 'random').eval(), set()
    for seed in range(20):
        torch.manual_seed(seed)
        kept = pooling([x])[0]
        for channel in range(3):
            best = x[:, channel].flatten(1).topk(6).indices
            if torch.equal(kept.flatten(1).gather(1, best),
                           torch.ones(2, 6, dtype=torch.int64)):
                found.add(channel)
    assert found == {0, 1, 2}


def test_learned_rule_has_a_gradient():
    pooling = AttentivePatchPooling(6, 'learned', in_channels=32)
    x = torch.randn(4, 32, 4, 4)
    gates = pooling.scores(x)
    assert ((gates > 0) & (gates < 1)).all()
    exits, mean = pooling([x])
    scaled = (x.flatten(2) * gates[:, None]).where(
        exits.flatten(1)[:, None] == 1, 0)
    torch.testing.assert_close(mean, scaled.sum(2) / 6)
    mean.square().sum().backward()
    assert all(p.grad is not None for p in pooling.gate.parameters())


@pytest.mark.parametrize('neck, head', [
    (dict(type='AttentivePatchPooling', keep=6), FC),
    (VIT, dict(FC, in_channels=16)),
    ([dict(type='LocalAttention', in_channels=64), VIT],
     dict(FC, in_channels=16)),
], ids=['patches', 'transformer', 'local'])
def test_with_another_cnn(neck, head):
    """Trains, and tells in predictions what was kept."""
    torch.manual_seed(0)
    model = MODELS.build(
        dict(type='FERClassifier', backbone=CNN, neck=neck, head=head))
    model.init_weights()
    images = torch.randn(4, 3, 32, 32)
    samples = [FERDataSample().set_gt_label(i) for i in range(4)]
    loss = model(images, samples, mode='loss')['loss']
    loss.backward()
    assert model.backbone.conv1.weight.grad.abs().sum() > 0
    model.eval()
    logits, predictions = model(images), model(images, mode='predict')
    for sample, row in zip(predictions, logits.softmax(1)):
        torch.testing.assert_close(sample.pred_score, row)
    exits = torch.stack([s.pred_patch_exit for s in predictions])
    assert exits.shape == (4, 4, 4) and exits.dtype == torch.int64
    counts = [(exits > i).sum().item() / 4 for i in range(exits.max())]
    pooling = isinstance(neck, dict) and neck is not VIT
    assert counts == ([6] if pooling else [12, 12, 6])


def test_a_transformer_as_backbone_tells_it_too():
    config = dict(VIT, img_size=32, patch_size=8, in_channels=3)
    model = MODELS.build(
        dict(type='FERClassifier', backbone=config,
             head=dict(FC, in_channels=16))).eval()
    sample, = model(torch.randn(1, 3, 32, 32), mode='predict')
    assert (sample.pred_patch_exit > 0).sum() == 12


def test_one_branch_is_the_largest_gate():
    torch.manual_seed(0)
    neck, x = LocalAttention(32, 3).eval(), torch.randn(2, 32, 4, 4)
    gates, out = neck([x])
    assert gates.shape == (2, 3, 4, 4)
    for n in range(2):
        gate = [branch(x)[n, 0] for branch in neck.branches]
        largest = torch.maximum(torch.maximum(gate[0], gate[1]), gate[2])
        torch.testing.assert_close(out[n], x[n] * largest)
    for branch in neck.branches[1:]:
        branch.load_state_dict(neck.branches[0].state_dict())
    torch.testing.assert_close(neck([x])[1], x * neck.branches[0](x))


def test_branches_drop_in_training_only():
    torch.manual_seed(0)
    neck, x = LocalAttention(16, 2).train(), torch.randn(500, 16, 1, 1)
    gates, out = neck([x])
    dropped = (gates == 0).flatten(1)
    assert (dropped.sum(1) <= 1).all()
    assert dropped.any(1).float().mean().item() == pytest.approx(
        0.6, abs=0.06)
    torch.testing.assert_close(out, x * gates.max(1, keepdim=True).values)
    assert (neck.eval()([x])[0] > 0).all()


@pytest.mark.parametrize('config, message', [
    (dict(type='AttentivePatchPooling', rule='mean'), 'rule must'),
    (dict(type='AttentivePatchPooling', rule='learned'), 'in_channels'),
    (dict(type='LocalAttention', num_branches=1), 'leave at least one'),
    (dict(type='LocalAttention', most_dropped=2), '2 of 2 branches'),
    (dict(type='LocalAttention', drop_prob=-1), 'drop_prob must'),
], ids=str)
def test_bad_neck(config, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(config)


def test_bad_pooled_feature():
    for neck in (AttentivePatchPooling(1), LocalAttention()):
        with pytest.raises(ValueError, match='feature map'):
            neck([torch.randn(2, 256)])
