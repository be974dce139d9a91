# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Mapping

import numpy as np
import torch

from mmfer.errors import ConfigError, ConfigTypeError
from .formats import FORMATS

_WRAPPERS = ('state_dict', 'model_state_dict')


def convert_state_dict(format: str,
                       state_dict: Mapping[str, Any]
                       ) -> Dict[str, torch.Tensor]:
    """Weights of a released file under the names of this project.

    Whole methods are named as their :class:`FERClassifier` (``backbone.``,
    ``neck.``, ``head.``), backbones without a prefix.

    Args:
        format (str): One of ``mmfer.apis.converters.FORMATS``.
        state_dict (Mapping): What the file holds: the weights, or a
            checkpoint that wraps them (``state_dict``,
            ``model_state_dict``). A ``module.`` before every key is taken
            off.

    Returns:
        dict[str, Tensor]: For ``load_state_dict``. The step counters of
        batch normalisation that old files lack are 0.

    Raises:
        ValueError: If the format is unknown, or keys are missing or unknown;
            the message lists them.
        TypeError: If a value is no tensor or array.
    """
    if format not in FORMATS:
        raise ConfigError(f'unknown format {format!r}',
                          hint=f'use one of {", ".join(FORMATS)}')
    state = unwrap(state_dict)
    kind = FORMATS[format]
    converted = rename(state, kind.keys(state), format)
    return kind.join(converted) if kind.join else converted


def unwrap(checkpoint: Mapping[str, Any]) -> Dict[str, Any]:
    """The weights in a checkpoint, without ``module.`` before the keys.

    A classifier that is saved beside the model as ``fc_state_dict`` joins it
    under the prefix ``fc.``.
    """
    if not isinstance(checkpoint, Mapping):
        raise ConfigTypeError('a released file holds a dict of weights, got '
                              f'{type(checkpoint).__name__}',
                              hint='name the file of the weights')
    state = checkpoint
    for name in _WRAPPERS:
        if isinstance(checkpoint.get(name), Mapping):
            state = checkpoint[name]
            break
    state = _without_module(state)
    if isinstance(checkpoint.get('fc_state_dict'), Mapping):
        classifier = _without_module(checkpoint['fc_state_dict'])
        state.update({f'fc.{key}': v for key, v in classifier.items()})
    return state


def rename(state: Mapping[str, Any], keys: Mapping[str, Any],
           format: str) -> Dict[str, torch.Tensor]:
    """Rename by a map; see :func:`convert_state_dict`."""
    counters = [k for k in keys if k.endswith('.num_batches_tracked')]
    missing = [k for k in keys if k not in state and k not in counters]
    unknown = [k for k in state if k not in keys]
    if missing or unknown:
        parts = [f'the file is not of the format {format!r}']
        for kind, names in (('missing', missing), ('unknown', unknown)):
            if names:
                parts.append(f'{len(names)} {kind}: {_listed(names)}')
        raise ConfigError('; '.join(parts),
                          hint='choose the format of the file, see --help of '
                          'the converter')
    converted = {}
    for source, target in keys.items():
        if target is None:
            continue
        value = state.get(source, torch.tensor(0))
        if isinstance(value, np.ndarray) and value.dtype.kind in 'fiu':
            value = torch.from_numpy(value.copy())
        if not isinstance(value, torch.Tensor):
            raise ConfigTypeError(f'{source} is no tensor or array of '
                                  f'numbers but {type(value).__name__}',
                                  hint='name the file of the weights')
        converted[target] = value.detach().clone()
    return converted


def _without_module(state: Mapping[str, Any]) -> Dict[str, Any]:
    wrapped = all(str(key).startswith('module.') for key in state)
    return {
        str(key).removeprefix('module.') if wrapped else key: value
        for key, value in state.items()
    }


def _listed(names: List[str], most: int = 20) -> str:
    text = ', '.join(str(name) for name in names[:most])
    more = len(names) - most
    return f'{text} and {more} more' if more > 0 else text
