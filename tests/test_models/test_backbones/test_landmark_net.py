# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.analysis.comparison import model_cost
from mmfer.models.backbones import LandmarkMLP
from mmfer.structures import FERDataSample, SampleBatch

RESNET = dict(type='ResNet_CIFAR', depth=18, base_channels=4,
              zero_init_residual=False)
CONVNEXT = dict(
    type='ConvNeXt', arch=dict(depths=[1, 1, 1, 1], channels=[4, 8, 16, 32]))
STRUCTURE = dict(type='StructureStream', embed_channels=8, hidden_channels=6)


def texture(backbone=RESNET, patch_size=8):
    return dict(type='TextureStream', backbone=backbone, in_channels=32,
                patch_size=patch_size, embed_channels=8, hidden_channels=6)


def model_of(backbone=None, neck=True, head='LinearClsHead', **options):
    torch.manual_seed(0)
    if backbone is None:
        backbone = dict(
            type='LandmarkNet', num_landmarks=5,
            streams=dict(structure=STRUCTURE, texture=texture()))
    width = 10 if neck else 6
    head = dict(type=head, num_classes=7, in_channels=width)
    if head['type'] == 'DeepSupervisionHead':
        head['aux_channels'] = (6, 6)
    return MODELS.build(dict(
        type='FERClassifier', backbone=backbone,
        neck=dict(type='StreamFusion', in_channels=(6, 6),
                  out_channels=10) if neck else None,
        head=head, **options))


def samples_of(number=4, count=5, size=32):
    torch.manual_seed(1)
    return [
        FERDataSample().set_gt_label(i % 7).set_gt_landmarks(
            size * torch.rand(count, 2)) for i in range(number)
    ]


@pytest.mark.parametrize('options', [
    dict(), dict(head='DeepSupervisionHead'),
    dict(backbone=dict(
        type='LandmarkNet', num_landmarks=5, share_order=True,
        streams=dict(structure=STRUCTURE, texture=texture(CONVNEXT, 32)))),
    dict(neck=False, backbone=dict(
        type='LandmarkNet', num_landmarks=5,
        order=dict(type='LandmarkTree', traversal='return'),
        streams=dict(structure=STRUCTURE))),
    dict(neck=False, backbone=dict(
        type='LandmarkNet', num_landmarks=5, order=dict(type='LandmarkOrder'),
        streams=dict(texture=texture()))),
    dict(neck=False, backbone=dict(
        type='LandmarkMLP', num_landmarks=5, channels=(9, 6)))])
def test_all_forms_learn(options):
    model = model_of(**options)
    model.init_weights()
    images, samples = torch.randn(4, 3, 32, 32), samples_of()
    losses = model(images, samples, mode='loss')
    assert ('loss_aux' in losses) == (
        options.get('head') == 'DeepSupervisionHead')
    sum(losses.values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.abs().sum() > 0, name
    sample = model.eval()(images, samples, mode='predict')[3]
    assert sample.pred_score.shape == (7, )


def test_landmarks_of_faces_cut_out_otherwise():
    """Upright, all faces of one shape look alike; noise is for training."""
    torch.manual_seed(0)
    faces = torch.rand(4, 5, 2)
    mlp = LandmarkMLP(5, (7, ), upright=True, jitter=.1)
    assert not torch.equal(mlp(None, faces)[0], mlp(None, faces)[0])
    mlp.eval()
    torch.testing.assert_close(
        mlp(None, .3 * faces + .2)[0], mlp(None, faces)[0])
    plain = LandmarkMLP(5, (7, )).eval()
    assert not torch.allclose(
        plain(None, .3 * faces + .2)[0], plain(None, faces)[0])


def test_one_tree_for_all_or_one_for_each():
    own = model_of().backbone.orders
    assert not torch.equal(own['structure'].edge_weights,
                           own['texture'].edge_weights)
    shared = model_of(backbone=dict(
        type='LandmarkNet', num_landmarks=5, share_order=True,
        streams=dict(structure=STRUCTURE, texture=texture()))).backbone.orders
    assert shared['structure'] is shared['texture']


def test_landmarks_reach_the_model():
    model, images = model_of().eval(), torch.randn(2, 3, 32, 32)
    samples = samples_of(2)
    logits = model(images, samples)
    points = torch.stack([s.gt_landmarks for s in samples])
    feats = model.neck(model.backbone(images, (points + .5) / 32))
    torch.testing.assert_close(logits, model.head(feats))
    scores = model(images, samples, mode='predict')[1].pred_score
    torch.testing.assert_close(scores, logits[1].softmax(0))
    samples[1].gt_landmarks[2] += 3
    changed = model(images, samples)
    assert torch.equal(changed[0], logits[0])
    assert not torch.allclose(changed[1], logits[1])


def test_unknown_landmarks_give_finite_losses():
    model, samples = model_of(), samples_of()
    samples[0].gt_landmarks[2:] = torch.nan
    samples[1].gt_landmarks[:] = torch.nan
    losses = model(torch.randn(4, 3, 32, 32), samples, mode='loss')
    losses['loss'].backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize('augments', [
    [dict(type='BatchFlip', prob=1.)],
    [dict(type='BatchAffine', shift=.1, scale=.1, rotate=15),
     dict(type='BatchFlip', prob=.5)]])
def test_landmarks_move_with_the_picture(augments):
    """A bright spot at each landmark stays in the middle of its patch."""
    torch.manual_seed(0)
    points = torch.tensor([[20, 24], [44, 24], [32, 34], [24, 44], [40, 44]])
    images = torch.zeros(3, 3, 64, 64)
    for x, y in points.tolist():
        images[:, :, y - 1:y + 2, x - 1:x + 2] = 255.
    samples = SampleBatch.of([
        FERDataSample().set_gt_label(0).set_gt_landmarks(points)
        for _ in range(3)])
    preprocess = MODELS.build(dict(
        type='FERDataPreprocessor', mean=[0] * 3, std=[1] * 3,
        augments=augments))
    data = preprocess(dict(inputs=images.byte(), data_samples=samples), True)
    moved = data['data_samples'].targets['gt_landmarks']
    assert not torch.equal(moved, samples.targets['gt_landmarks'])
    stream = MODELS.build(dict(
        texture(), num_landmarks=5, patch_size=9))
    patches = []
    stream.backbone.register_forward_pre_hook(
        lambda _, args: patches.append(args[0]))
    stream.elements(data['inputs'], (moved + .5) / 64, None)
    middle = patches[0][:, :, 4, 4]
    assert middle.shape == (15, 3) and middle.min() > 150
    assert patches[0].mean() < 60


def test_cost_of_a_model_with_landmarks():
    init_default_scope('mmpretrain')
    cfg = Config(dict(
        model=dict(
            type='FERClassifier',
            backbone=dict(type='LandmarkNet',
                          streams=dict(texture=texture())),
            head=dict(type='LinearClsHead', num_classes=8, in_channels=6)),
        val_dataloader=dict(dataset=dict(
            type='SyntheticFER', size=2, split='valid', image_size=32,
            test_mode=True, pipeline=[
                dict(type='DrawSyntheticFace'), dict(type='PackFERInputs')]))))
    cost = model_cost(cfg)
    weights = MODELS.build(cfg.model).parameters()
    assert cost['parameters'] == sum(np.prod(p.shape) for p in weights) / 1e6
    # The first convolution alone looks at 68 patches of 8 x 8.
    assert cost['gflops'] > 68 * 64 * 27 * 4 / 1e9


# Bad input


def test_bad_absent_landmarks():
    model, images = model_of(), torch.randn(2, 3, 32, 32)
    blank = [FERDataSample().set_gt_label(0) for _ in range(2)]
    for samples in (None, blank):
        with pytest.raises(ValueError, match='needs gt_landmarks'):
            model(images, samples)
    with pytest.raises(ValueError, match='needs the landmarks'):
        model.extract_feat(images)


def test_bad_number_of_landmarks():
    with pytest.raises(ValueError, match='made for 5 landmarks.*Hint'):
        model_of()(torch.randn(2, 3, 32, 32), samples_of(2, 68))


def test_bad_mirror():
    with pytest.raises(ValueError, match='flip_test'):
        model_of(flip_test=True)


def test_bad_without_streams():
    with pytest.raises(ValueError, match='StructureStream'):
        MODELS.build(dict(type='LandmarkNet', streams={}))
