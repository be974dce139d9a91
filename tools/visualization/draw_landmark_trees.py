# Copyright (c) mmfer contributors.
"""Draw the learnt order of landmarks on the mean face."""
from argparse import Namespace

from mmfer_cli import make_parser

EXAMPLES = """
example:
  python tools/visualization/draw_landmark_trees.py \\
      configs/facetoponet/facetoponet_resnet18_1xb64_synthetic.py CHECKPOINT
"""


def parse_args() -> Namespace:
    """The command line."""
    parser = make_parser('Draw the tree of landmarks of each stream on the '
                         'mean face of the training set.', EXAMPLES,
                         runs=False)
    parser.add_argument('checkpoint', help='checkpoint, a file')
    parser.add_argument(
        '--out', default='landmark_trees.png',
        help='the figure to write. Defaults to landmark_trees.png')
    return parser.parse_args()


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.models import load_model  # noqa: E402
from mmfer.apis.outputs import writable_figure  # noqa: E402
from mmfer.apis.run import load_config  # noqa: E402
from mmfer.visualization.landmark_tree import draw_landmark_trees  # noqa: E402


def main(args: Namespace) -> None:
    """Draw."""
    writable_figure(args.out)
    cfg = load_config(args.config, args.cfg_options)
    model = load_model(cfg, args.checkpoint, 'cpu').model
    draw_landmark_trees(model, args.out)
    print(f'drawn: {args.out}')


if __name__ == '__main__':
    run_main(main, parse_args())
