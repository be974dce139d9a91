# Copyright (c) mmfer contributors.
"""Cross-validate a config over subjects or data sets.

Every fold is a normal training in a folder of its own, tested on people that
it has never seen. Figures are computed once, over the predictions of all
folds.
"""
import argparse
import os.path as osp
import sys
from importlib.util import find_spec
from typing import Dict, List, Optional, Sequence, Tuple

from mmfer_cli import OptionAction

PROTOCOLS = dict(loso='one subject', kfold='one of K groups of subjects',
                 lodo='one data set')
EXAMPLES = """examples:
  leave one subject out, two folds at a time:
    python tools/cross_validate.py CONFIG --protocol loso --jobs 2
  ten folds of subjects, five seeds:
    python tools/cross_validate.py CONFIG --protocol kfold --folds 10 \\
        --seeds 0 1 2 3 4
  choose the epoch by a fifth of the training subjects:
    python tools/cross_validate.py CONFIG --protocol loso --inner-folds 5

Folds lie in WORK_DIR/seedSEED/FOLD. The same command goes on after an
interruption, with the first fold that is not finished. WORK_DIR/
cross_validation.{json,md} and confusion_matrix.{json,png} hold the result.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', metavar='CONFIG')
    parser.add_argument(
        '--protocol', required=True, choices=PROTOCOLS,
        help='what a fold leaves out: ' +
        ', '.join(f'{name}: {what}' for name, what in PROTOCOLS.items()))
    parser.add_argument('--folds', type=int, default=10, metavar='K',
                        help='of kfold (default: 10)')
    parser.add_argument('--split', default='all',
                        help='the split of the dataset that holds all '
                        'samples (default: all)')
    parser.add_argument('--inner-folds', type=int, default=0, metavar='K',
                        help="test the best epoch on one K-th of the training "
                        'subjects, who are not trained on (default: test the '
                        'last epoch)')
    parser.add_argument('--seeds', nargs='+', type=int, default=[0],
                        metavar='SEED', help='(default: 0)')
    parser.add_argument('--jobs', type=int, default=1,
                        help='folds at a time (default: 1)')
    parser.add_argument('--work-dir', help='(default: work_dirs/'
                        'NAME_OF_CONFIG-PROTOCOL)')
    parser.add_argument('--cfg-options', nargs='+', action=OptionAction,
                        default={}, metavar='KEY=VALUE',
                        help='settings laid over the config')
    args = parser.parse_args(args)
    if args.jobs < 1:
        parser.error(f'--jobs must be at least 1, got {args.jobs}')
    if args.inner_folds and args.inner_folds < 2:
        parser.error('--inner-folds must be at least 2, got '
                     f'{args.inner_folds}')
    name = osp.splitext(osp.basename(args.config))[0]
    args.work_dir = args.work_dir or osp.join('work_dirs',
                                              f'{name}-{args.protocol}')
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmengine.config import Config  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import (BarColumn, MofNCompleteColumn, Progress,
                           TextColumn, TimeElapsedColumn, TimeRemainingColumn)  # noqa: E402
from rich.table import Table  # noqa: E402
from mmfer.analysis.cross_validation import (  # noqa: E402
    Fold, Pool, Result, dataset_of, fold_config, make_folds, pool_results,
    pooled_metrics, read_pool, read_predictions, run_folds, write_report)
from mmfer.analysis.cross_validation.folds import absent_classes  # noqa: E402
from mmfer.analysis.cross_validation.report import tables  # noqa: E402
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.apis.outputs import writable_folder  # noqa: E402
from mmfer.apis.run import load_config, prepare_config  # noqa: E402
from mmfer.locks import lock_folder  # noqa: E402


def plan(cfg: Config, folds: Sequence[Fold], args: argparse.Namespace
         ) -> Dict[int, Dict[str, Config]]:
    """Seed -> folder of a fold -> its config."""
    configs: Dict[int, Dict[str, Config]] = {}
    for seed in args.seeds:
        folders = [osp.join(args.work_dir, f'seed{seed}', fold.name)
                   for fold in folds]
        configs[seed] = {
            folder: fold_config(cfg, fold, args.split, seed, folder)
            for fold, folder in zip(folds, folders)
        }
    return configs


def run(configs: Dict[str, Config], jobs: int) -> bool:
    """Run all folds, with a progress bar; whether all are finished."""
    with Progress(TextColumn('{task.description}'), BarColumn(),
                  MofNCompleteColumn(), TimeElapsedColumn(),
                  TimeRemainingColumn(),
                  console=Console(stderr=True)) as progress:
        task = progress.add_task('folds', total=len(configs))

        def tell(folder: str, problem: Optional[str]) -> None:
            if problem:
                progress.console.print(f'{folder} failed: {problem}',
                                       markup=False, soft_wrap=True)
            progress.advance(task)

        problems = run_folds(configs, jobs, tell)
    return not any(problems.values())


def pool_folds(configs: Dict[int, Dict[str, Config]], pool: Pool,
               evaluator: dict) -> Tuple[Dict[int, Result], List[str]]:
    """Seed -> result, and what a reader has to know of the metrics."""
    results, problems = {}, []
    for seed, part in configs.items():
        rows = read_predictions(list(part), pool)
        metrics, found = pooled_metrics(rows, pool, evaluator)
        results[seed] = pool_results(rows, pool, metrics)
        problems += found
    return results, list(dict.fromkeys(problems))


def show(results: Dict[int, Result], notes: List[str]) -> None:
    """Print the tables."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    for (first, *headers), *rows in tables(results):
        table = Table()
        table.add_column(first)
        for header in headers:
            table.add_column(header, justify='right')
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for note in notes:
        console.print(note, markup=False, soft_wrap=True)


def cross_validate(cfg: Config, pool: Pool, args: argparse.Namespace) -> int:
    """Run the folds, show their result and write it; the exit code."""
    folds = make_folds(pool, args.protocol, args.folds, args.inner_folds)
    configs = plan(cfg, folds, args)
    together = {folder: fold for part in configs.values()
                for folder, fold in part.items()}
    if not run(together, args.jobs):
        return 1
    results, problems = pool_folds(configs, pool, cfg.test_evaluator)
    epoch = (f'the best epoch on one {args.inner_folds}th of the training '
             'subjects' if args.inner_folds else 'the last epoch')
    notes = [f'{args.protocol}, {len(folds)} folds, {epoch}; counts of all '
             'folds pooled, seeds apart.', *absent_classes(pool, folds),
             *problems]
    show(results, notes)
    about = dict(config=args.config, protocol=args.protocol, split=args.split,
                 inner_folds=args.inner_folds, cfg_options=args.cfg_options,
                 folds=[fold._asdict() for fold in folds])
    for path in write_report(results, pool.classes, notes, args.work_dir,
                             about):
        print(path)
    return 0


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Cross-validate.

    Returns:
        int: 0, or 1 if a fold failed; there is no result then.
    """
    args = parse_args(argv)
    if find_spec('sklearn') is None:
        sys.exit('cross_validate: the figures need scikit-learn. Hint: pip '
                 "install 'mmfer[analysis]'")
    with exit_on_user_error():
        cfg = prepare_config(load_config(args.config), args.cfg_options)
        init_default_scope(cfg.get('default_scope', 'mmpretrain'))
        pool = read_pool(dataset_of(cfg, 'test_dataloader', args.split))
        writable_folder(args.work_dir)
        with lock_folder(args.work_dir):
            return cross_validate(cfg, pool, args)


if __name__ == '__main__':
    sys.exit(main())
