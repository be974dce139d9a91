# Copyright (c) mmfer contributors.
"""Tables of each class and each person, and the confusion matrix."""
import os.path as osp
import sys
from argparse import Namespace
from typing import Any, Dict, List, Optional, Sequence

from rich.console import Console
from rich.table import Table

import mmfer  # noqa: F401
from mmfer.analysis.class_tables import (class_table, subject_table,
                                         write_rows)
from mmfer.analysis.command_line import make_parser, read_config
from mmfer.analysis.predictions import collect_predictions
from mmfer.apis.arguments import run_main
from mmfer.evaluation import count_confusions, save_confusion_matrix

EXAMPLES = """
examples:
  python tools/analysis_tools/class_tables.py CONFIG CHECKPOINT
  python tools/analysis_tools/class_tables.py CONFIG CHECKPOINT --split val

confusion_matrix.png and .json, classes.csv and, where subjects are known,
subjects.csv are written.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> Namespace:
    """The command line."""
    return make_parser(__doc__, EXAMPLES).parse_args(args)


def show(title: str, rows: List[Dict[str, Any]]) -> None:
    """Print rows as a table."""
    table = Table(*rows[0], title=title)
    for row in rows:
        table.add_row(*(
            f'{v:.2f}' if isinstance(v, float) else '' if v is None else str(v)
            for v in row.values()))
    # A file or a pipe has no width of its own.
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def main(args: Namespace) -> None:
    """Count and write."""
    found = collect_predictions(read_config(args), args.checkpoint,
                                args.split)
    predicted = found.scores.argmax(1)
    matrix = count_confusions(found.labels, predicted, len(found.classes))
    save_confusion_matrix(matrix, found.classes,
                          osp.join(args.out, 'confusion_matrix'))
    rows = class_table(matrix, found.classes)
    show('Classes', rows)
    write_rows(rows, osp.join(args.out, 'classes.csv'))
    if any(found.subjects):
        rows = subject_table(found.labels, predicted, found.subjects)
        show('The ten worst subjects', rows[:10])
        write_rows(rows, osp.join(args.out, 'subjects.csv'))
    print(f'written: {osp.abspath(args.out)}')


if __name__ == '__main__':
    run_main(main, parse_args())
