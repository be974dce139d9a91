# Copyright (c) mmfer contributors.
from typing import Sequence

from torch import nn

from mmfer.errors import ConfigError


def share_parts(source: nn.Module, target: nn.Module,
                names: Sequence[str]) -> None:
    """Put parts of one module into the same places of another.

    Args:
        source (nn.Module): Whose parts are shared.
        target (nn.Module): Whose parts are replaced.
        names (Sequence[str]): Of the parts, such as ``'layer1.0'``.

    Raises:
        ValueError: If one of both has no such part.
    """
    for name in names:
        parent, _, child = name.rpartition('.')
        try:
            part = source.get_submodule(name)
            target.get_submodule(name)
        except AttributeError as error:
            raise ConfigError(
                f'the networks cannot share {name!r}: {error}',
                hint='name some of '
                f'{[n for n, _ in source.named_children()]}') from None
        setattr(target.get_submodule(parent), child, part)
