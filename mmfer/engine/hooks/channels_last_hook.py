# Copyright (c) mmfer contributors.
import torch
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner

from mmfer.registry import HOOKS
from ..checkpoint_check import is_sharded
from ..model_parts import to_channels_last


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Keep convolution weights, and with them all maps, channels-last.

    A convolution whose weight is channels-last gives a channels-last map, so
    the input needs no conversion. Weights without four dimensions, such as
    those of transformers, stay as they are. Checkpoints do not change; a run
    may be resumed in the other layout. Weights that FSDP has sharded are flat
    and are left alone.

    Args:
        enabled (bool): Whether to convert; False to compare the two by one
            option. Defaults to True.
    """

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled

    def before_train(self, runner: Runner) -> None:
        """Convert the weights and the state of a resumed optimiser.

        Random weights have been drawn by then, so they are the same in any
        layout.
        """
        self._convert(runner)
        if not is_sharded(runner.model):
            _lay_out_state(runner)

    def before_val(self, runner: Runner) -> None:
        """Convert the weights."""
        self._convert(runner)

    def before_test(self, runner: Runner) -> None:
        """Convert the weights."""
        self._convert(runner)

    def _convert(self, runner: Runner) -> None:
        if self.enabled and not is_sharded(runner.model):
            to_channels_last(runner.model)


def _lay_out_state(runner: Runner) -> None:
    """Give the state of an optimiser the layout of its weights.

    Fused optimisers take it for granted, and on the CPU compute nonsense
    without a word where it is not so.
    """
    wrapper = runner.optim_wrapper
    several = isinstance(wrapper, OptimWrapperDict)
    for part in wrapper.values() if several else [wrapper]:
        for weight, state in part.optimizer.state.items():
            for name, value in state.items():
                if torch.is_tensor(value) and value.shape == weight.shape:
                    state[name] = torch.empty_like(
                        weight, dtype=value.dtype).copy_(value)
