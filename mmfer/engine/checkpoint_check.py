# Copyright (c) mmfer contributors.
"""How a checkpoint fits a model and a dataset."""
import re
from contextlib import contextmanager
from typing import (Any, Dict, Iterator, List, NamedTuple, Optional, Sequence,
                    Tuple)

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
