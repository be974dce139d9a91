# Copyright (c) mmfer contributors.
from typing import Dict, List

import torch
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner
from torch.nn.functional import normalize

from mmfer.errors import ConfigError
from mmfer.models.banks import TemplateBank
from mmfer.registry import HOOKS
from ..bank_check import check_bank_run
from ..model_parts import parts_of


@HOOKS.register_module()
class TemplateHook(Hook):
    """Keep the model's templates of the classes.

    At the end of each epoch it adds what the steps have seen to every
    :class:`~mmfer.models.banks.TemplateBank` of the model, the same on all
    ranks. The log, the message hub and the visualizer get ``templates/
    updated``, the number of classes with samples that qualified, and
    ``templates/similarity``, the largest cosine between two templates: near
    1, the features do not tell these classes apart.

    Training starts without templates, also after ``load_from``; a resumed run
    goes on with those of its checkpoint.

    Raises:
        ValueError: If the model has no template bank, the run has no epochs
            or would spoil the bank, or a checkpoint to resume from holds no
            templates.
    """

    # Before EMAHook copies the model and before CheckpointHook saves it.
    priority = 'HIGH'

    @staticmethod
    def _banks(runner: Runner) -> List[TemplateBank]:
        banks = parts_of(runner.model, TemplateBank)
        if not banks:
            raise ConfigError(
                'TemplateHook found no template bank in the model',
                hint="a head with templates=dict(type='TemplateBank', ...), "
                'or remove the hook')
        return banks

    def before_run(self, runner: Runner) -> None:
        """Refuse a run that does not fit."""
        if isinstance(runner._train_loop, BaseLoop):
            self._banks(runner)
            check_bank_run(runner, 'template bank')

    def before_train(self, runner: Runner) -> None:
        """Start without templates, or check that they were resumed."""
        for bank in self._banks(runner):
            if runner.iter == 0:
                bank.initialise()
            elif bank.empty:
                raise ConfigError(
                    'the checkpoint to resume from holds no templates',
                    hint='resume with the config of the interrupted run')

    def after_train_epoch(self, runner: Runner) -> None:
        """Add the epoch to the templates."""
        for bank in self._banks(runner):
            found = bank.commit()
            values = self._describe(bank, found)
            scalars = {f'templates/{k}': v for k, v in values.items()}
            runner.message_hub.update_scalars(scalars)
            runner.visualizer.add_scalars(scalars, step=runner.epoch + 1)
            runner.logger.info(
                f'templates, epoch {runner.epoch + 1}: '
                f'{values["updated"]} of {len(found)} classes updated; '
                f'largest similarity of two {values["similarity"]:.3f}')

    @staticmethod
    def _describe(bank: TemplateBank, found: torch.Tensor) -> Dict[str, float]:
        direction = normalize(bank.templates)
        similarity = (direction @ direction.T).fill_diagonal_(-1)
        return dict(
            updated=int(found.sum()), similarity=float(similarity.max()))
