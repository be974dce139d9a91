# Copyright (c) mmfer contributors.
from typing import Any, List, Optional, Sequence

import numpy as np
import torch
from mmengine.dist import all_gather_object, all_reduce, get_world_size
from mmengine.hooks import Hook, LoggerHook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement

from mmfer.errors import CheckpointError, NonFiniteError
from mmfer.evaluation.finite_predictions import require_finite
from mmfer.registry import HOOKS
from ..checkpoint_check import non_finite_weights

# Steps in a row with a non-finite loss after which a loss scaler, which skips
# them, cannot be expected to recover; our choice.
_PATIENCE = 20
_HINT = ('start again with a lower learning rate, with clipped gradients '
         '(--cfg-options optim_wrapper.clip_grad.max_norm=5) or, after '
         'training in float16, in bfloat16 or float32; '
         'load_from=CHECKPOINT starts from the last finite weights')


@HOOKS.register_module()
class FiniteCheckHook(Hook):
    """Stop a run whose numbers are NaN or infinite.

    - Losses: at every logging interval (that of ``LoggerHook``) and before
      each save, those of all steps since the last check. They are read from
      the log, so that no step waits for the device. With a loss scaler,
      which skips steps that overflow, 20 steps in a row must be non-finite.
    - Weights and persistent buffers: before each save, on all processes, so
      that no checkpoint with non-finite weights is written, none that is kept
      is removed for it, and all processes stop. Buffers in which NaN means
      unknown, named by ``nan_is_unknown`` of their module, do not count.
    - Checkpoints that are loaded, for resuming, testing or as ``load_from``.
    - Predictions (``pred_...``) in validation and test.

    Raises:
        NonFiniteError: With iteration, losses or weights, and learning rate;
            on all processes. In validation and test with the image.
        CheckpointError: If a checkpoint holds non-finite weights.
    """

    # After LoggerHook, whose line shows the losses, before CheckpointHook.
    priority = 'BELOW_NORMAL'

    def __init__(self) -> None:
        self._steps = 0  # since the last check
        self._iteration = 0
        self._interval = 1

    def before_train(self, runner: Runner) -> None:
        """Take the logging interval."""
        self._interval = next(
            (hook.interval for hook in runner.hooks
             if isinstance(hook, LoggerHook)), 1)

    def after_train_iter(self, runner: Runner, batch_idx: int,
                         data_batch: Any = None,
                         outputs: Optional[dict] = None) -> None:
        """Check the losses at every logging interval and after the last
        step."""
        self._steps += 1
        self._iteration = runner.iter + 1
        if self.every_n_inner_iters(batch_idx, self._interval) or \
                self.is_last_train_iter(runner):
            self._stop_if(runner, self._bad_losses(runner))

    def before_checkpoint(self, runner: Runner) -> None:
        """Check losses and weights before anything is saved."""
        self._stop_if(runner, self._bad_losses(runner) or
                      self._bad_weights(runner))

    def before_save_checkpoint(self, runner: Runner,
                               checkpoint: dict) -> None:
        """Check what is written, also where no hook asks for it."""
        self._refuse(runner, checkpoint, NonFiniteError, 'nothing was saved',
                     _HINT)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check what is loaded."""
        self._refuse(
            runner, checkpoint, CheckpointError,
            f'{runner._load_from or "the checkpoint"} cannot be used',
            'take an earlier checkpoint; this training has diverged')

    def after_val_iter(self, runner: Runner, batch_idx: int,
                       data_batch: Any = None,
                       outputs: Optional[Sequence] = None) -> None:
        """Check predictions in validation."""
        self._check_predictions(outputs)

    def after_test_iter(self, runner: Runner, batch_idx: int,
                        data_batch: Any = None,
                        outputs: Optional[Sequence] = None) -> None:
        """Check predictions in test."""
        self._check_predictions(outputs)

    @staticmethod
    def _check_predictions(outputs: Optional[Sequence]) -> None:
        samples = [s for s in outputs or () if isinstance(s, BaseDataElement)]
        for name in samples[0].keys() if samples else ():
            values = [sample.get(name) for sample in samples]
            if name.startswith('pred_') and all(
                    isinstance(value, torch.Tensor) for value in values):
                # One synchronization for each batch.
                flat = torch.cat([value.flatten() for value in values])
                if not flat.isfinite().all():
                    for sample in samples:
                        require_finite(sample, name)

    def _bad_losses(self, runner: Runner) -> str:
        """Describe the losses that are not finite, '' for none."""
        steps, self._steps = self._steps, 0
        scaled = self._scales_loss(runner)
        bad = {}
        for key, log in runner.message_hub.log_scalars.items():
            if steps and key.startswith('train/') and 'loss' in key:
                values = np.asarray(log.data[0], dtype=float)
                finite = np.isfinite(values)
                recent = finite[-_PATIENCE:]
                if len(recent) == _PATIENCE and not recent.any() or \
                        not scaled and not finite[-steps:].all():
                    bad[key[len('train/'):]] = values[-steps:]
        if not bad:
            return ''
        first = min(np.isfinite(values).argmin() for values in bad.values())
        names = ', '.join(f'{name} is {values[first]:g}'
                          for name, values in bad.items()
                          if not np.isfinite(values[first]))
        return f'at iteration {self._iteration - steps + 1 + first} {names}'

    @staticmethod
    def _scales_loss(runner: Runner) -> bool:
        wrapper = runner.optim_wrapper
        wrappers = wrapper.values() if isinstance(
            wrapper, OptimWrapperDict) else [wrapper]
        scalers = [getattr(each, 'loss_scaler', None) for each in wrappers]
        return any(scaler is not None and scaler.is_enabled()
                   for scaler in scalers)

    def _bad_weights(self, runner: Runner) -> str:
        """Describe the weights that are not finite, '' for none."""
        bad = non_finite_weights(runner.model)
        if not bad:
            return ''
        return (f'after iteration {self._iteration} the weights are not '
                f'finite ({_listed(bad)})')

    @staticmethod
    def _stop_if(runner: Runner, problem: str) -> None:
        """Stop all processes if one has a problem."""
        if get_world_size() > 1:
            wrong = torch.tensor(float(bool(problem)))
            all_reduce(wrong, 'max')
            if wrong:
                problem = next(filter(None, all_gather_object(problem)))
        if not problem:
            return
        rates = ', '.join(dict.fromkeys(
            f'{rate:g}' for name, group in
            runner.optim_wrapper.get_lr().items() for rate in group
            if not name.endswith('base_lr')))
        raise NonFiniteError(
            f'training has diverged: {problem}, learning rate {rates}',
            hint=_HINT)

    @staticmethod
    def _refuse(runner: Runner, checkpoint: dict, kind: type, problem: str,
                hint: str) -> None:
        for key in ('state_dict', 'ema_state_dict'):
            bad = non_finite_weights(runner.model, checkpoint.get(key) or {})
            if bad:
                raise kind(f'{problem}: its weights are not finite '
                           f'({_listed(bad)})', hint=hint)


def _listed(names: List[str], most: int = 3) -> str:
    more = len(names) - most
    return ', '.join(names[:most]) + (f' and {more} more' if more > 0 else '')
