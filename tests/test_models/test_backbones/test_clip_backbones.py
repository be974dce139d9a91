# Copyright (c) mmfer contributors.
import re

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.registry import MODELS
from torchvision.models.video import r3d_18

import mmfer  # noqa: F401
from mmfer.engine.model_parts import to_channels_last
from mmfer.models.backbones.i3d import pad_same
from mmfer.structures import FERDataSample

SMALL_R3D = dict(type='R3D', depth=10, base_channels=8)
FRAMES = dict(
    type='FramePooling',
    backbone=dict(type='ResNet', depth=18, base_channels=8, stem_channels=8))
# Network, its shortest clip that shows motion, channels out.
NETWORKS = dict(
    r3d=(SMALL_R3D, 8, 64),
    r3d_bottleneck=(dict(type='R3D', depth=50, base_channels=8), 8, 256),
    r3d_padded=(dict(SMALL_R3D, shortcut='A'), 8, 64),
    densenet=(dict(type='DenseNet3D', base_channels=16, growth=4), 16, 129),
    i3d=(dict(type='I3D'), 8, 1024),
    p3d=(dict(type='P3D', depth=63), 16, 2048),
    frames=(FRAMES, 4, 64))


def _build(config):
    torch.manual_seed(0)
    model = MODELS.build(config)
    model.init_weights()
    model.eval()
    return model


@pytest.mark.parametrize('name', NETWORKS)
def test_gradients_and_the_order_of_frames(name):
    """A reversed clip looks different to all but pooled frames."""
    config, frames, channels = NETWORKS[name]
    model = _build(config)
    clip = torch.randn(1, 3, frames, 32, 32)
    feat, = model(clip)
    assert feat.shape[:2] == (1, channels)
    pooled = feat.flatten(2).mean(2)
    with torch.no_grad():
        reverse = model(clip.flip(2))[0].flatten(2).mean(2)
    gap = (pooled - reverse).norm() / pooled.norm()
    assert (gap < 1e-4) == (name == 'frames')
    pooled.square().mean().backward()
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    assert all(grad.isfinite().all() for grad in grads)
    assert len(grads) == len(list(model.parameters()))


@pytest.mark.parametrize('name, channels, total', [
    ('R3D', 512, 33.21), ('DenseNet3D', 1024, 11.29), ('I3D', 1024, 12.29),
    ('P3D', 2048, 65.69)])
def test_size(name, channels, total):
    """Millions of parameters, with a classifier of seven classes."""
    with torch.device('meta'):
        model = MODELS.build(dict(type=name))
    number = sum(p.numel() for p in model.parameters()) + 7 * (channels + 1)
    assert round(number / 1e6, 2) == total


def test_r3d_equals_torchvisions():
    """Theirs has a smaller stem and no pooling in it."""
    theirs = r3d_18().eval()
    model = _build(dict(type='R3D', stem_frames=3, stem_pool=False))
    state = {}
    for key, value in theirs.state_dict().items():
        key = key.replace('stem.0', 'conv1').replace('stem.1', 'bn1')
        key = re.sub(r'conv(\d)\.0\.', r'conv\1.', key)
        key = re.sub(r'conv(\d)\.1\.', r'bn\1.', key)
        if not key.startswith('fc'):
            state[key] = value
    model.load_state_dict(state)
    theirs.fc = torch.nn.Identity()
    clip = torch.randn(1, 3, 4, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(model(clip)[0].mean((2, 3, 4)),
                                   theirs(clip), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize('size', [5, 6, 7])
def test_same_padding(size):
    """As TensorFlow: ``ceil(size / stride)`` places, odd padding behind."""
    x, weight = torch.randn(1, 1, size, 6, 6), torch.randn(1, 1, 3, 3, 3)
    out = F.conv3d(pad_same(x, (3, 3, 3), (2, 2, 2)), weight, stride=2)
    assert out.shape[2:] == ((size + 1) // 2, 3, 3)
    total = ((size + 1) // 2 - 1) * 2 + 3 - size
    by_hand = F.pad(x, (0, 1, 0, 1, total // 2, total - total // 2))
    torch.testing.assert_close(out, F.conv3d(by_hand, weight, stride=2))


def test_p3d_blocks():
    """A in a row, B side by side, C in a row with a shortcut."""
    model = _build(dict(type='P3D', depth=63))
    x = torch.randn(1, 256, 2, 4, 4)
    blocks = list(model.layer1) + list(model.layer2)
    assert ''.join(b.kind for b in blocks) == 'ABCABCA'
    for block in (model.layer1[1], model.layer1[2]):
        middle = block.bn1(block.conv1(x)).relu()
        space = block.bn2(block.conv2(middle)).relu()
        time = block.bn3(block.conv3(
            middle if block.kind == 'B' else space)).relu()
        expected = (x + block.bn4(block.conv4(space + time))).relu()
        torch.testing.assert_close(block(x), expected)


def test_p3d_of_more_frames_looks_at_each_alone():
    model = _build(dict(type='P3D', depth=63))
    model.layer1, model.layer2, model.layer3 = (
        torch.nn.Conv3d(64, 256, 1), torch.nn.Identity(),
        torch.nn.Conv3d(256, 1024, 1))
    clip = torch.randn(1, 3, 32, 16, 16)
    with torch.no_grad():
        both, = model(clip)
        halves = [model(part)[0] for part in clip.split(16, 2)]
    torch.testing.assert_close(both, torch.cat(halves, 2))


@pytest.mark.parametrize('pool', ['mean', 'max'])
def test_frame_pooling(pool):
    model = _build(dict(FRAMES, pool=pool))
    clip = torch.randn(2, 3, 3, 32, 32)
    with torch.no_grad():
        feats = torch.stack([model.backbone(clip[:, :, t])[0]
                             for t in range(3)])
        expected = feats.mean(0) if pool == 'mean' else feats.max(0).values
        torch.testing.assert_close(model(clip)[0], expected)


def test_torchvision_video_net():
    model = _build(dict(type='TorchvisionVideoNet', name='mc3_18'))
    clip = torch.randn(1, 3, 4, 32, 32)
    feat, = model(clip)
    assert feat.shape == (1, model.feat_dim) == (1, 512)
    with torch.device('meta'):
        s3d = MODELS.build(dict(type='TorchvisionVideoNet', name='s3d'))
    assert s3d.feat_dim == 1024


def test_classifier_takes_clips_and_views_of_clips():
    model = MODELS.build(dict(
        type='FERClassifier', backbone=SMALL_R3D, flip_test=True,
        neck=dict(type='GlobalAveragePooling', dim=3),
        head=dict(type='LinearClsHead', num_classes=3, in_channels=64),
        data_preprocessor=dict(type='FERDataPreprocessor')))
    samples = [FERDataSample().set_gt_label(i) for i in range(2)]
    clips = torch.randn(2, 3, 4, 32, 32)
    assert model(clips, samples, mode='loss')['loss'] > 0
    model.eval()
    views = torch.stack([clips, clips + 1], 1)
    torch.testing.assert_close(model(views), model(clips))
    scores = (model(clips).softmax(1) + model(clips.flip(-1)).softmax(1)) / 2
    for sample, score in zip(model(clips, samples, mode='predict'), scores):
        torch.testing.assert_close(sample.pred_score, score)


def test_channels_last_leaves_clips_alone():
    with torch.device('meta'):
        model = MODELS.build(dict(type='P3D', depth=63))
    to_channels_last(model)
    assert model.conv1_custom.weight.is_contiguous()
    assert model.layer4[0].conv_normal.weight.is_contiguous(
        memory_format=torch.channels_last)


@pytest.mark.parametrize('config, words', [
    (dict(type='R3D', depth=20), 'depths'),
    (dict(type='R3D', shortcut='C'), 'shortcuts A and B'),
    (dict(type='DenseNet3D', depth=1), 'depths'),
    (dict(type='P3D', depth=1), 'depths'),
    (dict(FRAMES, pool='sum'), 'pool must be'),
    (dict(type='TorchvisionVideoNet', name='resnet18'), 'no video model')])
def test_bad_networks(config, words):
    with pytest.raises(ValueError, match=words):
        MODELS.build(config)


@pytest.mark.parametrize('shape', [(1, 3, 32, 32), (1, 3, 15, 32, 32)])
def test_bad_clips(shape):
    with torch.device('meta'):
        model = MODELS.build(dict(type='P3D', depth=63))
    with pytest.raises(ValueError, match='at least 16 frame'):
        model(torch.randn(shape))
