# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.datasets.samplers import PhasedSampler
from mmfer.errors import ConfigError
from mmfer.models.augments import BatchRemix
from mmfer.models.losses import BaseReweightedLoss
from mmfer.registry import HOOKS
from ..epoch_check import require_epochs
from ..model_parts import augments_of, parts_of
from ..phased_ramp import PhasedRamp

# What belongs into the config where a part is missing.
_HINTS = dict(
    weighting="head=dict(loss=dict(type='FocalCrossEntropyLoss')) or another "
    'loss with class weights',
    sampling="train_dataloader=dict(sampler=dict(type='PhasedSampler'))",
    mixing="data_preprocessor=dict(augments=[..., dict(type='BatchRemix', "
    'alpha=1.)])')


@HOOKS.register_module()
class PhaseHook(Hook):
    """Let a run turn from the common classes to all alike.

    The phases of `Phased Progressive Learning
    <https://arxiv.org/abs/2205.12117>`_: representations are learnt on the
    classes as they come, then rare ones gain weight. At the start of every
    epoch a value from 0 to 1, given by a
    :class:`~mmfer.engine.phased_ramp.PhasedRamp`, goes to

    - ``weighting``: the class weights of each
      :class:`~mmfer.models.losses.BaseReweightedLoss`;
    - ``sampling``: the :class:`~mmfer.datasets.samplers.PhasedSampler`;
    - ``mixing``: the labels of :class:`~mmfer.models.augments.BatchRemix`.

    ``dict(begin=0.8, end=0.8)`` is a step, for weighting the deferred
    re-weighting of `LDAM <https://arxiv.org/abs/1906.07413>`_;
    ``dict(begin=0., end=0.)`` is 1 from the start. The value follows from the
    number of the epoch, so that a resumed run goes on with the right one. It
    is logged as ``train/phase_...``.

    Args:
        weighting (dict, optional): Arguments of the ramp. The authors'
            values are the defaults, ``dict()``. Defaults to None, the part
            stays as it is built.
        sampling (dict, optional): The same; the authors'
            ``dict(begin=0.15)``. Defaults to None.
        mixing (dict, optional): The same; the authors' ``dict(power=3.)``,
            for ImageNet and iNaturalist ``dict()``. Defaults to None.

    Raises:
        ValueError: If there is no phase, a number is out of range, a part is
            missing or does not know the counts of the classes, or the run
            has no epochs.
    """

    def __init__(self,
                 weighting: Optional[dict] = None,
                 sampling: Optional[dict] = None,
                 mixing: Optional[dict] = None) -> None:
        phases = dict(weighting=weighting, sampling=sampling, mixing=mixing)
        self.ramps: Dict[str, PhasedRamp] = {
            name: PhasedRamp(**ramp)
            for name, ramp in phases.items() if ramp is not None
        }
        if not self.ramps:
            raise ConfigError('PhaseHook has no phase',
                              hint='give it weighting, sampling or mixing, '
                              'or remove it')

    def before_train(self, runner: Runner) -> None:
        """Check that the run has what is asked for."""
        require_epochs(runner, 'phases change')
        for name in self.ramps:
            if not self._parts(runner, name):
                raise ConfigError(
                    f'PhaseHook has nothing to change for {name!r}',
                    hint=f'{_HINTS[name]}; or leave out {name}')

    def before_train_epoch(self, runner: Runner) -> None:
        """Set the values of this epoch."""
        for name, ramp in self.ramps.items():
            value = ramp(runner.epoch, runner.max_epochs)
            for part in self._parts(runner, name):
                self._check_counts(part, name)
                part.set_phase(value)
            runner.message_hub.update_scalar(f'train/phase_{name}', value)

    @staticmethod
    def _check_counts(part: Any, name: str) -> None:
        """Refuse a part that no phase would change."""
        counts = getattr(part, 'counts', None)
        if counts is not None and not len(counts):
            raise ConfigError(f'{type(part).__name__} does not know how many '
                              'samples the classes have, so that the phase '
                              f'of {name!r} would change nothing',
                              hint="add dict(type='ClassCountHook') to "
                              'custom_hooks, or counts=[...] to the part')

    @staticmethod
    def _parts(runner: Runner, name: str) -> List[Any]:
        """What follows a phase."""
        if name == 'weighting':
            return parts_of(runner.model, BaseReweightedLoss)
        if name == 'mixing':
            return augments_of(runner.model, BatchRemix)
        sampler = runner.train_dataloader.sampler
        return [sampler] if isinstance(sampler, PhasedSampler) else []
