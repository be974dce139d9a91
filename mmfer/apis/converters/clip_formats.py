# Copyright (c) mmfer contributors.
"""The keys of released networks for clips and for flow pictures.

Our networks for clips carry the released names, so that their parts need not
be listed again.
"""
import re
from typing import Any, Dict, Mapping, Tuple

import torch
from torch import nn

from mmfer.models.backbones import I3D, P3D, R3D, DenseNet3D
from mmfer.models.backbones.r3d import Bottleneck3D
from .key_maps import KeyMap, linear, norm


def r3d_keys(state: Mapping[str, Any]) -> KeyMap:
    """A 3D ResNet of any depth, with either shortcut."""
    numbers = _lengths(state, r'layer(\d)\.(\d+)\.')
    bottleneck = any('.conv3.' in key for key in state)
    depth = next((depth for depth, (block, wanted) in R3D.DEPTHS.items()
                  if wanted == numbers and
                  (block is Bottleneck3D) == bottleneck), 18)
    shortcut = 'B' if any('.downsample.' in key for key in state) else 'A'
    return {**network_keys(R3D, depth=depth, shortcut=shortcut),
            **linear('fc', None)}


def densenet3d_keys(state: Mapping[str, Any]) -> KeyMap:
    """A 3D DenseNet.

    Early files write ``norm.1`` for ``norm1`` in the layers, later ones
    ``conv1`` and ``norm1`` for ``conv0`` and ``norm0`` in the stem.
    """
    numbers = _lengths(state, r'features\.denseblock(\d)\.denselayer(\d+)\.')
    names = network_keys(DenseNet3D, depth=_depth(DenseNet3D, numbers, 121))
    if any(re.search(r'\.norm\.1\.', key) for key in state):
        names = _renamed(names, r'(denselayer\d+\.)(norm|conv)(\d)',
                         r'\1\2.\3')
    if 'features.conv1.weight' in state:
        names = _renamed(names, r'^features\.(conv|norm)0', r'features.\g<1>1')
    return {**names, **linear('classifier', None)}


def i3d_keys(state: Mapping[str, Any]) -> KeyMap:
    """An I3D."""
    return {**network_keys(I3D), **linear('logits.conv3d', None)}


def p3d_keys(state: Mapping[str, Any]) -> KeyMap:
    """A pseudo-3D ResNet of any depth."""
    numbers = _lengths(state, r'layer(\d)\.(\d+)\.')
    return {**network_keys(P3D, depth=_depth(P3D, numbers, 199)),
            **linear('fc', None)}


def ststnet_keys(state: Mapping[str, Any]) -> KeyMap:
    """A whole STSTNet, whose streams are still apart."""
    names = linear('fc', 'head.fc')
    for i in range(1, 4):
        names.update(linear(f'conv{i}', f'backbone.streams.0.{i}'))
        names.update(norm(f'bn{i}', f'backbone.streams.2.{i}'))
    return names


def join_streams(state: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
    """Our STSTNet has the filters of its streams in one layer."""
    joined: Dict[str, torch.Tensor] = {}
    for key, value in state.items():
        name = re.sub(r'(streams\.\d)\.\d', r'\1', key)
        if name in joined and value.ndim:
            value = torch.cat([joined[name], value])
        joined[name] = value
    return joined


def network_keys(network: type, **kwargs: Any) -> Dict[str, str]:
    """Map the names of all weights of a network to themselves."""
    with torch.device('meta'):
        model: nn.Module = network(**kwargs)
    return {key: key for key in model.state_dict()}


def _renamed(names: Mapping[str, str], pattern: str,
             replacement: str) -> Dict[str, str]:
    """Other names of the file for the same weights."""
    return {
        re.sub(pattern, replacement, source): target
        for source, target in names.items()
    }


def _lengths(state: Mapping[str, Any], pattern: str) -> Tuple[int, ...]:
    """How many blocks each stage has."""
    matches = [re.match(pattern, key) for key in state]
    blocks = {match.groups() for match in matches if match}
    stages = sorted({stage for stage, _ in blocks})
    return tuple(sum(s == stage for s, _ in blocks) for stage in stages)


def _depth(network: type, numbers: Tuple[int, ...], default: int) -> int:
    """The depth with these stages; the default where there is none, whose
    missing keys are then listed."""
    return next((depth for depth, wanted in network.DEPTHS.items()
                 if wanted == numbers), default)
