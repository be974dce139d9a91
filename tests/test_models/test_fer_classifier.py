# Copyright (c) mmfer contributors.
import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn

import mmfer  # noqa: F401
from mmfer.structures import FERDataSample


def _build(**kwargs):
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='FERClassifier',
            backbone=dict(
                type='ResNet_CIFAR', depth=18, base_channels=8),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(type='LinearClsHead', num_classes=7, in_channels=64),
            data_preprocessor=dict(type='FERDataPreprocessor'),
            **kwargs)).eval()


def _samples(number):
    return [FERDataSample().set_gt_label(i % 7) for i in range(number)]


def test_tensor_mode_gives_logits():
    model, images = _build(), torch.randn(3, 3, 32, 32)
    logits = model(images, mode='tensor')
    assert logits.shape == (3, 7)
    scores = model(images, mode='predict')
    for row, sample in zip(logits.softmax(1), scores):
        torch.testing.assert_close(sample.pred_score, row)
        assert sample.pred_label.item() == row.argmax()


def test_loss_equals_plain_cross_entropy():
    model, images = _build(), torch.randn(4, 3, 32, 32)
    loss = model(images, _samples(4), mode='loss')['loss']
    logits = model(images, mode='tensor')
    torch.testing.assert_close(
        loss, nn.functional.cross_entropy(logits, torch.arange(4)))


def test_flip_test_averages_both_views():
    images = torch.randn(3, 3, 32, 32)
    one, two = _build(), _build(flip_test=True)
    samples = two(images, _samples(3), mode='predict')
    expected = (one(images).softmax(1) + one(images.flip(-1)).softmax(1)) / 2
    assert not torch.allclose(one(images).softmax(1), expected)
    for sample, row in zip(samples, expected):
        torch.testing.assert_close(sample.pred_score, row)
        assert sample.pred_label.tolist() == [row.argmax()]
        assert isinstance(sample, FERDataSample)


@pytest.mark.parametrize('shape', [(2, 3, 32, 32), (2, 3, 4, 32, 32)])
def test_a_mirrored_flow_goes_the_other_way(shape):
    """A motion to the right, mirrored, is one to the left."""
    model = _build(mirror_signs=(1, 1, -1))
    flow = torch.zeros(shape)
    flow[:, 2, ..., 4, 1] = 1.
    flow[:, 1, ..., 4, 1] = 3.
    expected = torch.zeros(shape)
    expected[:, 2, ..., 4, 30] = -1.
    expected[:, 1, ..., 4, 30] = 3.
    assert torch.equal(model.mirrored(flow), expected)
    assert torch.equal(_build().mirrored(flow), flow.flip(-1))
    assert 'mirror_signs' not in model.state_dict()


def test_flip_test_of_flow():
    images = torch.randn(3, 3, 32, 32)
    one = _build()
    two = _build(flip_test=True, mirror_signs=(1, 1, -1))
    two.load_state_dict(one.state_dict())
    other = images.flip(-1) * torch.tensor([1., 1., -1.])[:, None, None]
    expected = (one(images).softmax(1) + one(other).softmax(1)) / 2
    samples = two(images, _samples(3), mode='predict')
    for sample, row in zip(samples, expected):
        torch.testing.assert_close(sample.pred_score, row)


def test_head_and_loss_stay_in_float32_under_autocast():
    model, images = _build(), torch.randn(4, 3, 32, 32)
    seen = {}
    model.neck.register_forward_hook(
        lambda m, i, out: seen.update(neck=out[0].dtype))
    model.head.fc.register_forward_hook(
        lambda m, i, out: seen.update(head=out.dtype))
    with torch.autocast('cpu', torch.bfloat16):
        loss = model(images, _samples(4), mode='loss')['loss']
    assert seen == dict(neck=torch.bfloat16, head=torch.float32)
    assert loss.dtype == torch.float32
