# Copyright (c) mmfer contributors.
"""Draw how sure and how right a model is, before and after temperature
scaling."""
import json
import os.path as osp
from argparse import Namespace
from typing import Optional, Sequence

from mmfer_cli import make_analysis_parser

EXAMPLES = """
examples:
  python tools/analysis_tools/reliability.py CONFIG CHECKPOINT

reliability.png and reliability.json are written. The error after scaling is
cross-fitted: each half of the set is scaled by the temperature of the other.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> Namespace:
    """The command line."""
    parser = make_analysis_parser(__doc__, EXAMPLES)
    parser.add_argument('--bins', type=int, default=15,
                        help='bins of the confidence. Defaults to 15')
    arguments = parser.parse_args(args)
    if arguments.bins < 1:
        parser.error('--bins must be at least 1')
    return arguments


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

import mmfer  # noqa: E402,F401
from mmfer.analysis.calibration import (  # noqa: E402
    cross_fitted, draw_reliability, fit_temperature, reliability)
from mmfer.analysis.command_line import read_config  # noqa: E402
from mmfer.analysis.predictions import collect_predictions  # noqa: E402
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.files import atomic_write  # noqa: E402


def main(args: Namespace) -> None:
    """Compare and draw."""
    found = collect_predictions(read_config(args), args.checkpoint,
                                args.split)
    before = reliability(found.scores, found.labels, args.bins)
    after = reliability(cross_fitted(found.scores, found.labels),
                        found.labels, args.bins)
    temperature = fit_temperature(found.scores, found.labels)
    stem = osp.join(args.out, 'reliability')
    draw_reliability(before, after, f'{stem}.png')
    with atomic_write(f'{stem}.json') as file:
        json.dump(
            dict(
                samples=len(found.labels), temperature=temperature,
                ece=before.ece, ece_scaled=after.ece), file, indent=1)
    print(f'temperature {temperature:.4f}; ECE {before.ece:.4f}, scaled '
          f'{after.ece:.4f}\ndrawn: {osp.abspath(stem)}.png')


if __name__ == '__main__':
    run_main(main, parse_args())
