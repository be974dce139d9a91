# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Dict, List, Optional

import numpy as np
from mmengine.dist import is_main_process, master_only
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner

from mmfer.datasets.unwrap import leaf_datasets
from mmfer.errors import ConfigError
from mmfer.models.augments import MixingAugment
from mmfer.models.banks import Corrections, LabelBank
from mmfer.registry import HOOKS
from ..bank_check import check_bank_run
from ..label_corrections import (TrainingLabels, correction_lines,
                                 correction_quality, keep_until)
from ..model_parts import augments_of, bare_model, parts_of


@HOOKS.register_module()
class LabelCorrectionHook(Hook):
    """Keep the model's label bank.

    Before training it gives the bank the labels of the training set, or, in a
    resumed run, compares them with those in the checkpoint. At the end of
    each epoch it applies the corrections that were staged, on all ranks, and
    writes them to ``corrections.jsonl`` in the work directory, a line each:
    epoch (from 1), index, path, given, old and new label, score, margin and,
    where label noise was added on purpose, the clean label. With clean labels
    it also logs precision and recall, see
    :func:`~mmfer.engine.label_corrections.correction_quality`; all numbers go
    to the message hub and the visualizer as ``label_bank/...``, and into the
    metrics of the next evaluation, so that they stand in ``protocol.json``.
    After training it tells how many wrong labels were put right.

    A resumed run drops the lines of epochs after its checkpoint, so none
    stands there twice. ``load_from`` does not carry a bank over.

    Args:
        start_epoch (int): The first epoch, from 1, in which the bank's
            ``correction`` is asked. Defaults to 1.

    Raises:
        ValueError: If the model does not have just one bank, the bank does
            not fit the training set, another part of the run would spoil
            it, or ``start_epoch`` is not positive.
    """

    # After SampleIndexHook, before EMAHook copies the model and before
    # CheckpointHook saves it.
    priority = 'HIGH'

    def __init__(self, start_epoch: int = 1) -> None:
        if start_epoch < 1:
            raise ValueError('start_epoch must be at least 1, got '
                             f'{start_epoch}')
        self.start_epoch = start_epoch
        self._samples: Optional[TrainingLabels] = None
        self._clean: Optional[np.ndarray] = None
        self._figures: Dict[str, float] = {}

    @staticmethod
    def _bank(runner: Runner) -> LabelBank:
        banks = parts_of(runner.model, LabelBank)
        if len(banks) != 1:
            raise ConfigError(f'LabelCorrectionHook found {len(banks)} label '
                              'banks in the model',
                              hint="set label_bank=dict(type='LabelBank', "
                              'num_classes=...) in one place, or remove the '
                              'hook')
        return banks[0]

    def protocol(self, runner: Runner) -> Dict[str, Any]:
        """What the protocol of a training run states of corrections."""
        bank = self._bank(runner)
        return dict(
            label_correction=dict(
                rule=repr(bank.correction),
                start_epoch=self.start_epoch,
                immediate=bank.immediate,
                max_changes=bank.max_changes,
                min_skill=bank.min_skill,
                min_stability=bank.min_stability))

    def before_run(self, runner: Runner) -> None:
        """Give the bank its size, before a checkpoint is loaded."""
        if not isinstance(runner._train_loop, BaseLoop):
            return
        bank = self._bank(runner)
        check_bank_run(runner, 'label bank')
        preprocessor = bare_model(runner.model).data_preprocessor
        mixing = [
            type(augment).__name__
            for augment in augments_of(runner.model, MixingAugment)
        ]
        if getattr(preprocessor, 'batch_augments', None) is not None:
            mixing.append('batch_augments')
        if mixing:
            raise ConfigError('a label bank replaces the labels that '
                              f"{', '.join(mixing)} of the data preprocessor "
                              'mixed',
                              hint='remove one of them')
        leaves = leaf_datasets(runner.train_dataloader.dataset)
        number = sum(len(leaf) for leaf in leaves)
        if bank.size != number:
            bank.initialise(np.zeros(number, dtype=np.int64))

    def before_train(self, runner: Runner) -> None:
        """Start from the training set, or check that it is still the same."""
        bank = self._bank(runner)
        self._samples = TrainingLabels(runner.train_dataloader.dataset)
        self._clean = self._samples.clean()
        if runner.iter == 0:
            bank.initialise(self._samples.given)
        elif not bank.restored:
            raise ConfigError(
                'the checkpoint to resume from holds no label bank for the '
                f'{bank.size} samples of the training set',
                hint='resume with the config of the interrupted run')
        else:
            bank.check(self._samples.given)
            self._figures = runner.message_hub.get_info('label_bank') or {}
        if is_main_process():
            self._carry_on(runner)

    def _carry_on(self, runner: Runner) -> None:
        path = osp.join(runner.work_dir, 'corrections.jsonl')
        source = path
        if not osp.isfile(path) and runner._load_from is not None:
            source = osp.join(osp.dirname(str(runner._load_from)),
                              'corrections.jsonl')
        keep_until(path, runner.epoch, source)

    def before_train_epoch(self, runner: Runner) -> None:
        """Ask for corrections, or not yet."""
        self._bank(runner).correcting = runner.epoch + 1 >= self.start_epoch

    def after_train_epoch(self, runner: Runner) -> None:
        """Apply, write and reckon the corrections."""
        bank = self._bank(runner)
        changes = bank.commit()
        quality = correction_quality(
            changes, bank.label, self._samples.given, self._clean,
            bank.confidence, getattr(bank.correction, 'low_ratio', 0.3))
        if bank.stability is not None:
            quality['stability'] = bank.stability
        changed = int((bank.label != bank.given).sum())
        self._figures = {
            f'label_bank/{k}': v for k, v in dict(
                changes=len(changes.index), dropped=changes.dropped,
                changed=changed, **quality).items()
        }
        # Saved, for an evaluation that is repeated after an interruption.
        runner.message_hub.update_info('label_bank', self._figures)
        self._report(runner, changes)
        runner.logger.info(
            f'label bank, epoch {runner.epoch + 1}: {len(changes.index)} '
            'labels changed' +
            (f', {changes.dropped} held back'
             if changes.dropped else '') +
            f'; {changed} of {bank.size} differ from the given ones' +
            ''.join(self._percent(quality)))

    @master_only
    def _report(self, runner: Runner, changes: Corrections) -> None:
        lines = correction_lines(runner.epoch + 1, changes, self._samples,
                                 self._clean)
        path = osp.join(runner.work_dir, 'corrections.jsonl')
        with open(path, 'a', encoding='utf-8') as file:
            file.writelines(f'{line}\n' for line in lines)
        runner.message_hub.update_scalars(self._figures)
        runner.visualizer.add_scalars(self._figures, step=runner.epoch + 1)

    def after_val_epoch(self, runner: Runner,
                        metrics: Optional[Dict[str, float]] = None) -> None:
        """The state of the labels belongs to the result of an epoch."""
        if metrics is not None:
            metrics.update(self._figures)

    def after_train(self, runner: Runner) -> None:
        """Tell how many wrong labels were put right, if that is known."""
        now = self._bank(runner).label.cpu().numpy()
        known, true = self._clean >= 0, now == self._clean
        wrong = known & (self._samples.given != self._clean)
        if wrong.any():
            runner.logger.info(
                f'label bank: {(wrong & true).sum()} of {wrong.sum()} wrong '
                f'labels were put right, {(known & ~wrong & ~true).sum()} of '
                f'{(known & ~wrong).sum()} true ones spoilt')

    @staticmethod
    def _percent(quality: Dict[str, float]) -> List[str]:
        return [
            f"; {name.replace('_', ' ')} {100 * value:.2f} %"
            for name, value in quality.items()
        ]
