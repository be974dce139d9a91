# Copyright (c) mmfer contributors.
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.datasets.unwrap import leaf_datasets
from mmfer.registry import HOOKS


@HOOKS.register_module()
class SampleIndexHook(Hook):
    """Make ``sample_idx`` unique over the parts of a concatenation.

    MMEngine's ``ConcatDataset`` hands out the index inside each part. Before
    training every part of ours learns how many samples stand before it.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Number the parts of the training set."""
        offset = 0
        for dataset in leaf_datasets(runner.train_dataloader.dataset):
            if hasattr(dataset, 'sample_offset'):
                dataset.sample_offset = offset
            offset += len(dataset)
