# Copyright (c) mmfer contributors.
from typing import Any, List, Optional

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner

from mmfer.datasets.unwrap import leaf_datasets
from mmfer.errors import ConfigError, RunError
from mmfer.registry import HOOKS
from mmfer.structures import LABEL_SPACES, LabelSpace
from ..class_check import check_classes
from ..checkpoint_check import (canonical_classes, checkpoint_classes,
                                try_weights)


@HOOKS.register_module()
class LabelSpaceHook(Hook):
    """Check that weights, label orders and datasets belong together.

    **Label orders.** When a checkpoint is tested or resumed, the classes of
    the datasets in use are compared with those in the checkpoint; when a
    model is trained, those of the validation set with those of the training
    set. The same order passes. The same classes in another order, or some of
    them, are mapped by name: the dataset reads its annotations again in the
    order of the model, which is logged. Anything else is an error that prints
    both orders.

    **Sizes.** The number of classes and the action units that the model was
    built for are compared with those of the dataset before the first step,
    see :func:`~mmfer.engine.class_check.check_classes`.

    **Weights.** MMEngine loads what fits and only warns of the rest. Here,

    - testing with weights that are missing or of another shape is an error,
    - so is resuming with any difference at all,
    - training from ``load_from`` may differ, with a warning that lists what
      keeps its initialisation, unless nothing at all fits.

    Raises:
        ConfigError: If the model was built for other classes or action
            units than those of a dataset.
        ValueError: If label orders cannot be mapped by name.
        RuntimeError: If the weights do not fit.
    """

    # After EMAHook, which may swap the weights of the checkpoint.
    priority = 'VERY_LOW'

    def __init__(self) -> None:
        self._trained = False

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the checkpoint with the model and the datasets in use."""
        # Other hooks may build the training loop in a test run too.
        training = isinstance(runner._train_loop, BaseLoop) and not isinstance(
            runner._test_loop, BaseLoop) and not self._trained
        resuming = training and runner._resume
        classes = checkpoint_classes(checkpoint)
        self._check_weights(runner, checkpoint, training, resuming, classes)
        if classes is None:
            runner.logger.warning(
                'the checkpoint does not tell its classes, so the label order '
                'cannot be compared with the dataset')
        elif training and not resuming:
            self._tell_pretrained_order(runner, classes)
        else:
            if resuming:
                self._fit(runner, runner._train_loop, 'training', classes,
                          'the checkpoint')
            self._fit(runner, runner._val_loop, 'validation', classes,
                      'the checkpoint')
            self._fit(runner, runner._test_loop, 'test', classes,
                      'the checkpoint')

    def before_run(self, runner: Runner) -> None:
        """Compare the training set with the model."""
        # A checkpoint to resume from may still bring its own order.
        if isinstance(runner._train_loop, BaseLoop) and not runner._resume:
            self._check(runner, runner._train_loop, 'training')

    def before_train(self, runner: Runner) -> None:
        """Compare the validation set with the training set and the model."""
        self._check(runner, runner._train_loop, 'training')
        classes = self._classes(runner.train_dataloader.dataset)
        if classes is not None:
            self._fit(runner, runner._val_loop, 'validation', classes,
                      'the training set')
        self._check(runner, runner._val_loop, 'validation')

    def before_val(self, runner: Runner) -> None:
        """Compare the validation set with the model."""
        if not isinstance(runner._train_loop, BaseLoop):
            self._check(runner, runner._val_loop, 'validation')

    def before_test(self, runner: Runner) -> None:
        """Compare the test set with the model."""
        self._check(runner, runner._test_loop, 'test')

    def after_train(self, runner: Runner) -> None:
        """From now on, checkpoints are loaded for testing."""
        self._trained = True

    @staticmethod
    def _check(runner: Runner, loop: Any, use: str) -> None:
        if isinstance(loop, BaseLoop):
            check_classes(runner.model, loop.dataloader.dataset, use,
                          runner.cfg)

    @staticmethod
    def _classes(dataset: Any) -> Optional[List[str]]:
        meta = getattr(dataset, 'metainfo', None) or {}
        return canonical_classes(meta.get('classes'))

    def _check_weights(self, runner: Runner, checkpoint: dict, training: bool,
                       resuming: bool, classes: Optional[List[str]]) -> None:
        report = try_weights(runner.model, checkpoint)
        if not (report.missing or report.unexpected or report.reshaped):
            return
        trained = f'. It was trained on {classes}' if classes else ''
        if resuming:
            raise RunError('the checkpoint to resume from does not fit the '
                           f'model: {report.lines()}{trained}',
                           hint='resume with the config of the interrupted '
                           'run')
        if not training and (report.missing or report.reshaped):
            raise RunError(
                'the checkpoint does not fit the model, and testing it would '
                f'use random weights: {report.lines()}{trained}',
                hint='test with the config it was trained with; where the '
                'number of classes differs, set model.head.num_classes and '
                'label_space of the dataset to those of the checkpoint')
        if report.loaded == 0:
            raise RunError('no weight of the checkpoint fits the model: '
                           f'{report.lines()}',
                           hint='name a checkpoint of this model, or its '
                           'config')
        kept = list(report.reshaped) + report.missing
        runner.logger.warning(
            f'the checkpoint fits in {report.loaded} keys. Keeping their '
            f'initialisation: {kept or "none"}. {report.lines()}')

    def _tell_pretrained_order(self, runner: Runner,
                               classes: List[str]) -> None:
        """Warn where a fine-tuned head keeps rows of another order."""
        own = self._classes(runner.train_dataloader.dataset)
        if own is not None and own != classes and len(own) == len(classes):
            runner.logger.warning(
                f'load_from: the checkpoint has classes {classes}, training '
                f'uses {own}; a loaded head starts in the order of the '
                'checkpoint and has to learn the new one')

    def _fit(self, runner: Runner, loop: Any, use: str, classes: List[str],
             source: str) -> None:
        """Bring the dataset of a loop to the order of the model."""
        if not isinstance(loop, BaseLoop):
            return
        mapped = False
        for leaf in leaf_datasets(loop.dataloader.dataset):
            own = self._classes(leaf)
            if own is None or own == classes:
                continue
            orders = (f'{source} has the classes {classes}, the {use} set '
                      f'{type(leaf).__name__} has {own}')
            if not set(own) <= set(classes):
                raise ConfigError(
                    f'{orders}; {sorted(set(own) - set(classes))} cannot be '
                    'mapped by name',
                    hint=f'set label_space={classes} in that dataset, which '
                    'drops and counts the samples of other classes')
            if not hasattr(leaf, 'set_label_space'):
                raise ConfigError(f'{orders}, in another order, and '
                                  f'{type(leaf).__name__} cannot change its '
                                  'order',
                                  hint=f'give it classes={classes}, or read '
                                  'it with a dataset of mmfer')
            length = len(leaf)
            leaf.set_label_space(self._space(classes))
            if len(leaf) != length:
                raise ConfigError(
                    f'{orders}; reading it again in the order of {source} '
                    f'gave {len(leaf)} instead of {length} samples, as for '
                    'folds and subsets',
                    hint=f'set label_space={classes} in that dataset')
            runner.logger.warning(f'{orders}: mapped by name')
            mapped = True
        if mapped:
            self._update_meta(runner, loop, classes)

    @staticmethod
    def _space(classes: List[str]) -> LabelSpace:
        """The named label space with these classes, or a nameless one."""
        for space in LABEL_SPACES.values():
            if list(space.classes) == classes:
                return space
        return LabelSpace('checkpoint', classes)

    @staticmethod
    def _update_meta(runner: Runner, loop: Any, classes: List[str]) -> None:
        """Tell wrappers, metrics and the visualizer the new order."""
        dataset = wrapper = loop.dataloader.dataset
        while wrapper is not None:
            if isinstance(getattr(wrapper, '_metainfo', None), dict):
                wrapper._metainfo['classes'] = tuple(classes)
            wrapper = getattr(wrapper, 'dataset', None)
        meta = getattr(dataset, 'metainfo', None)
        if hasattr(loop, 'evaluator') and meta:
            loop.evaluator.dataset_meta = meta
        runner.visualizer.dataset_meta = meta
