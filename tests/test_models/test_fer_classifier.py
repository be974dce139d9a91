# Copyright (c) mmfer contributors.
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
