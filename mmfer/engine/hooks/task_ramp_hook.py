# Copyright (c) mmfer contributors.
from typing import Dict

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.errors import ConfigError
from mmfer.models.heads import MultiTaskFERHead
from mmfer.registry import HOOKS
from ..epoch_check import require_epochs
from ..gaussian_ramp import GaussianRamp
from ..model_parts import parts_of


@HOOKS.register_module()
class TaskRampHook(Hook):
    """Let tasks of a :class:`MultiTaskFERHead` gain weight slowly.

    At the start of every epoch each named task gets the value of a
    :class:`~mmfer.engine.gaussian_ramp.GaussianRamp`. It depends on the
    number of the epoch alone, so that a resumed run goes on with the right
    one.

    Args:
        ramps (Dict[str, int]): Task -> epochs until its full weight, as
            ``dict(au=6, va=6)``.

    Raises:
        ValueError: If a length is not positive, the model does not have just
            one such head, the head has no such task, or the run has no
            epochs.
    """

    def __init__(self, ramps: Dict[str, int]) -> None:
        self.ramps = {
            task: GaussianRamp(length)
            for task, length in ramps.items()
        }

    def before_train(self, runner: Runner) -> None:
        """Check that the run has what is asked for."""
        require_epochs(runner, 'a ramp changes')
        unknown = sorted(set(self.ramps) - set(self._head(runner).tasks))
        if unknown:
            raise ValueError(
                f'TaskRampHook names the tasks {unknown}, the head has '
                f'{self._head(runner).tasks}')

    def before_train_epoch(self, runner: Runner) -> None:
        """Set the ramps of this epoch."""
        head = self._head(runner)
        for task, ramp in self.ramps.items():
            value = ramp(runner.epoch)
            head.set_ramp(task, value)
            runner.message_hub.update_scalar(f'train/ramp_{task}', value)

    @staticmethod
    def _head(runner: Runner) -> MultiTaskFERHead:
        heads = parts_of(runner.model, MultiTaskFERHead)
        if len(heads) != 1:
            raise ConfigError(f'TaskRampHook found {len(heads)} heads of '
                              'several tasks in the model',
                              hint='use one MultiTaskFERHead, or remove the '
                              'hook')
        return heads[0]
