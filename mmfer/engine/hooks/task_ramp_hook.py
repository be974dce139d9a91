# Copyright (c) mmfer contributors.
import math
from typing import Dict

from mmengine.hooks import Hook
from mmengine.runner import IterBasedTrainLoop, Runner

from mmfer.models.heads import MultiTaskFERHead
from mmfer.registry import HOOKS
from ..model_parts import parts_of


def gaussian_ramp(epoch: int, length: int) -> float:
    r""":math:`\exp(-5 (1 - \min(e, a) / a)^2)`, from 0.0067 up to 1.

    The ramp of `Dive into Ambiguity <https://arxiv.org/abs/2104.00232>`_.

    Args:
        epoch (int): Epochs e that are over.
        length (int): The epochs a that the ramp takes.
    """
    return math.exp(-5 * (1 - min(epoch, length) / length)**2)


@HOOKS.register_module()
class TaskRampHook(Hook):
    """Let tasks of a :class:`MultiTaskFERHead` gain weight slowly.

    At the start of every epoch each named task gets the value of
    :func:`gaussian_ramp`. It depends on the number of the epoch alone, so
    that a resumed run goes on with the right one.

    Args:
        ramps (Dict[str, int]): Task -> epochs until its full weight, as
            ``dict(au=6, va=6)``.

    Raises:
        ValueError: If a length is not positive, the model does not have just
            one such head, the head has no such task, or the run has no
            epochs.
    """

    def __init__(self, ramps: Dict[str, int]) -> None:
        for task, length in ramps.items():
            if length <= 0:
                raise ValueError('a ramp must take at least one epoch, got '
                                 f'{task!r}: {length}')
        self.ramps = ramps

    def before_train(self, runner: Runner) -> None:
        """Check that the run has what is asked for."""
        if isinstance(runner._train_loop, IterBasedTrainLoop):
            raise ValueError(
                'a ramp changes from epoch to epoch, and the run has none. '
                'Remedy: set train_cfg=dict(by_epoch=True, ...)')
        unknown = sorted(set(self.ramps) - set(self._head(runner).tasks))
        if unknown:
            raise ValueError(
                f'TaskRampHook names the tasks {unknown}, the head has '
                f'{self._head(runner).tasks}')

    def before_train_epoch(self, runner: Runner) -> None:
        """Set the ramps of this epoch."""
        head = self._head(runner)
        for task, length in self.ramps.items():
            value = gaussian_ramp(runner.epoch, length)
            head.set_ramp(task, value)
            runner.message_hub.update_scalar(f'train/ramp_{task}', value)

    @staticmethod
    def _head(runner: Runner) -> MultiTaskFERHead:
        heads = parts_of(runner.model, MultiTaskFERHead)
        if len(heads) != 1:
            raise ValueError(
                f'TaskRampHook found {len(heads)} heads of several tasks in '
                'the model. Remedy: use one MultiTaskFERHead, or remove the '
                'hook')
        return heads[0]
