# Copyright (c) mmfer contributors.
"""Train several methods on several datasets with several seeds, and tabulate.

Every run is a normal training in a folder of its own. The first config is
the one that the others are compared with.
"""
import argparse
import os.path as osp
import sys
from importlib.util import find_spec
from typing import Dict, List, Optional, Sequence

from mmfer_cli import OptionAction

EXAMPLES = """examples:
  five remedies for noisy labels, three seeds each:
    python tools/compare.py --configs configs/baseline/A.py configs/scn/B.py \\
        --noise 0.3 --seeds 0 1 2 --metrics label_bank/total_precision
  three networks on three datasets:
    python tools/compare.py --configs configs/baseline/*_rafdb.py \\
        --datasets configs/_base_/datasets/{rafdb,ferplus,sfew}.py

Runs lie in WORK_DIR/METHOD/DATASET/SEED. The same command goes on after an
interruption; a run that fails leaves the others alone. WORK_DIR/comparison.md,
.html, .png and .json hold the table.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--configs', nargs='+', required=True,
                        metavar='CONFIG', help='a method each')
    parser.add_argument('--datasets', nargs='+', default=[None],
                        metavar='FILE',
                        help='dataset files that take the place of the '
                        "configs' datasets; pipelines stay those of the "
                        'configs (default: as configured)')
    parser.add_argument('--noise', nargs='+', type=float, default=[None],
                        metavar='SHARE',
                        help='shares of training labels to change '
                        'symmetrically, by the seed of the run (default: as '
                        'configured)')
    parser.add_argument('--seeds', nargs='+', type=int, default=[0, 1, 2],
                        metavar='SEED', help='(default: 0 1 2)')
    parser.add_argument('--folds', action='store_true',
                        help='seed 0 holds out fold 0, seed 1 fold 1, ..., '
                        'of the datasets that have folds of subjects (CK+, '
                        'JAFFE); otherwise all hold out the same one')
    parser.add_argument('--work-dir', default='work_dirs/comparison',
                        help='(default: work_dirs/comparison)')
    parser.add_argument('--jobs', type=int, default=1,
                        help='runs at a time (default: 1)')
    parser.add_argument('--metrics', nargs='+', default=[], metavar='KEY',
                        help='metrics of the last evaluation that get a '
                        'column, beside accuracy, UAR, F1 and ECE; names as '
                        'in protocol.json')
    parser.add_argument('--cfg-options', nargs='+', action=OptionAction,
                        default={}, metavar='KEY=VALUE',
                        help='settings laid over every config')
    args = parser.parse_args(args)
    if args.jobs < 1:
        parser.error(f'--jobs must be at least 1, got {args.jobs}')
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmengine.config import Config  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import (BarColumn, MofNCompleteColumn, Progress,
                           TextColumn, TimeElapsedColumn)  # noqa: E402
from rich.table import Table  # noqa: E402
from mmfer.analysis.comparison import (  # noqa: E402
    Cell, Outcome, Row, cell_config, make_grid, model_cost, summarise,
    train_all, write_report)
from mmfer.analysis.comparison.report import (  # noqa: E402
    cells_of, headers, notes)
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.apis.outputs import writable_folder  # noqa: E402
from mmfer.locks import lock_folder  # noqa: E402

TRAIN = osp.join(osp.dirname(osp.abspath(__file__)), 'train.py')


def train(configs: Dict[Cell, Config], args: argparse.Namespace
          ) -> Dict[Cell, Outcome]:
    """Train all, with a progress bar."""
    folders = {osp.join(args.work_dir, cell.folder): cell for cell in configs}
    with Progress(TextColumn('{task.description}'), BarColumn(),
                  MofNCompleteColumn(), TimeElapsedColumn(),
                  console=Console(stderr=True)) as progress:
        task = progress.add_task('runs', total=len(configs))

        def tell(folder: str, outcome: Outcome) -> None:
            if outcome.problem:
                text = f'failed: {outcome.problem}'
            else:
                metrics = outcome.protocol['result']['last']['metrics']
                text = f"accuracy {metrics.get('expr/accuracy', 0):.2f} %"
            progress.console.print(
                f'{folders[folder].folder}: {text}', markup=False,
                soft_wrap=True)
            progress.advance(task)

        outcomes = train_all(
            {folder: configs[cell] for folder, cell in folders.items()},
            [sys.executable, TRAIN], args.jobs, tell)
    return {folders[folder]: out for folder, out in outcomes.items()}


def show(rows: List[Row]) -> None:
    """Print the table."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    for ground in dict.fromkeys(row.ground for row in rows):
        table = Table(title=ground)
        for header in headers(rows):
            table.add_column(
                header, justify='left' if header == 'method' else 'right')
        for row in rows:
            if row.ground == ground:
                table.add_row(*cells_of(row))
        console.print(table)
    for note in notes(rows):
        console.print(note, markup=False, soft_wrap=True)


def compare(args: argparse.Namespace) -> List[Row]:
    """Train, show the table and write it; the rows."""
    cells = make_grid(args.configs, args.datasets, args.noise, args.seeds)
    configs = {cell: cell_config(cell, args.cfg_options, args.folds)
               for cell in cells}
    costs = {cell.method: model_cost(cfg)
             for cell, cfg in reversed(configs.items())}
    outcomes = train(configs, args)
    rows = summarise(outcomes, costs, args.metrics)
    show(rows)
    about = dict(configs=args.configs, datasets=args.datasets,
                 noise=args.noise, seeds=args.seeds, folds=args.folds,
                 cfg_options=args.cfg_options)
    for path in write_report(rows, args.work_dir, about):
        print(path)
    return rows


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Compare.

    Returns:
        int: 0, or 1 if a run failed.
    """
    args = parse_args(argv)
    init_default_scope('mmpretrain')
    if find_spec('scipy') is None:
        sys.exit('compare: the significance test needs scipy. Hint: pip '
                 "install 'mmfer[analysis]'")
    with exit_on_user_error():
        writable_folder(args.work_dir)
        with lock_folder(args.work_dir):
            rows = compare(args)
    return int(any(row.failed for row in rows))


if __name__ == '__main__':
    sys.exit(main())
