# Copyright (c) mmfer contributors.
"""Which key of a released file becomes which of ours, part by part.

A map is a dict from the key in the file to ours, or to None for a key that
is known and left out.
"""
from typing import Dict, List, Optional

KeyMap = Dict[str, Optional[str]]

_BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}
_CONVS = {18: 2, 50: 3}
_IR50_UNITS = (3, 4, 14, 3)

#: The places of the parts of a ResNet in a sequence, DAN's way to name them.
SEQUENCE = dict(
    conv1='0', bn1='1', layer1='4', layer2='5', layer3='6', layer4='7')


def linear(source: str, target: Optional[str], bias: bool = True) -> KeyMap:
    """A linear layer or convolution."""
    names = ('weight', 'bias') if bias else ('weight', )
    return {
        f'{source}.{name}': target and f'{target}.{name}'
        for name in names
    }


def norm(source: str, target: Optional[str], affine: bool = True) -> KeyMap:
    """A batch normalisation."""
    names = ('weight', 'bias') if affine else ()
    names += ('running_mean', 'running_var', 'num_batches_tracked')
    return {
        f'{source}.{name}': target and f'{target}.{name}'
        for name in names
    }


def conv_norm(source: str, target: str, bias: bool = True) -> KeyMap:
    """A pair (convolution or linear layer, batch normalisation)."""
    return {
        **linear(f'{source}.0', f'{target}.0', bias),
        **norm(f'{source}.1', f'{target}.1')
    }


def resnet(depth: int,
           source: str = '',
           target: str = '',
           sequence: bool = False) -> KeyMap:
    """A ResNet without its classifier.

    Args:
        depth (int): 18 or 50.
        source (str): The prefix in the file, with its dot.
        target (str): Our prefix, with its dot.
        sequence (bool): Whether the file numbers the parts
            (``features.4.0.conv1``) instead of naming them. Defaults to
            False.
    """
    own = {
        **linear('conv1', 'conv1', bias=False),
        **norm('bn1', 'bn1')
    }
    for stage, number in enumerate(_BLOCKS[depth], 1):
        for index in range(number):
            block = f'layer{stage}.{index}'
            for i in range(1, _CONVS[depth] + 1):
                name = f'{block}.conv{i}'
                own.update(linear(name, name, bias=False))
                name = f'{block}.bn{i}'
                own.update(norm(name, name))
            if index == 0 and (stage > 1 or depth == 50):
                name = f'{block}.downsample'
                own.update(conv_norm(name, name, bias=False))
    keys = {}
    for key in own:
        part, _, rest = key.partition('.')
        place = SEQUENCE[part] if sequence else part
        keys[f'{source}{place}.{rest}'] = f'{target}{key}'
    return keys


def resnet_blocks(depth: int) -> List[str]:
    """The names of the residual blocks, in order."""
    return [
        f'layer{stage}.{index}'
        for stage, number in enumerate(_BLOCKS[depth], 1)
        for index in range(number)
    ]


def ir50(source: str = '',
         target: str = '',
         stages: int = 4,
         staged: bool = False) -> KeyMap:
    """An IR-50 without its embedding.

    Args:
        source (str): The prefix in the file, with its dot.
        target (str): Our prefix, with its dot.
        stages (int): How many stages the file holds. Defaults to 4.
        staged (bool): Whether units are numbered within their stage
            (``body.1.0``) and not throughout (``body.3``). Defaults to False.
    """
    keys = {
        **linear(f'{source}input_layer.0', f'{target}stem.0', bias=False),
        **norm(f'{source}input_layer.1', f'{target}stem.1'),
        **linear(f'{source}input_layer.2', f'{target}stem.2', bias=False)
    }
    units = [(stage, index)
             for stage, number in enumerate(_IR50_UNITS[:stages])
             for index in range(number)]
    for number, (stage, index) in enumerate(units):
        place = f'{stage}.{index}' if staged else number
        own = f'{target}stages.{stage}.{index}'
        old, new = f'{source}body.{place}.res_layer', f'{own}.residual'
        for layer in (0, 4):
            keys.update(norm(f'{old}.{layer}', f'{new}.{layer}'))
        for layer in (1, 2, 3):  # the second is a PReLU
            keys.update(
                linear(f'{old}.{layer}', f'{new}.{layer}', bias=False))
        if stage > 0 and index == 0:
            keys.update(
                conv_norm(f'{source}body.{place}.shortcut_layer',
                          f'{own}.shortcut', bias=False))
    return keys


def encoder_layers(number: int, source: str = '', target: str = '') -> KeyMap:
    """Layers of a vision transformer as timm names them, and the last norm.

    Args:
        number (int): How many layers.
        source (str): The prefix in the file, with its dot.
        target (str): Our prefix, with its dot.
    """
    keys = linear(f'{source}norm', f'{target}ln1')
    for i in range(number):
        old, new = f'{source}blocks.{i}', f'{target}layers.{i}'
        keys.update(
            linear(f'{old}.attn.qkv', f'{new}.attn.qkv', bias=False))
        for theirs, ours in (('norm1', 'ln1'), ('attn.proj', 'attn.proj'),
                             ('norm2', 'ln2'), ('mlp.fc1', 'ffn.layers.0.0'),
                             ('mlp.fc2', 'ffn.layers.1')):
            keys.update(linear(f'{old}.{theirs}', f'{new}.{ours}'))
    return keys
