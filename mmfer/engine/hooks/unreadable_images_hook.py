# Copyright (c) mmfer contributors.
import os.path as osp
from typing import List

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.datasets.unwrap import leaf_datasets
from mmfer.files import atomic_write
from mmfer.registry import HOOKS


@HOOKS.register_module()
class UnreadableImagesHook(Hook):
    """Tell how many unreadable images were replaced so far.

    With ``on_error='skip'`` a dataset replaces an unreadable image by the
    next readable one and marks it, in memory that is shared with the loader
    workers. After each training epoch this hook logs how many were marked
    since the start of the process and writes their paths to
    ``unreadable.txt`` in the work directory. Under distributed training the
    main process reports what its own workers met.

    Args:
        num_shown (int): How many paths the log names. Defaults to 5.

    Raises:
        ValueError: If ``num_shown`` is negative.
    """

    priority = 'LOW'

    def __init__(self, num_shown: int = 5) -> None:
        if num_shown < 0:
            raise ValueError(f'num_shown must not be negative, got '
                             f'{num_shown}')
        self.num_shown = num_shown

    @master_only
    def after_train_epoch(self, runner: Runner) -> None:
        """Log and write the unreadable images of the training set."""
        leaves = [
            leaf for leaf in leaf_datasets(runner.train_dataloader.dataset)
            if getattr(leaf, 'failed', None) is not None
        ]
        if not leaves:
            return
        paths: List[str] = []
        for leaf in leaves:
            paths += [
                leaf.get_data_info(i)['img_path']
                for i in leaf.failed.nonzero().flatten().tolist()
            ]
        total = sum(len(leaf) for leaf in leaves)
        if not paths:
            runner.logger.info(f'unreadable images: none of {total}')
            return
        target = osp.join(runner.work_dir, 'unreadable.txt')
        with atomic_write(target) as file:
            file.write('\n'.join(paths) + '\n')
        shown = ', '.join(paths[:self.num_shown])
        more = len(paths) - self.num_shown
        runner.logger.warning(
            f'unreadable images: {len(paths)} of {total} were replaced so '
            f'far: {shown}' + (f' and {more} more' if more > 0 else '') +
            f'; all of them in {target}')
