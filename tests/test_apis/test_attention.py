# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS
from torch.nn.functional import interpolate

from mmfer.apis.attention import attention_maps, class_activation_maps
from mmfer.apis.attention.attention_maps import patch_maps

GAP = dict(type='GlobalAveragePooling')
CNN = dict(type='ResNet_CIFAR', depth=18, base_channels=4)
VIT = dict(type='VisionTransformer', img_size=32, patch_size=8, arch=dict(
    embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=16))


def _model(backbone, neck, **head):
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(dict(
            type='FERClassifier', backbone=backbone, neck=neck,
            head=dict(dict(type='LinearClsHead', num_classes=7), **head)))
        model.init_weights()
    return model.eval()


def _images():
    return torch.randn(3, 3, 32, 32, generator=torch.manual_seed(1))


def _scaled(maps):
    """Each between 0 and 1."""
    maps = maps - maps.amin((1, 2), True)
    return maps / (1e-7 + maps.amax((1, 2), True))


def test_cam_of_a_linear_classifier():
    """There Grad-CAM is the map weighted with the weights of the class."""
    pytest.importorskip('pytorch_grad_cam')
    model, images = _model(CNN, GAP, in_channels=32), _images()
    labels = torch.tensor([0, 3, 6])
    found = class_activation_maps(model, images, labels)
    feature = model.extract_feat(images, stage='backbone')[-1].detach()
    weight = model.head.fc.weight.detach()[labels]
    wanted = torch.einsum('nchw,nc->nhw', feature, weight).relu()
    wanted = _scaled(interpolate(wanted[None], 32, mode='bilinear')[0])
    torch.testing.assert_close(found, wanted, atol=2e-3, rtol=0)
    assert all(p.grad is None for p in model.parameters())
    same = attention_maps(model, images, 'cam', dict(
        pred_score=torch.eye(7)[labels]))
    torch.testing.assert_close(same, found)


@pytest.mark.parametrize('backbone, neck, width', [
    (VIT, None, 16),
    (dict(type='SwinTransformer', img_size=32, patch_size=2, window_size=4,
          out_indices=(1, ),
          arch=dict(embed_dims=8, depths=[1, 1], num_heads=[1, 2])), GAP, 16),
], ids=['tokens', 'maps'])
def test_cam_of_transformers(backbone, neck, width):
    pytest.importorskip('pytorch_grad_cam')
    model, images = _model(backbone, neck, in_channels=width), _images()
    found = class_activation_maps(model, images, torch.tensor([0, 3, 6]))
    assert found.shape == (3, 32, 32)
    assert (found.amin((1, 2)) == 0).all()
    assert found.std((1, 2)).min() > 0


def test_heads():
    neck = dict(type='MultiHeadCrossAttention', in_channels=16, num_heads=3)
    model = _model(dict(VIT, out_type='featmap'), neck,
                   type='AttentionFusionHead', in_channels=16)
    images = _images()
    with torch.no_grad():
        found = attention_maps(model, images, 'heads', {})
        feature = model.backbone(images)[-1]
        # How much longer a head makes the vector of each position.
        ratios = [head.spatial(feature).norm(dim=1) / feature.norm(dim=1)
                  for head in model.neck.heads]
    torch.testing.assert_close(found, _scaled(torch.stack(ratios).mean(0)),
                               atol=1e-4, rtol=1e-3)


def test_patches():
    boxes = torch.tensor([[[0., 0, 1, 1], [0.5, 0, 1, 0.25],
                           [0.25, 0.25, 0.5, 0.5]]])
    found = patch_maps(torch.tensor([[0.2, 0.7, 0.1]]), boxes)
    wanted = np.full((1, 56, 56), 0.2, np.float32)
    wanted[:, :14, 28:] = 0.7
    np.testing.assert_array_equal(found, wanted)
    scaled = attention_maps(None, None, 'patches', dict(
        pred_patch_weights=torch.tensor([[0.2, 0.7, 0.1]]),
        pred_patch_boxes=boxes))
    assert scaled.min() == 0 and scaled.max() == 1


def test_tokens():
    exits = torch.tensor([[[0, 4], [2, 1]]])
    found = attention_maps(None, None, 'tokens', dict(pred_patch_exit=exits))
    assert found.tolist() == [[[0, 1], [0.5, 0.25]]]


@pytest.mark.parametrize('kind, told', [
    ('heads', 'has no neck with attention heads'),
    ('patches', 'no attention of the kind patches'),
    ('tokens', 'no attention of the kind tokens')])
def test_bad_attention(kind, told):
    model = _model(CNN, GAP, in_channels=32)
    with pytest.raises(ValueError, match=f'{told}.*Hint: the attention cam'):
        attention_maps(model, _images(), kind, {})
