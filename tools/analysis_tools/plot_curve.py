# Copyright (c) mmfer contributors.
"""Draw the training curve of a run."""
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mmfer.analysis.training_curve import draw_curves, read_curves


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


def main() -> None:
    """Draw."""
    args = parse_args()
    path = Path(args.work_dir)
    out = args.out or str(path / 'curve.png')
    try:
        draw_curves(read_curves(args.work_dir), out, args.metric, path.name)
    except (FileNotFoundError, KeyError) as error:
        raise SystemExit(f'{type(error).__name__}: {error.args[0]}')
    print(f'drawn: {out}')


if __name__ == '__main__':
    main()
