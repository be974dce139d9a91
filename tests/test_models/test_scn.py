# Copyright (c) mmfer contributors.
"""The parts of SCN together, against numbers of the released code."""
import pytest
import torch

from mmfer.models.banks import MarginRelabeling
from mmfer.models.losses import RankRegularizationLoss
from .golden import Golden


@pytest.fixture(scope='module')
def golden(shared):
    return Golden(shared / 'golden', 'SCN', 'scn')


def _model(golden, margin=0.15):
    return golden.model(
        backbone=dict(type='ResNet', depth=18),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(
            type='ImportanceHead',
            num_classes=7,
            in_channels=512,
            rank=dict(type='RankRegularizationLoss', margin=margin)))


def test_eval_outputs(golden):
    model, images = _model(golden).eval(), golden.images()
    expected = golden.data['eval']
    with torch.no_grad():
        logits = model(images)
        samples = model(images, mode='predict')
    torch.testing.assert_close(
        logits, expected['logits'], atol=1e-4, rtol=0)
    confidence = torch.stack([s.pred_confidence for s in samples])
    torch.testing.assert_close(
        confidence, expected['alpha'].squeeze(1), atol=1e-4, rtol=0)


@pytest.mark.parametrize('case', ['train', 'train_margin06'])
def test_training_step(golden, case):
    expected = golden.data[case]
    model = _model(golden, expected['margin']).train()
    optimizer = torch.optim.Adam(model.parameters(), weight_decay=1e-4)
    losses = model(golden.images(), golden.samples(), mode='loss')
    torch.testing.assert_close(
        losses['loss_cls'], expected['ce'], rtol=1e-5, atol=0)
    total = sum(losses.values())
    torch.testing.assert_close(total, expected['loss'], rtol=1e-5, atol=0)
    # One importance is far from 0 and 1: rounding in front of it shows.
    torch.testing.assert_close(
        losses['loss_rank'],
        torch.as_tensor(expected['rr']),
        rtol=1e-4,
        atol=1e-7)
    total.backward()
    # The references are of float32: the same step in double precision differs
    # from them by up to 2.3e-3.
    golden.check_gradients(model, expected['grads'], rtol=3e-3)
    optimizer.step()
    golden.check_parameters(model, expected['after_step'], expected['grads'],
                            rtol=1e-3)


def test_losses_alone(golden):
    for case in golden.data['loss_cases']:
        loss = RankRegularizationLoss(case['beta'], case['margin'])
        torch.testing.assert_close(
            loss(case['alpha']),
            torch.as_tensor(case['rr']),
            rtol=1e-5,
            atol=1e-7)


def test_relabelling(golden):
    case = golden.data['relabel']
    result = MarginRelabeling(scope='all')(
        dict(logits=case['logits']), case['targets'])
    assert result.changed.nonzero().flatten().tolist() == \
        case['update_idx'].tolist()
    labels = case['label_before'].clone()
    labels[case['indexes'][result.changed]] = result.labels[result.changed]
    assert torch.equal(labels, case['label_after'])
    torch.testing.assert_close(result.score, case['pmax'])
    torch.testing.assert_close(result.margin, case['pmax'] - case['pgt'])
