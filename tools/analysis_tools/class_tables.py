# Copyright (c) mmfer contributors.
"""Tables of each class and each person, and the confusion matrix."""
import os.path as osp
import sys
from argparse import Namespace
from typing import Any, Dict, List, Optional, Sequence

from mmfer_cli import make_analysis_parser

EXAMPLES = """
examples:
  python tools/analysis_tools/class_tables.py CONFIG CHECKPOINT
  python tools/analysis_tools/class_tables.py CONFIG CHECKPOINT --split val

confusion_matrix.png and .json, classes.csv and, where subjects are known,
subjects.csv are written.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> Namespace:
    """The command line."""
    return make_analysis_parser(__doc__, EXAMPLES).parse_args(args)


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.analysis.class_tables import (  # noqa: E402
    class_table, subject_table, write_rows)
from mmfer.analysis.command_line import read_config  # noqa: E402
from mmfer.analysis.predictions import collect_predictions  # noqa: E402
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.evaluation import (  # noqa: E402
    count_confusions, save_confusion_matrix)


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
