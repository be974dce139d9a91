# Copyright (c) mmfer contributors.
import json
import os.path as osp
import time
from typing import Any, Dict, List, Optional

from mmengine.dist import (broadcast_object_list, is_main_process,
                           master_only)
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, EpochBasedTrainLoop, Runner

from mmfer.datasets.unwrap import leaf_datasets
from mmfer.files import atomic_write
from mmfer.registry import HOOKS
from mmfer.version import __version__
from ..protocol import (checkpoint_weights, describe_data, describe_run,
                        describe_selection, describe_weights, differences,
                        plain, split_names)
from ..protocol_text import end_text, selection_text, start_text

_LESS_IS_BETTER = ('loss', 'nll', 'ece', 'brier', 'kl', 'error')


@HOOKS.register_module()
class ProtocolHook(Hook):
    """State the protocol of a run: in the log, as JSON, in checkpoints.

    At the start the log gets one block with everything a reader of the
    result must know: data, counts against the official ones, label space,
    alignment, pipeline, sampler, noise, weights, seed, precision, versions,
    and the rule by which a model is selected. At the end it gets the results
    of the last epoch, the mean of the last five, and the best epoch, which is
    marked as selected on the evaluated split.

    The same is written to ``protocol.json`` (training) or
    ``protocol_test.json`` (testing) in the work directory, by the main
    process, after every evaluation, so that an interrupted run keeps it. A
    resumed run carries the file on. See ``docs/protocol.md``.

    A training set with label noise is written down as well: ``noise.csv``
    (``noise_0.csv`` and so on where there are several) can be given to
    ``FileNoise``, and ``noise.json`` beside it tells rate, transitions and
    seed.

    Checkpoints get ``meta['mmfer']``: label space, alignment, input size,
    selection rule and version.

    Args:
        num_last (int): Over how many of the last evaluations the mean is
            taken. Defaults to 5.

    Raises:
        ValueError: If ``num_last`` is not positive.
    """

    # After CheckpointHook, which decides on the best epoch, and after
    # LabelSpaceHook, which may map the datasets.
    priority = 'LOWEST'

    def __init__(self, num_last: int = 5) -> None:
        if num_last < 1:
            raise ValueError(f'num_last must be positive, got {num_last}')
        self.num_last = num_last
        self.block: Optional[Dict[str, Any]] = None
        self._training = False
        self._loaded: Optional[Dict[str, Any]] = None
        self._input_size: Optional[List[int]] = None

    # ------------------------------------------------------------ training
    def before_train(self, runner: Runner) -> None:
        """Print and write the block of a training run."""
        self._training = True
        data = dict(
            train=describe_data(runner.train_dataloader, runner.world_size))
        if isinstance(runner._val_loop, BaseLoop):
            data['val'] = describe_data(runner.val_dataloader,
                                        runner.world_size)
        self._start(runner, 'training', data, runner._train_loop)
        self.block.update(
            max_epochs=runner.max_epochs,
            max_iters=runner.max_iters,
            epochs=[],
            resumes=[],
            finished=False)
        if runner.iter > 0:
            self._carry_on(runner)
        self._write(runner, 'protocol.json')
        self._write_noise(runner)
        runner.logger.info(start_text(self.block))
        if self._lacks_an_evaluation(runner):
            runner.logger.info('the evaluation in which the run was broken '
                               'off is made up for')
            runner.val_loop.run()

    def _lacks_an_evaluation(self, runner: Runner) -> bool:
        """Whether the run was killed after a checkpoint, before its result.

        The main process decides, since all must evaluate together and only
        its file tells what is there.
        """
        if not self.block['resumes'] or runner._val_loop is None:
            return False
        loop = runner.train_loop
        kind, end = ('epoch', loop.max_epochs) if isinstance(
            loop, EpochBasedTrainLoop) else ('iter', loop.max_iters)
        now = getattr(loop, kind)
        loop._decide_current_val_interval()
        due = now >= max(loop.val_begin, 1) and (
            now % loop.val_interval == 0 or now == end)
        known = any(entry[kind] == now for entry in self.block['epochs'])
        answer = [due and not known]
        broadcast_object_list(answer)
        return answer[0]

    @staticmethod
    @master_only
    def _write_noise(runner: Runner) -> None:
        """Write the label noise, so that another run can use it."""
        leaves = [
            leaf for leaf in leaf_datasets(runner.train_dataloader.dataset)
            if getattr(leaf, 'noise_record', None) is not None
        ]
        for number, leaf in enumerate(leaves):
            name = f'noise_{number}.csv' if len(leaves) > 1 else 'noise.csv'
            leaf.noise_record.write(
                osp.join(runner.work_dir, name), leaf.protocol()['noise'])

    def after_train_iter(self, runner: Runner, batch_idx: int,
                         data_batch: Any = None, outputs: Any = None) -> None:
        """Note the size of the images that the pipeline gives."""
        if self._input_size is None and isinstance(data_batch, dict):
            inputs = data_batch.get('inputs')
            if inputs is not None and len(inputs):
                self._input_size = list(getattr(inputs[0], 'shape', ())[-2:])

    def after_val_epoch(self, runner: Runner,
                        metrics: Optional[Dict[str, float]] = None) -> None:
        """Add a result and write the block."""
        if not self._training or not metrics:
            return
        self.block['epochs'].append(
            dict(epoch=runner.epoch, iter=runner.iter, metrics=plain(metrics)))
        # save_best='auto' is resolved by the first evaluation.
        self.block['selection'] = describe_selection(
            runner, self.block['data'].get('val'))
        self._summarise()
        self._write(runner, 'protocol.json')

    def before_save_checkpoint(self, runner: Runner,
                               checkpoint: dict) -> None:
        """Write the label space and the rest of the data block."""
        if self.block is None or not self._training:
            return
        first = self.block['data']['train']['sets'][0]
        checkpoint['meta']['mmfer'] = plain(
            dict(
                version=__version__,
                label_space=first['label_space'],
                classes=first['classes'],
                align=first['align'],
                input_size=self._input_size,
                trained_on=split_names(self.block['data']['train']),
                selection=self.block['selection']))

    def after_train(self, runner: Runner) -> None:
        """Print and write the results."""
        self.block['finished'] = True
        self._write(runner, 'protocol.json')
        runner.logger.info(end_text(self.block))
        self._training = False

    # ------------------------------------------------------------- testing
    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Remember what the checkpoint tells of its training."""
        self._loaded = (checkpoint.get('meta') or {}).get('mmfer') or {}

    def before_test(self, runner: Runner) -> None:
        """Print and write the block of a test run."""
        data = dict(
            test=describe_data(runner.test_dataloader, runner.world_size))
        self._start(runner, 'testing', data, runner._test_loop)
        if self._loaded is not None:
            self.block['weights'] = dict(
                checkpoint_weights(runner, 'checkpoint'),
                selected=self._selected(runner))
        elif isinstance(runner._train_loop, BaseLoop) and runner.iter > 0:
            self.block['weights'] = dict(
                source='this run', info='the weights at the end of training')
        self._write(runner, 'protocol_test.json')
        runner.logger.info(start_text(self.block))

    def after_test_epoch(self, runner: Runner,
                         metrics: Optional[Dict[str, float]] = None) -> None:
        """Print and write the results of a test run."""
        self.block['result'] = dict(
            on=split_names(self.block['data']['test']),
            metrics=plain(metrics or {}))
        self._write(runner, 'protocol_test.json')
        runner.logger.info(end_text(self.block))

    def _selected(self, runner: Runner) -> str:
        """Whether the tested weights were selected on the tested split."""
        selection = (self._loaded or {}).get('selection')
        name = osp.basename(str(runner._load_from))
        if selection is None:
            return 'how they were selected is unknown'
        if not name.startswith('best_'):
            return ('not selected by a result, going by the file name'
                    if name.startswith(('epoch_', 'iter_')) else
                    'possibly selected: ' + selection_text(selection))
        self.block['selection'] = selection
        tested = split_names(self.block['data']['test'])
        if set(tested) & set(selection['on']):
            return ('SELECTED ON THE EVALUATED SPLIT: an optimistic number, '
                    'quote it as such')
        return f"selected on {', '.join(selection['on'])}, not on this split"

    # -------------------------------------------------------------- shared
    def _start(self, runner: Runner, mode: str, data: Dict[str, Any],
               loop: BaseLoop) -> None:
        self.block = dict(
            mode=mode,
            started=time.strftime('%Y-%m-%dT%H:%M:%S'),
            run=describe_run(runner, loop),
            data=data,
            weights=describe_weights(runner),
            selection=describe_selection(runner, data.get('val')),
            result=None)

    def _carry_on(self, runner: Runner) -> None:
        """Keep what an interrupted run has written."""
        folders = [runner.work_dir]
        if runner._load_from is not None:
            folders.append(osp.dirname(str(runner._load_from)))
        old = None
        for path in (osp.join(f, 'protocol.json') for f in folders):
            if old is None and osp.isfile(path):
                try:
                    with open(path, encoding='utf-8') as file:
                        old = json.load(file)
                    epochs, weights = old['epochs'], old['weights']
                except (ValueError, KeyError, TypeError) as error:
                    old = None
                    runner.logger.warning(
                        f'{path} cannot be carried on ({error!r}); results '
                        'before the interruption are lost')
        if old is None:
            if self.block['weights']['source'] != 'init_weights':
                self.block['weights'] = dict(
                    source='resume',
                    info=f'iteration {runner.iter} of a run whose '
                    'protocol.json was not found')
            return
        self.block['epochs'] = [e for e in epochs if e['iter'] <= runner.iter]
        changes = [
            line for key in ('run', 'data')
            for line in differences(old.get(key), self.block[key], key)
        ]
        self.block['started'] = old.get('started')
        self.block['weights'] = weights
        self.block['resumes'] = list(old.get('resumes') or ()) + [
            dict(epoch=runner.epoch, iter=runner.iter, changes=changes)
        ]
        if changes:
            runner.logger.warning(
                'the protocol has changed since the interruption: ' +
                '; '.join(changes))
        self._summarise()

    def _summarise(self) -> None:
        """Last, mean of the last few, and best evaluation so far."""
        epochs = self.block['epochs']
        if not epochs:
            return
        last = epochs[-self.num_last:]
        keys = [
            k for k in epochs[-1]['metrics']
            if all(isinstance(e['metrics'].get(k), (int, float)) for e in last)
        ]
        mean = {
            k: sum(e['metrics'][k] for e in last) / len(last)
            for k in keys
        }
        self.block['result'] = dict(
            on=split_names(self.block['data'].get('val')),
            last=epochs[-1],
            last_mean=dict(num=len(last), metrics=mean),
            best=self._best(epochs, keys))

    def _best(self, epochs: List[dict], keys: List[str]) -> Dict[str, Any]:
        selection = self.block['selection']
        key = selection['metric']
        if key is None:
            accuracy = [k for k in keys if k.endswith('accuracy')]
            key = (accuracy or keys or [None])[0]
        less = selection.get('better') == 'less' or (
            selection['metric'] is None
            and str(key).split('/')[-1] in _LESS_IS_BETTER)
        known = [e for e in epochs if e['metrics'].get(key) is not None]
        if not known:
            return dict(epochs[-1], metric=None,
                        selected_on_evaluated_split=False)
        best = (min if less else max)(known, key=lambda e: e['metrics'][key])
        return dict(best, metric=key, selected_on_evaluated_split=True)

    def _write(self, runner: Runner, name: str) -> None:
        """Write the block; a reader never sees half a file."""
        if not is_main_process():
            return
        path = osp.join(runner.work_dir, name)
        with atomic_write(path) as file:
            json.dump(plain(self.block), file, indent=1)
