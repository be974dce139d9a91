# Copyright (c) mmfer contributors.
"""Time training and evaluation from end to end.

Each variant trains one epoch by MMEngine's runner and evaluates once, in a
process of its own; the variants take turns. In the same run, steps are timed
on the last batch, ready as tensors: what an iteration takes beyond that is
the price of data. Less is better: a ratio of 0.5 means twice as fast as the
first variant.
"""
import argparse
import os.path as osp
import sys
import tempfile
from functools import partial
from typing import Any, Dict, List, Optional, Sequence

from mmfer_cli import (
    OptionAction, add_report_arguments, add_threads_argument, check_json,
    check_positive, chosen)

EXAMPLES = """
variants:
  stock          made from the first config: its pictures, backbone and
                 optimiser, but only classes of MMPretrain, in float32, with
                 resizing, flip, colour jitter and erasing on the CPU
  NAME           each config, by its file name without .py

examples:
  stock against a config of ours on its own data, 20 iterations each:
    python tools/benchmarks/train.py --size 64 --iters 20 \\
        configs/baseline/resnet18_1xb64_ferplus-scratch64-majority.py
  files against a packed dataset, without stock:
    python tools/benchmarks/train.py UNPACKED.py PACKED.py \\
        --only UNPACKED PACKED

Compare configs with the same augmentation, on the CPU or on the device.

--json FILE holds benchmark, format, environment (versions, cpu, cores,
device, threads, load_average), settings, results and skipped; a result has
variant, task, unit, base, ratio, value, values, peak_mib, device_mib and
worker_mib, where ratio, value and the memories have median, low and high.
The tasks are iteration, epoch, evaluation, epoch and evaluation, step on
ready tensors (seconds), and iteration / step, which is 1 where data cost
nothing. Memories are of whole processes. See docs/benchmarks.md.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('configs', nargs='+', metavar='CONFIG',
                        help='config files for training')
    parser.add_argument('--iters', type=int,
                        help='iterations of an epoch, by a subset of the data '
                        '(default: the whole epoch)')
    parser.add_argument('--size', type=int, default=224,
                        help='pixels of stock pictures (default: 224)')
    parser.add_argument('--batch', type=int, default=64,
                        help='pictures of a training batch (default: 64)')
    parser.add_argument('--workers', type=int, default=2,
                        help='loader workers (default: 2)')
    add_threads_argument(parser)
    parser.add_argument('--steps', type=int, default=5,
                        help='steps on ready tensors (default: 5)')
    parser.add_argument('--cfg-options', nargs='+', action=OptionAction,
                        default={}, metavar='KEY=VALUE',
                        help='override settings of all configs')
    add_report_arguments(parser, repeats=3)
    args = parser.parse_args(args)
    check_positive(args, parser,
                   ('batch', 'size', 'threads', 'steps', 'repeats'))
    if args.workers < 0:
        parser.error(f'--workers must not be negative, got {args.workers}')
    if args.iters is not None and args.iters < 2:
        parser.error(f'--iters must be at least 2, got {args.iters}')
    check_json(args.json, parser)
    args.names = [osp.splitext(osp.basename(path))[0] for path in
                  args.configs]
    if len({'stock', *args.names}) <= len(args.names):
        parser.error(f'two variants of one name: stock {args.names}. Hint: '
                     'rename or copy a config')
    args.variants = chosen(['stock', *args.names], args.only, parser)
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from rich.console import Console  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.analysis.benchmarking import (  # noqa: E402
    Repeat, alone, finish, interleave, prepare_process, summarise)
from mmfer.analysis.benchmarking.training import (  # noqa: E402
    run_training, shorten, stock_config)
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.apis.run import load_config, prepare_config  # noqa: E402

FIGURES = ('iteration', 'epoch', 'evaluation', 'epoch and evaluation',
           'step on ready tensors', 'iteration / step')


def make_configs(args: argparse.Namespace, folder: str) -> Dict[str, dict]:
    """The config of each variant, as a dict."""
    ready: Dict[str, dict] = {}
    for variant in args.variants:
        place = 0 if variant == 'stock' else args.names.index(variant)
        cfg = load_config(args.configs[place])
        work_dir = osp.join(folder, variant)
        cfg = prepare_config(cfg, args.cfg_options, work_dir)
        if variant == 'stock':
            cfg = stock_config(cfg, args.size, args.batch, args.workers,
                               folder)
            cfg.work_dir = work_dir
        ready[variant] = shorten(cfg, args.iters, args.batch,
                                 args.workers).to_dict()
    return ready


def figures(run: Dict[str, Any]) -> Dict[str, float]:
    """The figures of a run, in the order of ``FIGURES``."""
    return dict(zip(FIGURES, (
        run['iteration'], run['epoch'], run['evaluation'],
        run['epoch'] + run['evaluation'], run['step'],
        run['iteration'] / run['step'])))


def main(argv: Optional[Sequence[str]] = None) -> int:
    args = parse_args(argv)
    prepare_process(args.threads)
    results: List[dict] = []
    with tempfile.TemporaryDirectory(prefix='mmfer-benchmark-') as folder, \
            Console(stderr=True).status('preparing') as status:
        with exit_on_user_error(2):
            configs = make_configs(args, folder)
        runs = interleave(
            {name: partial(alone, run_training, cfg, args.threads, args.steps)
             for name, cfg in configs.items()},
            args.repeats, lambda run: run(),
            lambda name, number: status.update(
                f'{name}, repeat {number + 1} of {args.repeats}'))
    workers = {name: [run['worker_mib'] for run in repeats]
               for name, repeats in runs.items()}
    for figure in FIGURES:
        unit = 'ratio' if figure == FIGURES[-1] else 'seconds'
        results += summarise(
            {name: [Repeat(figures(run)[figure], run['peak_mib'],
                           run['device_mib']) for run in repeats]
             for name, repeats in runs.items()},
            unit, more=dict(worker_mib=workers), task=figure)
    settings = {key: getattr(args, key) for key in (
        'iters', 'size', 'batch', 'workers', 'threads', 'steps', 'repeats')}
    settings['configs'] = args.names
    settings['iterations'] = next(iter(runs.values()))[0]['iterations']
    finish('train', settings, results, {}, args.json)
    return 0


if __name__ == '__main__':
    sys.exit(main())
