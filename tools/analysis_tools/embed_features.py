# Copyright (c) mmfer contributors.
"""Draw the features of faces on a plane by t-SNE or UMAP."""
import os.path as osp
from argparse import Namespace
from typing import Optional, Sequence

from mmfer_cli import make_analysis_parser

EXAMPLES = """
examples:
  python tools/analysis_tools/embed_features.py CONFIG CHECKPOINT
  python tools/analysis_tools/embed_features.py CONFIG CHECKPOINT \\
      --method umap --split train --number 4000

METHOD.png, and METHOD.npz with points, labels and places in the set, are
written.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> Namespace:
    """The command line."""
    parser = make_analysis_parser(__doc__, EXAMPLES)
    parser.add_argument('--method', choices=['tsne', 'umap'], default='tsne',
                        help='Defaults to tsne')
    parser.add_argument(
        '--number', type=int, default=2000, help='faces at most, all classes '
        'alike. Defaults to 2000')
    parser.add_argument('--seed', type=int, default=0, help='Defaults to 0')
    return parser.parse_args(args)


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

import numpy as np  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.analysis.command_line import read_config  # noqa: E402
from mmfer.analysis.embedding import (  # noqa: E402
    draw_embedding, embed_features, require_method)
from mmfer.analysis.predictions import collect_predictions  # noqa: E402
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.visualization.prediction_sheet import choose_samples  # noqa: E402


def main(args: Namespace) -> None:
    """Embed and draw."""
    require_method(args.method)
    found = collect_predictions(read_config(args), args.checkpoint,
                                args.split, features=True)
    chosen = choose_samples(found.labels, args.number)
    labels = found.labels[chosen]
    points = embed_features(found.features[chosen], args.method, args.seed)
    stem = osp.join(args.out, args.method)
    np.savez(f'{stem}.npz', points=points, labels=labels,
             places=np.array(chosen))
    draw_embedding(points, labels, found.classes, f'{stem}.png',
                   f'{args.method} of {len(chosen)} faces, {args.split}')
    print(f'drawn: {osp.abspath(stem)}.png')


if __name__ == '__main__':
    run_main(main, parse_args())
