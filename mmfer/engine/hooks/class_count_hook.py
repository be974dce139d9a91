# Copyright (c) mmfer contributors.
import numpy as np
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.datasets.samplers.labels import dataset_labels
from mmfer.models.augments import BatchRemix
from mmfer.models.losses import BaseReweightedLoss
from mmfer.registry import HOOKS
from ..model_parts import augments_of, parts_of


@HOOKS.register_module()
class ClassCountHook(Hook):
    """Tell a model how many training samples each class has.

    Before training, each :class:`~mmfer.models.losses.BaseReweightedLoss` and
    each :class:`~mmfer.models.augments.BatchRemix` that was built without
    ``counts`` gets those of the training set: what dataset wrappers leave of
    it, labels with their noise, samplers not counted. Classes without
    samples, as happens in folds of few people, are named in a warning.

    Raises:
        ValueError: If every part was given counts.
        TypeError: If the training set does not tell its labels.
    """

    def before_train(self, runner: Runner) -> None:
        """Count, and tell the counts."""
        parts = [
            *parts_of(runner.model, BaseReweightedLoss),
            *augments_of(runner.model, BatchRemix)
        ]
        waiting = [part for part in parts if not len(part.counts)]
        if not waiting:
            raise ValueError(
                f'ClassCountHook found {len(parts)} parts that need counts, '
                'and none without. Remedy: leave counts out of loss and '
                'augment, or remove the hook')
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
