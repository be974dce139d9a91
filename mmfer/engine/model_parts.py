# Copyright (c) mmfer contributors.
"""The parts of the model of a run."""
from typing import Any, List, Type, TypeVar

import torch
from mmengine.model import BaseTTAModel, is_model_wrapper
from torch import nn

PART = TypeVar('PART', bound=nn.Module)


def bare_model(model: nn.Module) -> nn.Module:
    """The model without distributed or test-time-augmentation wrapper."""
    while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
        model = model.module
    return model


def parts_of(model: nn.Module, kind: Type[PART]) -> List[PART]:
    """All parts of one kind, in the order of the model."""
    return [m for m in bare_model(model).modules() if isinstance(m, kind)]


def augments_of(model: nn.Module, kind: Type[Any]) -> List[Any]:
    """All batch augments of one kind in the data preprocessor of a model."""
    augments = getattr(
        bare_model(model).data_preprocessor, 'augments', None)
    return [a for a in getattr(augments, 'augments', ())
            if isinstance(a, kind)]


def to_channels_last(model: nn.Module) -> None:
    """Lay convolution weights over pictures channels-last, in place.

    Those over clips, of five dimensions, stay as they are; ``Module.to``
    refuses them.
    """
    for weight in model.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.to(memory_format=torch.channels_last)
