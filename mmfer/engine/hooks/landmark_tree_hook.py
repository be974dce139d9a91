# Copyright (c) mmfer contributors.
from typing import Any, List, Optional

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.errors import ConfigError
from mmfer.models.layers import LandmarkTree
from mmfer.registry import HOOKS
from ..epoch_check import require_epochs
from ..model_parts import parts_of


@HOOKS.register_module()
class LandmarkTreeHook(Hook):
    """Find each :class:`~mmfer.models.layers.LandmarkTree` of a model anew.

    Between two updates the trees stay as they are, also in validation, in
    checkpoints and in a resumed run. All processes have the same weights and
    find the same trees. The log tells how many edges are new.

    Args:
        interval (int, optional): Iterations from one update to the next, the
            first before the first iteration. Defaults to None, at the start
            of each epoch.
        until (float): Part of all iterations after which the trees are kept,
            in (0, 1], so that what reads them gets used to them. Defaults
            to 1.

    Raises:
        ValueError: If a number is out of range, the model has no such tree,
            or the run has no epochs and there is no interval.
    """

    def __init__(self,
                 interval: Optional[int] = None,
                 until: float = 1.) -> None:
        if interval is not None and interval < 1:
            raise ValueError(f'interval must be positive, got {interval}')
        if not 0 < until <= 1:
            raise ValueError(f'until must lie in (0, 1], got {until}')
        self.interval, self.until = interval, until

    @staticmethod
    def _trees(runner: Runner) -> List[LandmarkTree]:
        trees = parts_of(runner.model, LandmarkTree)
        if not trees:
            raise ConfigError(
                'LandmarkTreeHook found no tree of landmarks in the model',
                hint="backbone=dict(type='LandmarkNet', "
                "order=dict(type='LandmarkTree'), ...), or remove the hook")
        return trees

    def before_train(self, runner: Runner) -> None:
        """Check that the run has what is asked for."""
        self._trees(runner)
        if self.interval is None:
            require_epochs(runner, 'the trees of landmarks change',
                           'interval=100, or ')

    def before_train_epoch(self, runner: Runner) -> None:
        """Find the trees, unless it is done by iterations."""
        if self.interval is None:
            self._update(runner)

    def before_train_iter(self,
                          runner: Runner,
                          batch_idx: int,
                          data_batch: Any = None) -> None:
        """Find the trees, if it is time."""
        if self.interval is not None and runner.iter % self.interval == 0:
            self._update(runner)

    def _update(self, runner: Runner) -> None:
        if runner.iter >= self.until * runner.max_iters:
            return
        trees = self._trees(runner)
        new = sum(tree.update() for tree in trees)
        runner.message_hub.update_scalar('train/new_tree_edges', new)
        total = sum(len(tree.parents) - 1 for tree in trees)
        runner.logger.info(f'landmark trees: {new} of {total} edges are new')
