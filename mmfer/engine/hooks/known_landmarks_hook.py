# Copyright (c) mmfer contributors.
from typing import List

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.errors import ConfigError
from mmfer.models.layers import LandmarkFiller
from mmfer.registry import HOOKS
from ..model_parts import parts_of


@HOOKS.register_module()
class KnownLandmarksHook(Hook):
    """Tell how many landmarks were known in training, or stop.

    A model with a :class:`~mmfer.models.layers.LandmarkFiller` also trains
    where all landmarks are unknown, on one and the same mean face. After each
    epoch, or at the end of a run without epochs, the log tells how many were
    known.

    Raises:
        ValueError: If the model fills in no landmarks, or none was known.
    """

    @staticmethod
    def _fillers(runner: Runner) -> List[LandmarkFiller]:
        return parts_of(runner.model, LandmarkFiller)

    def before_train(self, runner: Runner) -> None:
        """Check that the model has what is asked for."""
        if not self._fillers(runner):
            raise ConfigError('KnownLandmarksHook found nothing in the model '
                              'that fills in landmarks',
                              hint="backbone=dict(type='LandmarkNet', ...) "
                              "or 'LandmarkMLP', or remove the hook")

    def after_train_epoch(self, runner: Runner) -> None:
        """Tell the numbers of training so far."""
        for filler in self._fillers(runner):
            known, seen = filler.counts.tolist()
            runner.logger.info(
                f'landmarks: {known} of {seen} in training known, the others '
                'as on the mean face')
            if seen and not known:
                raise ConfigError('no landmark of the training set is known '
                                  '(all are NaN)',
                                  hint='check the landmark files, or '
                                  'auxiliary= of the dataset')
