# Copyright (c) mmfer contributors.
"""Draw where the labels went that a run has corrected."""
import os.path as osp
from argparse import ArgumentParser, Namespace
from typing import Optional, Sequence


def parse_args(args: Optional[Sequence[str]] = None) -> Namespace:
    """The command line."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('work_dir', help='the work folder of a run with a '
                        'label bank')
    parser.add_argument(
        '--out', help='the figure to write. Defaults to correction_flow.png '
        'in the work folder')
    return parser.parse_args(args)


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

import mmfer  # noqa: E402,F401
from mmfer.analysis.correction_flow import (  # noqa: E402
    correction_flow, draw_correction_flow, read_corrections)
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.outputs import writable_figure  # noqa: E402


def main(args: Namespace) -> None:
    """Draw."""
    flow = correction_flow(
        read_corrections(osp.join(args.work_dir, 'corrections.jsonl')))
    out = writable_figure(
        args.out or osp.join(args.work_dir, 'correction_flow.png'))
    draw_correction_flow(flow, out)
    print(f'{flow.counts.sum()} corrected samples, drawn: {out}')


if __name__ == '__main__':
    run_main(main, parse_args())
