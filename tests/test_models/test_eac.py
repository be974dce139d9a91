# Copyright (c) mmfer contributors.
"""The parts of EAC together, against numbers of the released code."""
import pytest
import torch

from mmfer.models.losses import AttentionConsistencyLoss
from .golden import Golden


@pytest.fixture(scope='module')
def golden(shared):
    return Golden(shared / 'golden', 'EAC', 'eac')


def _model(golden, **kwargs):
    return golden.model(
        backbone=dict(type='CeilPoolResNet'),
        head=dict(
            type='AttentionConsistencyHead', num_classes=7, in_channels=2048),
        **kwargs)


def _second(golden, case):
    second = golden.images().flip(-1)
    if case == 'train_noisy':
        generator = torch.Generator().manual_seed(5)
        second[:, :, 40:110, 60:150] = torch.randn(
            8, 3, 70, 90, generator=generator)
    return second


def test_eval_outputs(golden):
    model, images = _model(golden).eval(), golden.images()
    expected = golden.data['eval']
    for view, suffix in ((images, ''), (images.flip(-1), '_flip')):
        with torch.no_grad():
            feats = model.extract_feat(view)
            logits, maps = model.head(feats), model.head.attention(feats)
        torch.testing.assert_close(
            logits, expected[f'logits{suffix}'], atol=1e-4, rtol=0)
        torch.testing.assert_close(
            maps, expected[f'hm{suffix}'], atol=1e-4, rtol=0)


@pytest.mark.parametrize('case', ['train_clean', 'train_noisy'])
def test_training_step(golden, case):
    """Gradients within one percent: with two threads, whose sums have the
    order of the reference, they agree to 2e-6; with another order, or in
    float64, up to 0.7 % away, since this network in training mode amplifies
    the rounding of float32 so far."""
    expected = golden.data[case]
    mirror = case == 'train_clean'
    model = _model(golden, mirror_view=mirror).train()
    inputs = golden.images()
    if not mirror:
        inputs = torch.stack([inputs, _second(golden, case)], dim=1)
    optimizer = torch.optim.Adam(
        model.parameters(), lr=1e-4, weight_decay=1e-4)
    losses = model(inputs, golden.samples(), mode='loss')
    torch.testing.assert_close(
        losses['loss_cls'], expected['loss_cls'], rtol=1e-5, atol=0)
    torch.testing.assert_close(
        losses['loss_consistency'],
        expected['lam'] * expected['loss_flip'],
        rtol=1e-5,
        atol=0)
    sum(losses.values()).backward()
    golden.check_gradients(model, expected['grads'], rtol=1e-2)
    optimizer.step()
    golden.check_parameters(model, expected['after_step'], expected['grads'])


def test_loss_alone(golden):
    case = golden.data['loss_cases']
    loss = AttentionConsistencyLoss(loss_weight=1.0)
    torch.testing.assert_close(
        loss(case['hm1'], case['hm2']), case['acloss'], rtol=1e-5, atol=0)
