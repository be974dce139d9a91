# Copyright (c) mmfer contributors.
"""Draw test faces with their predictions."""
from argparse import Namespace

from mmfer_cli import make_parser

EXAMPLES = """
examples:
  twenty-four faces of the test set, all classes in turn:
    python tools/visualization/draw_predictions.py CONFIG CHECKPOINT
  another set:
    python tools/visualization/draw_predictions.py CONFIG CHECKPOINT \\
        --cfg-options test_dataloader.dataset.split=valid
"""


def parse_args() -> Namespace:
    """The command line."""
    parser = make_parser('Draw test faces with true and predicted '
                         'expressions and all scores.', EXAMPLES, runs=False)
    parser.add_argument('checkpoint', help='checkpoint, a file')
    parser.add_argument(
        '--out', default='predictions.png',
        help='the figure to write. Defaults to predictions.png')
    parser.add_argument(
        '--number', type=int, default=24, help='faces. Defaults to 24')
    return parser.parse_args()


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmpretrain.registry import DATASETS  # noqa: E402
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.models import load_model  # noqa: E402
from mmfer.apis.outputs import writable_figure  # noqa: E402
from mmfer.apis.run import load_config  # noqa: E402
from mmfer.visualization.prediction_sheet import draw_predictions  # noqa: E402


def main(args: Namespace) -> None:
    """Draw."""
    writable_figure(args.out)
    cfg = load_config(args.config, args.cfg_options)
    model = load_model(cfg, args.checkpoint, 'cpu').model
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    draw_predictions(model, dataset, args.out, args.number)
    print(f'drawn: {args.out}')


if __name__ == '__main__':
    run_main(main, parse_args())
