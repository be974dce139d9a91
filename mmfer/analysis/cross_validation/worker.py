# Copyright (c) mmfer contributors.
"""Runs the folds whose configs it is told, one after the other.

``python -m mmfer.analysis.cross_validation.worker`` reads a path of a config
from each line of its input and answers with a line of JSON: ``problem``, None
if the fold is finished. Everything is imported once. It ends with its input,
also in the middle of a fold: then nobody is left to answer.
"""
import gc
import json
import os
import os.path as osp
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Optional

from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.runner import Runner

from mmfer.apis.predictions import SavePredictions
from mmfer.apis.processes import bind_forks, end_on_interrupt
from mmfer.apis.run import build_runner, set_testing
from mmfer.locks import lock_folder
from .configs import plain_copy
from .runs import PREDICTIONS

# Beside scores: what metrics of the pool may ask for.
_VECTORS = ('gt_score', 'gt_au', 'pred_au', 'gt_va', 'pred_va',
            'pred_confidence')


def run_fold(cfg: Config) -> None:
    """Train and test a fold, and write its predictions last.

    Args:
        cfg (Config): See :func:`fold_config`.
    """
    folder = Path(cfg.work_dir)
    for stale in folder.glob('*.pth'):
        stale.unlink()
    runner = build_runner(cfg)
    runner.train()
    if cfg.get('val_dataloader'):
        best, = folder.glob('best_*.pth')
        set_testing(cfg, str(best))
        cfg.experiment_name += '-test'
        runner = build_runner(cfg)
    _test(runner, str(folder / PREDICTIONS))


def _test(runner: Runner, path: str) -> None:
    """Predict; the metrics of a single fold say nothing and are left out."""
    unfinished = path.replace('.json', '.part.json')
    out = SavePredictions(unfinished, ('subject', 'source_set'), _VECTORS)
    out.dataset_meta = runner.test_dataloader.dataset.metainfo
    runner.test_evaluator.metrics[:] = [out]
    runner.test()
    os.replace(unfinished, path)


def attempt(path: str) -> Optional[str]:
    """Run a fold, its output into ``output.txt`` of its folder.

    Returns:
        str or None: What went wrong.
    """
    output = osp.join(osp.dirname(osp.dirname(path)), 'output.txt')
    with open(output, 'a', encoding='utf-8') as file, \
            redirect_stdout(file), redirect_stderr(file):
        try:
            cfg = plain_copy(Config.fromfile(path))
            with lock_folder(cfg.work_dir):
                run_fold(cfg)
        except Exception as error:
            traceback.print_exc()
            reason = str(error).strip().splitlines() or ['']
            return f'{type(error).__name__}: {reason[-1]} (see {output})'
        finally:
            _let_go()
    return None


def _let_go() -> None:
    """Close the log of a run that is over, and end its loader workers."""
    gc.collect()
    logger = MMLogger.get_current_instance()
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def _read(tasks: Queue) -> None:
    # Not sys.stdin: forked loader workers close it, and would wait for us.
    with os.fdopen(os.dup(0), encoding='utf-8') as lines:
        for line in lines:
            tasks.put(line.rstrip('\n'))
    os._exit(0)


def main() -> None:
    """Answer until the input ends."""
    bind_forks()
    end_on_interrupt()
    # Whatever else writes to the standard output must not mix with answers.
    answers = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)
    # What is imported stays: every search for garbage would pass through it.
    gc.collect()
    gc.freeze()
    tasks: Queue = Queue()
    Thread(target=_read, args=(tasks, ), daemon=True).start()
    while True:
        problem = attempt(tasks.get())
        print(json.dumps(dict(problem=problem)), file=answers, flush=True)


if __name__ == '__main__':
    main()
