# Copyright (c) mmfer contributors.
"""Test a checkpoint."""
from argparse import Namespace

from mmfer_cli import make_parser

EXAMPLES = """
examples:
  test, and write every prediction:
    python tools/test.py CONFIG CHECKPOINT --out predictions.csv
  the same on other data:
    python tools/test.py CONFIG CHECKPOINT \\
        --cfg-options test_dataloader.dataset.data_root=/data/rafdb
  average over each face and its mirror, and draw every tenth:
    python tools/test.py CONFIG CHECKPOINT --tta --show-dir drawn --interval 10
"""


def parse_args() -> Namespace:
    """The command line."""
    parser = make_parser('Test a checkpoint.', EXAMPLES)
    parser.add_argument('checkpoint', help='checkpoint, a file or URL')
    parser.add_argument(
        '--out', metavar='FILE', help='write path, label, prediction and '
        'scores of every sample to this .csv or .json file')
    parser.add_argument(
        '--amp', action='store_true', help='test in mixed precision')
    parser.add_argument(
        '--tta', action='store_true', help="average over the config's "
        'tta_pipeline; without one, over each face and its mirror')
    parser.add_argument(
        '--show', action='store_true', help='show predictions in a window')
    parser.add_argument('--show-dir', help='draw predictions into this folder')
    parser.add_argument(
        '--interval', type=int, default=1,
        help='draw every so many samples. Defaults to 1')
    parser.add_argument(
        '--wait-time', type=float, default=2,
        help='seconds for which --show shows each. Defaults to 2')
    args = parser.parse_args()
    if args.tta and (args.show or args.show_dir):
        parser.error('--show and --show-dir draw one picture a sample; leave '
                     '--tta out')
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmfer.apis.arguments import options_of, run_main  # noqa: E402
from mmfer.apis.predictions import SavePredictions  # noqa: E402
from mmfer.apis.run import (  # noqa: E402
    build_runner, load_config, prepare_config, set_drawing, set_testing)


def main(args: Namespace) -> None:
    """Test."""
    cfg = load_config(args.config)
    prepare_config(cfg, **options_of(args))
    set_testing(cfg, args.checkpoint, args.amp, args.tta)
    out = SavePredictions(args.out) if args.out else None
    if args.show or args.show_dir:
        set_drawing(cfg, args.show, args.show_dir, args.interval,
                    args.wait_time)
    runner = build_runner(cfg)
    if out:
        runner.test_evaluator.metrics.append(out)
        out.dataset_meta = runner.test_dataloader.dataset.metainfo
    runner.test()


if __name__ == '__main__':
    run_main(main, parse_args())
