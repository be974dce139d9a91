# Copyright (c) mmfer contributors.
import pytest
import torch
from mmpretrain.registry import MODELS

from mmfer.errors import ConfigError
from mmfer.models.necks import PatchAttention
from mmfer.structures import FERDataSample

MAPS = (torch.randn(3, 8, 14, 14), torch.randn(3, 16, 7, 7))


def neck_of(**options):
    torch.manual_seed(0)
    return PatchAttention(in_channels=(8, 16), out_channels=12,
                          **options).eval()


def test_equals_a_loop():
    neck = neck_of()
    weights, gates, whole_gate, boxes, feature = neck(MAPS)
    windows = [(0, 0), (0, 5), (5, 0), (5, 5), (2, 2)]
    for i in range(3):
        local, u = [], []
        for y, x in windows:
            patch = neck.stage(MAPS[0][i:i + 1, :, y:y + 9, x:x + 9])
            assert patch.shape == (1, 16, 5, 5)
            local.append(patch.mean((2, 3))[0])
            u.append(neck.gate(patch)[0])
        mean = sum(a * f for a, f in zip(u, local)) / sum(u)
        product = [
            a * neck.relation(torch.cat([f, mean])).sigmoid()[0]
            for a, f in zip(u, local)]
        a = [p / sum(product) for p in product]
        parts = sum(p * f for p, f in zip(a, local))
        z = neck.fuse(torch.cat([MAPS[1][i].mean((1, 2)), parts]))
        torch.testing.assert_close(weights[i], torch.stack(a))
        torch.testing.assert_close(gates[i], torch.stack(u))
        torch.testing.assert_close(feature[i], z)
        torch.testing.assert_close(whole_gate[i], neck.gate(MAPS[1])[i])
    torch.testing.assert_close(weights.sum(1), torch.ones(3))
    wanted = [[x / 14, y / 14, (x + 9) / 14, (y + 9) / 14]
              for y, x in windows]
    torch.testing.assert_close(boxes[2], torch.tensor(wanted))


@pytest.mark.parametrize('patches, number', [
    ('grid2', 4), ('grid4', 16), ('overlap5', 5), ('landmark24', 24)])
def test_all_schemes_learn(patches, number):
    neck = neck_of(patches=patches).train()
    neck.init_weights()
    points = torch.rand(3, 68, 2) if neck.takes_landmarks else None
    weights, gates, whole, boxes, feature = neck(MAPS, points)
    assert weights.shape == gates.shape == (3, number)
    assert boxes.shape == (3, number, 4) and feature.shape == (3, 12)
    (feature.square().sum() + whole.sum()).backward()
    for name, parameter in neck.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize('sharpness', [0., .5, 1.])
def test_gates_that_underflow(sharpness):
    neck = neck_of(sharpness=sharpness)
    torch.nn.init.constant_(neck.gate.judge[-2].bias, -200.)
    found = neck(MAPS)
    assert all(t.isfinite().all() for t in found)
    found[-1].sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all()
               for p in neck.parameters())


def test_sharpness_is_the_exponent_of_the_weights():
    plain, _, _, _, feature = neck_of()(MAPS)
    for sharpness in (.5, 2.):
        sharp = neck_of(sharpness=sharpness)(MAPS)[0]
        wanted = plain**sharpness
        wanted = wanted / wanted.sum(1, keepdim=True)
        torch.testing.assert_close(sharp, wanted)
    torch.testing.assert_close(neck_of(sharpness=1.)(MAPS)[-1], feature)


def test_uniform_weights_keep_the_parameters():
    """The control loads the same checkpoint and trains in one backward pass
    of distributed training: every parameter gets a gradient."""
    neck = neck_of(patches='grid4', sharpness=0.).train()
    shapes = {k: v.shape for k, v in neck_of(
        patches='grid4').state_dict().items()}
    assert {k: v.shape for k, v in neck.state_dict().items()} == shapes
    weights, gates, whole, _, feature = neck(MAPS)
    torch.testing.assert_close(weights, torch.full((3, 16), 1 / 16))
    assert gates.std() > 0
    (feature.square().sum() + whole.sum()).backward()
    for name, parameter in neck.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all()
    assert not neck.relation.weight.grad.any()


def test_a_single_map():
    neck = PatchAttention(in_channels=16, out_channels=12).eval()
    assert neck(MAPS[1:])[-1].shape == (3, 12)


def landmark_model(**options):
    return MODELS.build(dict(
        type='FERClassifier',
        backbone=dict(type='ResNet_CIFAR', depth=18, base_channels=4,
                      out_indices=(2, 3)),
        neck=dict(type='PatchAttention', in_channels=(16, 32),
                  out_channels=8, patches='landmark24'),
        head=dict(type='DistributionCalibrationHead', num_classes=7,
                  in_channels=8), **options))


def test_landmarks_reach_the_neck():
    torch.manual_seed(0)
    model, images = landmark_model().eval(), torch.randn(2, 3, 32, 32)
    samples = [
        FERDataSample().set_gt_label(1).set_gt_landmarks(
            32 * torch.rand(68, 2) - .5) for _ in range(2)]
    first, second = model(images, samples, mode='predict')
    points = samples[1].gt_landmarks[17]
    boxes = second.pred_patch_boxes
    assert boxes.shape == (24, 4)
    centre = (boxes[0, :2] + boxes[0, 2:]) / 2
    torch.testing.assert_close(centre, (points + .5) / 32)
    assert not torch.equal(first.pred_patch_boxes, boxes)
    with pytest.warns(UserWarning, match='neighbour bank'):
        assert model(images, samples, mode='loss')['loss_cls'] > 0
    with pytest.raises(ValueError, match='needs gt_landmarks'):
        model(images, mode='predict')
    with pytest.raises(ValueError, match='needs gt_landmarks'):
        model(images)
    assert model(images, samples).shape == (2, 7)


# Bad input


def test_bad_mirror():
    with pytest.raises(ValueError, match='flip_test'):
        landmark_model(flip_test=True)


def test_bad_scheme():
    with pytest.raises(ConfigError, match='landmark24'):
        PatchAttention(patches='grid3')
    with pytest.raises(ConfigError, match='sharpness'):
        PatchAttention(sharpness=-1.)


def test_bad_pooled_map():
    with pytest.raises(ValueError, match='feature map'):
        neck_of()((torch.randn(2, 8), torch.randn(2, 16)))


@pytest.mark.parametrize('patches',
                         ['grid2', 'grid4', 'overlap5', 'landmark24'])
def test_operations_can_be_counted(patches):
    """Sizes are tensors while a model is traced."""
    neck = neck_of(patches=patches).requires_grad_(False)
    maps = torch.randn(1, 8, 14, 14), torch.randn(1, 16, 7, 7)
    points = torch.rand(1, 68, 2)
    traced = torch.jit.trace(
        lambda *maps: neck(maps, points)[-1], maps, check_trace=False)
    torch.testing.assert_close(traced(*maps), neck(maps, points)[-1])
