# Copyright (c) mmfer contributors.
import torch
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner

from mmfer.registry import HOOKS
from ..checkpoint_check import is_sharded


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

    def before_run(self, runner: Runner) -> None:
        """Convert the weights of the model."""
        if self.enabled and not is_sharded(runner.model):
            runner.model.to(memory_format=torch.channels_last)

    def before_train(self, runner: Runner) -> None:
        """Give a resumed optimiser's state the layout of its weights.

        Fused optimisers take it for granted, and on the CPU compute nonsense
        without a word where it is not so.
        """
        if is_sharded(runner.model):
            return
        wrapper = runner.optim_wrapper
        several = isinstance(wrapper, OptimWrapperDict)
        for part in wrapper.values() if several else [wrapper]:
            for weight, state in part.optimizer.state.items():
                for name, value in state.items():
                    if torch.is_tensor(value) and \
                            value.shape == weight.shape:
                        state[name] = torch.empty_like(
                            weight, dtype=value.dtype).copy_(value)
