# Copyright (c) mmfer contributors.
"""How a checkpoint fits a model and a dataset."""
import re
from contextlib import contextmanager
from itertools import chain
from typing import (Any, Dict, Iterator, List, NamedTuple, Optional, Sequence,
                    Tuple)

import torch
import torch.nn as nn
from torch.distributed.fsdp import FullyShardedDataParallel

from mmfer.structures import canonical_expression
from .model_parts import bare_model


class WeightReport(NamedTuple):
    """What does not fit when weights are loaded.

    Args:
        missing (list[str]): Keys that the model has and the weights lack.
        unexpected (list[str]): Keys that only the weights have.
        reshaped (dict): Key -> shape in the weights, shape in the model.
        loaded (int): Number of keys that fit.
    """
    missing: List[str]
    unexpected: List[str]
    reshaped: Dict[str, Tuple[tuple, tuple]]
    loaded: int

    def lines(self, most: int = 3) -> str:
        """The misfits as text, at most ``most`` keys of each kind."""
        parts = [
            f'{key}: {old} in the checkpoint, {new} in the model'
            for key, (old, new) in list(self.reshaped.items())[:most]
        ]
        for kind, keys in (('missing in the checkpoint', self.missing),
                           ('unknown to the model', self.unexpected)):
            if keys:
                more = len(keys) - most
                parts.append(f'{kind}: ' + ', '.join(keys[:most]) +
                             (f' and {more} more' if more > 0 else ''))
        return '; '.join(parts)


def is_sharded(model: nn.Module) -> bool:
    """Whether FSDP has divided the weights among the processes."""
    return any(
        isinstance(part, FullyShardedDataParallel) for part in model.modules())


@contextmanager
def whole_weights(model: nn.Module) -> Iterator[None]:
    """A context in which sharded weights are whole and may be changed.

    All processes must enter it, and change the weights alike.
    """
    if is_sharded(model):
        with FullyShardedDataParallel.summon_full_params(model):
            yield
    else:
        yield


def try_weights(model: nn.Module, checkpoint: Dict[str, Any]) -> WeightReport:
    """Load weights as far as they fit, and tell what does not.

    The model loads them itself, so that layers which adapt weights while
    loading (position embeddings of another size) count as fitting.

    Args:
        model (nn.Module): The model; what fits is loaded into it.
        checkpoint (dict): A checkpoint, or a bare state dict.

    Raises:
        RuntimeError: If the weights cannot be loaded for another reason than
            missing, unknown or differently shaped keys.
    """
    with whole_weights(model):
        return _try_weights(bare_model(model), checkpoint)


def _try_weights(model: nn.Module,
                 checkpoint: Dict[str, Any]) -> WeightReport:
    state = {
        re.sub(r'^module\.', '', key): value
        for key, value in checkpoint.get('state_dict', checkpoint).items()
    }
    own, reshaped = model.state_dict(), {}
    while True:
        try:
            result = model.load_state_dict(state, strict=False)
            break
        except RuntimeError as error:
            keys = re.findall(r'size mismatch for ([^\s:]+)', str(error))
            if not any(key in state for key in keys):
                raise
            for key in keys:
                reshaped[key] = (tuple(state.pop(key).shape),
                                 tuple(own[key].shape))
    missing = [
        key for key in result.missing_keys
        if key not in reshaped and not key.endswith('num_batches_tracked')
    ]
    loaded = len(state) - len(result.unexpected_keys)
    return WeightReport(missing, list(result.unexpected_keys), reshaped,
                        loaded)


def non_finite_weights(model: nn.Module,
                       state: Optional[Dict[str, Any]] = None) -> List[str]:
    """Return the names of weights and buffers that are NaN or infinite.

    Buffers that are not part of checkpoints do not count, nor those in which
    NaN means unknown; a module names the latter in ``nan_is_unknown``.

    Args:
        model (nn.Module): The model; a sharded one has the shard of this
            process.
        state (dict, optional): A state dict of the model. Defaults to None,
            what the model holds.
    """
    model = bare_model(model)
    ignored = {
        f'{path}.{name}'.lstrip('.')
        for path, module in model.named_modules()
        for name in (*getattr(module, 'nan_is_unknown', ()),
                     *module._non_persistent_buffers_set)
    }
    if state is None:
        state = dict(chain(model.named_parameters(), model.named_buffers()))
    floats = {
        name: value for name, value in state.items()
        if isinstance(value, torch.Tensor) and value.is_floating_point()
        and re.sub(r'^module\.', '', name) not in ignored
    }
    if not floats:
        return []
    device = next(iter(floats.values())).device
    finite = torch.stack(
        [value.isfinite().all().to(device) for value in floats.values()])
    return [name for name, good in zip(floats, finite.tolist()) if not good]


def checkpoint_classes(checkpoint: Dict[str, Any]) -> Optional[List[str]]:
    """The class names that a checkpoint was trained on, in its order.

    Returns:
        list[str] or None: Canonical names, or None where it does not tell.
    """
    meta = (checkpoint.get('meta') or {}).get('dataset_meta') or {}
    classes = meta.get('classes', meta.get('CLASSES'))
    return canonical_classes(classes)


def canonical_classes(classes: Optional[Sequence[str]]
                      ) -> Optional[List[str]]:
    """Canonical spellings, or None for no classes or nameless ones."""
    if not classes or not all(isinstance(c, str) for c in classes):
        return None
    return [canonical_expression(c) for c in classes]
