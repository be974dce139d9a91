# Copyright (c) mmfer contributors.
"""Draw the training curve of a run."""
from argparse import ArgumentParser, Namespace
from pathlib import Path


def parse_args() -> Namespace:
    """The command line."""
    parser = ArgumentParser(
        description='Draw training loss and a metric over the epochs, also of '
        'a run that was resumed.')
    parser.add_argument('work_dir', help='the work folder of the run')
    parser.add_argument(
        '--metric', default='expr/accuracy',
        help='the metric to draw. Defaults to expr/accuracy')
    parser.add_argument(
        '--out', help='the figure to write. Defaults to curve.png in the '
        'work folder')
    return parser.parse_args()


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmfer.analysis.training_curve import (  # noqa: E402
    draw_curves, read_curves)
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.outputs import writable_figure  # noqa: E402


def main(args: Namespace) -> None:
    """Draw."""
    path = Path(args.work_dir)
    curves = read_curves(args.work_dir)
    out = writable_figure(args.out or str(path / 'curve.png'))
    draw_curves(curves, out, args.metric, path.name)
    print(f'drawn: {out}')


if __name__ == '__main__':
    run_main(main, parse_args())
