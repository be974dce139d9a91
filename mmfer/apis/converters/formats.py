# Copyright (c) mmfer contributors.
"""The released files that can be converted."""
import re
from typing import Any, Callable, Dict, Mapping, NamedTuple

from .key_maps import KeyMap, conv_norm, linear, norm, resnet


class Format(NamedTuple):
    """A kind of released file.

    Args:
        keys (Callable): From the weights in a file to their
            :data:`~mmfer.apis.converters.key_maps.KeyMap`.
        source (str): Who releases such files.
        licence (str): What is known of the licence.
        preprocessing (str): What the weights want as input.
    """
    keys: Callable[[Mapping[str, Any]], KeyMap]
    source: str
    licence: str
    preprocessing: str


_IMAGENET = 'RGB, 224 px, mean and deviation of ImageNet'


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


FORMATS: Dict[str, Format] = dict(
    dan=Format(_dan, 'github.com/yaoing/DAN', 'MIT', _IMAGENET), )
