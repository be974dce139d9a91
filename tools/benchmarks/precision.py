# Copyright (c) mmfer contributors.
"""Train a config in float32 and in bfloat16, with several seeds each.

The runs take turns. float32 keeps the usual memory layout, bfloat16 is
channels-last, as our configs have it. What counts is the accuracy of the last
epoch: the difference of the means should be within what seeds alone do. A
finished run in --work-dir is not repeated, a broken one goes on.
"""
import argparse
import json
import os
import os.path as osp
import subprocess
import sys
from statistics import mean, stdev
from typing import Any, Dict, List, Optional, Sequence

from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
VARIANTS = {
    'float32': ('optim_wrapper.enabled=False',
                'default_hooks.channels_last.enabled=False'),
    'bfloat16': (),
}
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
    return parser.parse_args(args)


def train(args: argparse.Namespace, variant: str, seed: int
          ) -> Dict[str, Any]:
    """The result of one run."""
    folder = osp.join(args.work_dir, f'{variant}-seed{seed}')
    block = osp.join(folder, 'protocol.json')
    options = [
        f'randomness.seed={seed}', f'train_cfg.max_epochs={args.epochs}',
        f'train_cfg.val_interval={args.epochs}',
        'train_cfg.dynamic_intervals=None',
        f'param_scheduler.total_steps={args.epochs}', *VARIANTS[variant]
    ]
    if args.samples:
        options.append(f'train_dataloader.dataset.indices={args.samples}')
    result = _finished(block)
    if result is None:
        os.makedirs(folder, exist_ok=True)
        path = os.environ.get('PYTHONPATH')
        with open(osp.join(folder, 'output.txt'), 'a') as output:
            done = subprocess.run(
                [sys.executable, osp.join(ROOT, 'tools/train.py'), args.config,
                 '--work-dir', folder, '--resume', '--cfg-options', *options],
                env=dict(os.environ, PYTHONPATH=f'{ROOT}:{path or ""}'),
                stdout=output, stderr=output)
        result = _finished(block)
        if done.returncode or result is None:
            sys.exit(f'{variant}, seed {seed}: the run failed. Remedy: see '
                     f'{osp.abspath(folder)}/output.txt')
    return dict(variant=variant, seed=seed, iteration=mean(_seconds(folder)),
                accuracy=result['last']['metrics']['expr/accuracy'])


def _finished(block: str) -> Optional[Dict[str, Any]]:
    if not osp.isfile(block):
        return None
    with open(block, encoding='utf-8') as file:
        content = json.load(file)
    return content['result'] if content.get('finished') else None


def _seconds(folder: str) -> List[float]:
    """Seconds of the iterations, as the runner logged them."""
    found = []
    for place, _, files in os.walk(folder):
        if 'scalars.json' not in files:
            continue
        with open(osp.join(place, 'scalars.json'), encoding='utf-8') as file:
            rows = [json.loads(line) for line in file]
        found += [row['time'] for row in rows if 'loss' in row]
    return found


def main(argv: Optional[Sequence[str]] = None) -> None:
    args = parse_args(argv)
    todo = [(variant, seed) for seed in args.seeds for variant in VARIANTS]
    runs = [
        train(args, variant, seed) for variant, seed in track(
            todo, 'training', console=Console(stderr=True))
    ]
    table = Table('precision', 'accuracy of each seed', 'mean', 'deviation',
                  'seconds per iteration', 'ratio')
    summary = {}
    for variant in VARIANTS:
        own = [run for run in runs if run['variant'] == variant]
        values = [run['accuracy'] for run in own]
        summary[variant] = dict(
            mean=mean(values),
            deviation=stdev(values) if len(values) > 1 else None,
            iteration=mean(run['iteration'] for run in own))
    base = summary['float32']['iteration']
    for variant, row in summary.items():
        row['ratio'] = row['iteration'] / base
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
