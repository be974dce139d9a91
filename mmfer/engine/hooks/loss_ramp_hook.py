# Copyright (c) mmfer contributors.
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.errors import ConfigError
from mmfer.models.losses import BaseRampedLoss
from mmfer.registry import HOOKS
from ..epoch_check import require_epochs
from ..gaussian_ramp import GaussianRamp
from ..model_parts import parts_of


@HOOKS.register_module()
class LossRampHook(Hook):
    """Let losses gain their weight slowly.

    At the start of every epoch each
    :class:`~mmfer.models.losses.BaseRampedLoss` of the model gets the value
    of a :class:`~mmfer.engine.gaussian_ramp.GaussianRamp`. A resumed run goes
    on with the right one.

    Args:
        length (int): Epochs until the full weight, above 0. Defaults to 5.

    Raises:
        ValueError: If the length is not positive, the model has no such loss,
            or the run has no epochs.
    """

    def __init__(self, length: int = 5) -> None:
        self.ramp = GaussianRamp(length)

    def before_train(self, runner: Runner) -> None:
        """Check that the run has what is asked for."""
        require_epochs(runner, 'a ramp changes')
        if not parts_of(runner.model, BaseRampedLoss):
            raise ConfigError(
                'LossRampHook found no loss with a ramp in the model',
                hint="add one, as dict(type='AttentionConsistencyLoss'), or "
                'remove the hook')

    def before_train_epoch(self, runner: Runner) -> None:
        """Set the ramp of this epoch."""
        value = self.ramp(runner.epoch)
        for loss in parts_of(runner.model, BaseRampedLoss):
            loss.set_ramp(value)
        runner.message_hub.update_scalar('train/loss_ramp', value)
