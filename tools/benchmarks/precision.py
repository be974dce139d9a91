# Copyright (c) mmfer contributors.
"""Train a config in float32 and in bfloat16, with several seeds each.

The runs take turns. float32 keeps the usual memory layout, bfloat16 is
channels-last, as our configs have it. What counts is the accuracy of the last
epoch: the difference of the means should be within what seeds alone do. A
finished run in --work-dir is not repeated, a broken one goes on.
"""
import argparse
import json
import os.path as osp
import sys
from statistics import mean, stdev
from typing import Any, Dict, List, Optional, Sequence

from mmfer_cli import check_json, check_positive

EXAMPLES = """example, a quarter of FERPlus for 4 epochs:
  python tools/benchmarks/precision.py \\
      configs/baseline/resnet18_1xb64_ferplus-scratch64-packed.py \\
      --seeds 0 1 2 --epochs 4 --samples 6400 --json precision.json
"""


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config that uses AutocastOptimWrapper')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2],
                        help='one run of each precision a seed (0 1 2)')
    parser.add_argument('--epochs', type=int, required=True,
                        help='length of each run')
    parser.add_argument('--samples', type=int,
                        help='train on the first samples only (all)')
    parser.add_argument('--work-dir', default='work_dirs/precision',
                        help='where the runs lie (work_dirs/precision)')
    parser.add_argument('--json', metavar='FILE', help='write the figures')
    args = parser.parse_args(args)
    check_positive(args, parser, ('epochs', 'samples'))
    check_json(args.json, parser)
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from rich.console import Console  # noqa: E402
from rich.progress import Progress  # noqa: E402
from rich.table import Table  # noqa: E402
from mmfer.analysis.comparison import (  # noqa: E402
    Cell, cell_config, train_all)
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.apis.outputs import writable_folder  # noqa: E402

TRAIN = osp.join(
    osp.dirname(osp.dirname(osp.abspath(__file__))), 'train.py')

VARIANTS = {
    'float32': {'optim_wrapper.enabled': False,
                'default_hooks.channels_last.enabled': False},
    'bfloat16': {},
}


def train(args: argparse.Namespace) -> List[Dict[str, Any]]:
    """The result of each run."""
    length = {
        'train_cfg.max_epochs': args.epochs,
        'train_cfg.val_interval': args.epochs,
        'train_cfg.dynamic_intervals': None,
        'param_scheduler.total_steps': args.epochs,
    }
    if args.samples:
        length['train_dataloader.dataset.indices'] = args.samples
    runs, configs = {}, {}
    for seed in args.seeds:
        for variant, options in VARIANTS.items():
            folder = osp.join(args.work_dir, f'{variant}-seed{seed}')
            runs[folder] = dict(variant=variant, seed=seed)
            configs[folder] = cell_config(
                Cell(args.config, None, None, seed), {**length, **options})
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task('training', total=len(configs))
        outcomes = train_all(configs, [sys.executable, TRAIN],
                             on_end=lambda *_: progress.advance(task))
    for folder, outcome in outcomes.items():
        if outcome.problem:
            sys.exit(f'{folder}: {outcome.problem}')
        metrics = outcome.protocol['result']['last']['metrics']
        runs[folder].update(iteration=outcome.iteration,
                            accuracy=metrics['expr/accuracy'])
    return list(runs.values())


def summarise(runs: Sequence[Dict[str, Any]]) -> Dict[str, Dict[str, Any]]:
    """Mean and deviation of each precision."""
    summary = {}
    for variant in VARIANTS:
        own = [run for run in runs if run['variant'] == variant]
        values = [run['accuracy'] for run in own]
        summary[variant] = dict(
            mean=mean(values),
            deviation=stdev(values) if len(values) > 1 else None,
            iteration=mean(run['iteration'] for run in own))
    base = summary['float32']['iteration']
    for row in summary.values():
        row['ratio'] = row['iteration'] / base
    return summary


def main(argv: Optional[Sequence[str]] = None) -> None:
    args = parse_args(argv)
    with exit_on_user_error():
        writable_folder(args.work_dir)
        runs = train(args)
    summary = summarise(runs)
    table = Table('precision', 'accuracy of each seed', 'mean', 'deviation',
                  'seconds per iteration', 'ratio')
    for variant, row in summary.items():
        table.add_row(
            variant, ' '.join(f"{run['accuracy']:.2f}" for run in runs
                              if run['variant'] == variant),
            f"{row['mean']:.2f}",
            '-' if row['deviation'] is None else f"{row['deviation']:.2f}",
            f"{row['iteration']:.3f}", f"{row['ratio']:.2f}")
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    if args.json:
        with open(args.json, 'w', encoding='utf-8') as file:
            json.dump(
                dict(benchmark='precision', config=osp.basename(args.config),
                     epochs=args.epochs, samples=args.samples, runs=runs,
                     summary=summary), file, indent=1)


if __name__ == '__main__':
    main()
