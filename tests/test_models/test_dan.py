# Copyright (c) mmfer contributors.
"""The parts of DAN together, against numbers of the released code."""
import pytest
import torch

from mmfer.models.losses import PartitionLoss
from .golden import Golden

BACKBONE = dict(type='ResNet', depth=18)


@pytest.fixture(scope='module')
def golden(shared):
    return Golden(shared / 'golden', 'DAN', 'dan')


def _model(golden, **affinity):
    return golden.model(
        backbone=BACKBONE,
        neck=dict(type='MultiHeadCrossAttention'),
        head=dict(
            type='AttentionFusionHead',
            num_classes=7,
            affinity=dict(type='AffinityLoss', **affinity)))


def test_eval_outputs(golden):
    model, images = _model(golden).eval(), golden.images()
    expected = golden.data['eval']
    with torch.no_grad():
        feats = model.extract_feat(images)
        outputs = model.head.outputs(feats)
        logits = model(images)
    for i in range(4):
        torch.testing.assert_close(
            feats[1][:, i],
            expected['inter'][f'head{i}.ca'],
            atol=1e-4,
            rtol=0)
    torch.testing.assert_close(
        outputs['heads'], expected['heads'], atol=1e-4, rtol=0)
    torch.testing.assert_close(
        logits, expected['logits'], atol=1e-4, rtol=0)
    samples = model(images, mode='predict')
    scores = torch.stack([sample.pred_score for sample in samples])
    torch.testing.assert_close(scores, logits.softmax(1))


@pytest.mark.parametrize('number', [1, 2])
def test_fewer_heads(golden, number):
    """The first heads alone, with the same fusion."""
    model, images = _model(golden).eval(), golden.images()
    del model.neck.heads[number:]
    with torch.no_grad():
        outputs = model.head.outputs(model.extract_feat(images))
    expected = golden.data[f'eval_numhead{number}']
    for name in ('logits', 'heads'):
        torch.testing.assert_close(
            outputs[name], expected[name], atol=1e-4, rtol=0)


@pytest.mark.parametrize('case, optimizer', [
    ('train_raf',
     lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=1e-4)),
    ('train_aff7', lambda p: torch.optim.Adam(p, 1e-4, weight_decay=0)),
], ids=['rafdb', 'affectnet'])
def test_training_step(golden, case, optimizer):
    expected = golden.data[case]
    centers = expected['centers']
    model = _model(golden, num_centers=len(centers)).train()
    model.head.affinity.centers.data.copy_(centers)
    optimizer = optimizer(model.parameters())
    losses = model(golden.images(), golden.samples(), mode='loss')
    for ours, theirs in (('loss_cls', 'loss_cls'),
                         ('loss_affinity', 'loss_af'),
                         ('loss_partition', 'loss_pt')):
        torch.testing.assert_close(
            losses[ours], expected[theirs], rtol=1e-5, atol=0)
    sum(losses.values()).backward()
    golden.check_gradients(model, expected['grads'])
    grad = model.head.affinity.centers.grad
    torch.testing.assert_close(
        grad, expected['grad_centers'], rtol=1e-3, atol=1e-7)
    optimizer.step()
    # Norms and biases start near zero: they are as exact as their gradients.
    golden.check_parameters(model, expected['after_step'], expected['grads'],
                            rtol=1e-3)
    torch.testing.assert_close(
        model.head.affinity.centers.data,
        expected['centers_after'],
        rtol=1e-5,
        atol=1e-6)


def test_losses_alone(golden):
    case = golden.data['loss_cases']
    loss = PartitionLoss()
    torch.testing.assert_close(
        loss(case['heads']), case['pt'], rtol=1e-5, atol=0)
    equal = case['heads'][:, :1].expand(-1, 4, -1)
    torch.testing.assert_close(
        loss(equal), case['pt_equal_heads'], rtol=1e-5, atol=0)
    assert loss(case['heads'][:, :1]) == case['pt_onehead'] == 0
