# Copyright (c) mmfer contributors.
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.datasets.randomness import seed_generators
from mmfer.datasets.unwrap import leaf_datasets
from mmfer.registry import HOOKS


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Make every epoch's randomness a function of seed, epoch, rank, worker.

    With it a run that was killed and resumed ends with the same weights as
    one that was not: all random generators of the main process are seeded at
    the start of every epoch, and the loader workers are told the epoch, also
    when they live on from epoch to epoch. The order of the samples follows
    seed and epoch already, by MMEngine's samplers.

    Datasets that are not mmfer's cannot be told; with persistent workers
    their augmentation goes on in one stream, which is said in a warning.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Warn about datasets that cannot be told the epoch."""
        loader = runner.train_dataloader
        foreign = [
            type(d).__name__ for d in leaf_datasets(loader.dataset)
            if not hasattr(d, 'randomness')
        ]
        if foreign and loader.num_workers > 0 and loader.persistent_workers:
            runner.logger.warning(
                f'{foreign} in persistent workers cannot be seeded by epoch: '
                'a resumed run will augment differently. Set '
                'train_dataloader.persistent_workers=False for an exact one')

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed this process and announce the epoch to the workers."""
        where = (runner.seed, runner.epoch, get_rank())
        seed_generators(*where, worker=-1)
        for dataset in leaf_datasets(runner.train_dataloader.dataset):
            if hasattr(dataset, 'randomness'):
                dataset.randomness.tell(*where)
