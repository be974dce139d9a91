# Copyright (c) mmfer contributors.
"""Find wrong labels in a training set."""
import os.path as osp
import sys
from argparse import Namespace
from typing import Dict, Iterable, Optional, Sequence

from mmfer_cli import make_analysis_parser

SIGNALS = dict(
    out_of_fold='confident learning on probabilities of classifiers that have '
    'not seen the label',
    probability='1 - the probability that the model gives to the label',
    confidence='1 - how far the model says that it trusts the sample',
    history='the label bank has changed the label in training',
    neighbors='share of like faces that have another label',
    duplicates='share of the copies of the image that have another label')
EXAMPLES = """
examples:
  all signals that can be had:
    python tools/analysis_tools/audit_labels.py CONFIG CHECKPOINT
  two of them, and a label corrected only where both agree:
    python tools/analysis_tools/audit_labels.py CONFIG CHECKPOINT \\
        --signals out_of_fold neighbors --least-agreement 1

audit.html shows the most suspicious labels with pictures and evidence;
audit.csv lists all of them. labels.csv holds the corrected labels; to train
on them, give the dataset noise=dict(type='FileNoise', file='.../labels.csv').

signals:
""" + '\n'.join(f'  {name:12s} {text}' for name, text in SIGNALS.items())


def parse_args(args: Optional[Sequence[str]] = None) -> Namespace:
    """The command line."""
    parser = make_analysis_parser(
        'Find wrong labels in the training set of a config.',
                         EXAMPLES, splits=False)
    parser.add_argument(
        '--signals', nargs='+', choices=list(SIGNALS), metavar='NAME',
        help='what to go by; each must be available then. Defaults to all '
        'that are')
    parser.add_argument(
        '--neighbor-index', metavar='FILE', help='neighbours that '
        'tools/dataset_tools/build_neighbors.py found. Defaults to neighbours '
        "in the model's features")
    parser.add_argument(
        '--folds', type=int, default=5, help='folds of the out-of-fold '
        'probabilities. Defaults to 5')
    parser.add_argument(
        '--train-folds', action='store_true', help='train a network without '
        'each fold for them, which takes so many trainings; else a linear '
        "classifier on the model's features, which has seen all labels")
    parser.add_argument(
        '--least-agreement', type=float, default=0.75, help='share of the '
        'signals that must agree on a label to correct it. Defaults to 0.75')
    parser.add_argument(
        '--top', type=int, default=500,
        help='samples on the page. Defaults to 500')
    parser.add_argument(
        '--workers', type=int, default=2, help='threads that decode images '
        'and look for neighbours. Defaults to 2')
    arguments = parser.parse_args(args)
    for name, least in (('folds', 2), ('top', 1), ('workers', 1)):
        if getattr(arguments, name) < least:
            parser.error(f'--{name} must be at least {least}')
    if not 0 < arguments.least_agreement <= 1:
        parser.error('--least-agreement must lie in (0, 1]')
    return arguments


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402
from rich.table import Table  # noqa: E402
from mmengine.config import Config  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.analysis.audit import (  # noqa: E402
    Audit, audit_labels, audit_rows, held_out_scores, label_files,
    train_folds, write_label_files, write_page)
from mmfer.analysis.class_tables import write_rows  # noqa: E402
from mmfer.analysis.command_line import read_config  # noqa: E402
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.run import load_config  # noqa: E402
from mmfer.locks import lock_folder  # noqa: E402

TRAIN = osp.join(osp.dirname(osp.dirname(osp.abspath(__file__))), 'train.py')


def fold_scores(args: Namespace) -> np.ndarray:
    """Out-of-fold probabilities of networks that are trained for them."""
    cfg = load_config(args.config, args.cfg_options)
    folder = osp.join(args.out, 'folds')
    checkpoints = train_folds(
        cfg, folder, args.folds, [sys.executable, TRAIN],
        lambda run, outcome: print(f'{run}: '
                                   f'{outcome.problem or "trained"}'))
    return held_out_scores(cfg, checkpoints, folder)


def describe(audit: Audit, args: Namespace,
             corrected: np.ndarray) -> Dict[str, str]:
    """What the page tells of the audit."""
    labels = audit.predictions.labels
    changed = int((corrected != labels).sum())
    return {
        'config': osp.basename(args.config),
        'checkpoint': osp.basename(args.checkpoint),
        'samples': str(len(labels)),
        'corrected': f'{changed}, where {100 * args.least_agreement:g} % or '
        'more of the signals agree'
    }


def show(audit: Audit) -> None:
    """Print what could not be had, and how good the ranking is where label
    noise was added on purpose."""
    console = Console()
    for name, why in audit.missing.items():
        console.print(f'without {name}: {why}', markup=False, soft_wrap=True)
    weights, quality = audit.ranking.weights, audit.quality()
    if not quality:
        told = ', '.join(f'{name} {w:.2f}' for name, w in weights.items())
        console.print(f'weights of the signals: {told}', soft_wrap=True)
        return
    table = Table(title='Known label noise found')
    for header in ('ranking', 'weight', 'precision of the top 10 %', 'AUC'):
        table.add_column(header)
    for name, values in quality.items():
        weight = f'{weights[name]:.2f}' if name in weights else ''
        table.add_row(name, weight, f"{100 * values['precision']:.2f} %",
                      f"{values['auc']:.4f}")
    console.print(table)


def main(args: Namespace) -> None:
    """Audit."""
    cfg = read_config(args)
    with lock_folder(args.out):
        audit_config(cfg, args)


def audit_config(cfg: Config, args: Namespace) -> None:
    """Audit, and write the results."""

    def progress(results: Iterable, total: int) -> Iterable:
        return track(results, 'Decoding images', total,
                     console=Console(stderr=True), transient=True)

    audit = audit_labels(
        cfg, args.checkpoint, args.signals,
        neighbor_index=args.neighbor_index, num_folds=args.folds,
        fold_scores=fold_scores(args) if args.train_folds else None,
        workers=args.workers, track=progress)
    labels = audit.predictions.labels
    corrected = audit.ranking.corrected(labels, args.least_agreement)
    files = label_files(audit.predictions.dataset)
    rows = audit_rows(audit, files, corrected)
    table, page = (osp.join(args.out, f'audit.{end}') for end in
                   ('csv', 'html'))
    paths = write_label_files(files, corrected, args.out)
    write_rows(rows, table)
    write_page(audit, rows[:args.top], page, 'Label audit',
               describe(audit, args, corrected))
    show(audit)
    print(f'{int((corrected != labels).sum())} of {len(labels)} labels '
          'corrected')
    print(*(osp.abspath(path) for path in (page, table, *paths)), sep='\n')


if __name__ == '__main__':
    run_main(main, parse_args())
