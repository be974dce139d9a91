# Copyright (c) mmfer contributors.
from contextlib import contextmanager
from typing import Any, Iterator

import torch
from mmengine.optim import OptimWrapper
from torch import nn

from mmfer.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """Training in bfloat16 autocast on any device, the CPU included.

    MMEngine's ``AmpOptimWrapper`` refuses the CPU. bfloat16 has the range of
    float32, so no loss scaling is needed; weights, gradients and optimiser
    state stay float32.

    Args:
        enabled (bool): Whether to autocast; False gives plain float32, to
            compare the two by one option. Defaults to True.
        **kwargs: See ``mmengine.optim.OptimWrapper``.
    """

    def __init__(self, enabled: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.enabled = enabled

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the forward pass and the losses under autocast."""
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(
                device, torch.bfloat16, enabled=self.enabled):
            yield
