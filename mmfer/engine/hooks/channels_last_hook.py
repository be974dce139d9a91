# Copyright (c) mmfer contributors.
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Keep convolution weights, and with them all maps, channels-last.

    A convolution whose weight is channels-last gives a channels-last map, so
    the input needs no conversion. Checkpoints do not change.
    """

    def before_run(self, runner: Runner) -> None:
        """Convert the weights of the model."""
        runner.model.to(memory_format=torch.channels_last)
