# Copyright (c) mmfer contributors.
"""Draw the learnt order of landmarks on the mean face."""
from argparse import Namespace

from mmpretrain import get_model

from mmfer.apis.arguments import make_parser, options_of, run_main
from mmfer.apis.run import check_file, load_config, prepare_config
from mmfer.visualization.landmark_tree import draw_landmark_trees

EXAMPLES = """
example:
  python tools/visualization/draw_landmark_trees.py \\
      configs/facetoponet/facetoponet_resnet18_1xb64_synthetic.py CHECKPOINT
"""


def parse_args() -> Namespace:
    """The command line."""
    parser = make_parser('Draw the tree of landmarks of each stream on the '
                         'mean face of the training set.', EXAMPLES)
    parser.add_argument('checkpoint', help='checkpoint, a file')
    parser.add_argument(
        '--out', default='landmark_trees.png',
        help='the figure to write. Defaults to landmark_trees.png')
    return parser.parse_args()


def main(args: Namespace) -> None:
    """Draw."""
    cfg = prepare_config(load_config(args.config), **options_of(args))
    model = get_model(cfg, pretrained=check_file(args.checkpoint))
    draw_landmark_trees(model, args.out)
    print(f'drawn: {args.out}')


if __name__ == '__main__':
    run_main(main, parse_args())
