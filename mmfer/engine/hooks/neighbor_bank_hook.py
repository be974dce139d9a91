# Copyright (c) mmfer contributors.
import os.path as osp
from typing import List, Optional

import torch
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner

from mmfer.datasets.neighbors import (NeighborIndex, check_training_set,
                                      fingerprint, load_index)
from mmfer.datasets.unwrap import leaf_datasets
from mmfer.errors import ConfigError, MissingFileError
from mmfer.models.banks import NeighborBank, SharedRows
from mmfer.registry import HOOKS
from ..bank_check import check_bank_run
from ..model_parts import parts_of


@HOOKS.register_module()
class NeighborBankHook(Hook):
    """Keep the model's neighbour bank, and free numbers of samples.

    Before training it gives the bank its size and the index of neighbours, or
    compares that of a resumed run with the one before. At the end of each
    epoch it makes what the processes remember the same on all of them. What
    is known of the bank goes to the message hub as ``neighbor_bank/...``.

    Args:
        file (str): The index, made by
            ``tools/dataset_tools/build_neighbors.py``.
        space (str): The space of the index, see that tool. Defaults to
            ``'au_lm'``.
        start_epoch (int): The first epoch, from 1, in which neighbours count.
            Defaults to 4, our choice.

    Raises:
        FileNotFoundError: If there is no index, with the line that makes it.
        AnnotationError: If the index was made for another training set.
        ValueError: If the model does not have just one bank, the index or the
            run does not fit it, or ``start_epoch`` is not positive.
    """

    # As LabelCorrectionHook: before EMAHook and CheckpointHook.
    priority = 'HIGH'

    def __init__(self,
                 file: str,
                 space: str = 'au_lm',
                 start_epoch: int = 4) -> None:
        if start_epoch < 1:
            raise ValueError('start_epoch must be at least 1, got '
                             f'{start_epoch}')
        self.file, self.space = osp.expanduser(file), space
        self.start_epoch = start_epoch
        self._index: Optional[NeighborIndex] = None

    @staticmethod
    def _memories(runner: Runner) -> List[SharedRows]:
        """All that is known about samples, the bank first."""
        rows = parts_of(runner.model, SharedRows)
        banks = [m for m in rows if isinstance(m, NeighborBank)]
        if len(banks) != 1:
            raise ConfigError(f'NeighborBankHook found {len(banks)} '
                              'neighbour banks in the model',
                              hint='take a head with '
                              "bank=dict(type='NeighborBank'), or remove "
                              'the hook')
        return banks + [m for m in rows if m is not banks[0]]

    def before_run(self, runner: Runner) -> None:
        """Give the bank its size, before a checkpoint is loaded."""
        if not isinstance(runner._train_loop, BaseLoop):
            return
        memories = self._memories(runner)
        check_bank_run(runner, 'neighbour bank')
        self._index = self._read(runner)
        number = sum(
            map(len, leaf_datasets(runner.train_dataloader.dataset)))
        for rows in memories:
            rows.initialise(number)

    def _read(self, runner: Runner) -> NeighborIndex:
        config = runner.cfg.filename or 'CONFIG'
        line = ('python tools/dataset_tools/build_neighbors.py '
                f'{config} --space {self.space} --out {self.file}')
        if not osp.isfile(self.file):
            raise MissingFileError(f'{self.file}: no index of neighbours',
                                   hint=f'type {line}')
        index = load_index(self.file)
        space = index.info.get('space')
        if space != self.space:
            raise ConfigError(f'{self.file}: the index was built in the '
                              f'space {space!r}, the hook wants '
                              f'{self.space!r}',
                              hint=f'type {line}, or set space={space!r} in '
                              'NeighborBankHook')
        return index

    def before_train(self, runner: Runner) -> None:
        """Start anew, or check that the index is still the same."""
        memories = self._memories(runner)
        bank, index = memories[0], self._index
        check_training_set(index, runner.train_dataloader.dataset, self.file)
        own = torch.from_numpy(fingerprint(index).copy())
        if runner.iter == 0:
            for rows in memories:
                rows.initialise(bank.size)
        elif not all(rows.restored for rows in memories):
            raise ConfigError(
                'the checkpoint to resume from holds no neighbour bank for '
                f'the {bank.size} samples of the training set',
                hint='resume with the config of the interrupted run')
        elif not torch.equal(bank.fingerprint.cpu(), own):
            raise ConfigError(f'{self.file} is not the index of neighbours '
                              'with which the run began',
                              hint='go on with that of the interrupted run')
        bank.set_neighbors(
            torch.from_numpy(index.indices), torch.from_numpy(index.weights),
            own)
        told = {k: v for k, v in index.info.items() if k != 'dataset'}
        runner.logger.info(f'neighbour bank: {self.file}, {told}')

    def before_train_epoch(self, runner: Runner) -> None:
        """Let neighbours count, or not yet."""
        self._memories(runner)[0].active = (
            runner.epoch + 1 >= self.start_epoch)

    def after_train_epoch(self, runner: Runner) -> None:
        """Bring all processes together, and tell what is known."""
        memories = self._memories(runner)
        for rows in memories:
            rows.merge()
        bank = memories[0]
        known = bank.known[:-1]
        evidence = (bank.evidence[:-1] * known).sum() / known.sum().clamp(
            min=1)
        values = {
            'neighbor_bank/known': float(known.mean()),
            'neighbor_bank/evidence': float(evidence)
        }
        runner.message_hub.update_scalars(values)
        runner.logger.info(
            f'neighbour bank, epoch {runner.epoch + 1}: '
            f'{100 * values["neighbor_bank/known"]:.1f} % of {bank.size} '
            'samples remembered, mean evidence '
            f'{values["neighbor_bank/evidence"]:.3f}')
