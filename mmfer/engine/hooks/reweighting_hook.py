# Copyright (c) mmfer contributors.
from mmengine.hooks import Hook
from mmengine.runner import IterBasedTrainLoop, Runner

from mmfer.models.losses import BaseReweightedLoss
from mmfer.registry import HOOKS
from ..model_parts import parts_of


def phased_ramp(epoch: int, max_epochs: int, begin: float, end: float,
                power: float) -> float:
    """From 0 up to the part ``begin`` of all epochs to 1 from ``end`` on.

    Between them the part of the way to the power of ``power``; where both
    are equal, a step.

    Args:
        epoch (int): Epochs that are over.
        max_epochs (int): All epochs.
        begin (float): In [0, 1].
        end (float): In [0, 1].
        power (float): Above 0.
    """
    first, last = begin * max_epochs, end * max_epochs
    if epoch >= last:
        return 1.
    if epoch <= first:
        return 0.
    return ((epoch - first) / (last - first))**power


@HOOKS.register_module()
class ReweightingHook(Hook):
    """Let losses turn to rare classes in the course of training.

    At the start of every epoch each
    :class:`~mmfer.models.losses.BaseReweightedLoss` of the model gets the
    value of :func:`phased_ramp` as exponent of its class weights. The
    defaults are the phased progressive weighting of `Phased Progressive
    Learning <https://arxiv.org/abs/2205.12117>`_; ``begin=end`` is the
    deferred re-weighting of `LDAM <https://arxiv.org/abs/1906.07413>`_, and
    ``begin=end=0`` weighs from the start. A resumed run goes on with the
    right value.

    Args:
        begin (float): Part of all epochs, in [0, 1]. Defaults to 0.5.
        end (float): Part of all epochs, in [begin, 1]. Defaults to 0.8.
        power (float): Above 0. Defaults to 5.

    Raises:
        ValueError: If a number is out of range, the model has no such loss,
            or the run has no epochs.
    """

    def __init__(self,
                 begin: float = 0.5,
                 end: float = 0.8,
                 power: float = 5.) -> None:
        if not 0 <= begin <= end <= 1:
            raise ValueError('0 <= begin <= end <= 1 must hold, got '
                             f'{begin} and {end}')
        if power <= 0:
            raise ValueError(f'power must be positive, got {power}')
        self.begin, self.end, self.power = begin, end, power

    def before_train(self, runner: Runner) -> None:
        """Check that the run has what is asked for."""
        if isinstance(runner._train_loop, IterBasedTrainLoop):
            raise ValueError(
                'weights change from epoch to epoch, and the run has none. '
                'Remedy: set train_cfg=dict(by_epoch=True, ...)')
        if not parts_of(runner.model, BaseReweightedLoss):
            raise ValueError(
                'ReweightingHook found no loss with class weights in the '
                "model. Remedy: head=dict(loss=dict(type='LDAMLoss', "
                'counts=[...])), or remove the hook')

    def before_train_epoch(self, runner: Runner) -> None:
        """Set the weights of this epoch."""
        value = phased_ramp(runner.epoch, runner.max_epochs, self.begin,
                            self.end, self.power)
        for loss in parts_of(runner.model, BaseReweightedLoss):
            loss.set_exponent(value)
        runner.message_hub.update_scalar('train/reweighting', value)
