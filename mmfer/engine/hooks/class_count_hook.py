# Copyright (c) mmfer contributors.
import numpy as np
from mmengine.hooks import Hook
from mmengine.runner import Runner

from torch import nn

from mmfer.datasets.samplers.labels import dataset_labels
from mmfer.errors import ConfigError
from mmfer.registry import HOOKS
from ..model_parts import augments_of, parts_of


@HOOKS.register_module()
class ClassCountHook(Hook):
    """Count the training samples of each class for a model.

    Before training, each loss and batch augment that was built without counts
    and needs some (``needs_counts``), such as
    :class:`~mmfer.models.losses.BaseReweightedLoss`,
    :class:`~mmfer.models.losses.AddUpLoss` or
    :class:`~mmfer.models.augments.BatchRemix`, gets those of the training
    set: what dataset wrappers leave of it, labels with their noise, samplers
    not counted. Classes without samples, as happens in folds of few people,
    are named in a warning.

    Raises:
        ConfigError: If no part needs counts.
        TypeError: If the training set does not tell its labels.
    """

    def before_train(self, runner: Runner) -> None:
        """Count, and set the counts."""
        parts = [*parts_of(runner.model, nn.Module),
                 *augments_of(runner.model, object)]
        waiting = [part for part in parts
                   if getattr(part, 'needs_counts', False)]
        if not waiting:
            raise ConfigError(
                'ClassCountHook found no loss or augment that needs counts',
                hint='leave counts out of loss and augment, or remove the '
                'hook')
        dataset = runner.train_dataloader.dataset
        classes = (getattr(dataset, 'metainfo', None) or {}).get(
            'classes') or ()
        counts = np.bincount(
            dataset_labels(dataset), minlength=len(classes)).tolist()
        for part in waiting:
            part.set_counts(counts)
        runner.logger.info(f'training samples of each class: {counts}')
        absent = [name for name, count in zip(classes, counts) if not count]
        if absent:
            runner.logger.warning(
                f'no training sample of {absent}: they have no weight in the '
                'loss, and will not be recognised')
