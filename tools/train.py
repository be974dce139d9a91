# Copyright (c) mmfer contributors.
"""Train a model from a config."""
from argparse import Namespace

from mmfer_cli import make_parser

EXAMPLES = """
examples:
  train, into work_dirs/resnet18_1xb64_rafdb:
    python tools/train.py configs/baseline/resnet18_1xb64_rafdb.py
  data elsewhere, smaller batch, scaled learning rate:
    python tools/train.py CONFIG --auto-scale-lr --cfg-options \\
        train_dataloader.dataset.data_root=/data/rafdb \\
        train_dataloader.batch_size=16
  go on after an interruption:
    python tools/train.py CONFIG --resume
  two processes, on GPUs or on the CPU:
    bash tools/dist_train.sh CONFIG 2
"""


def parse_args() -> Namespace:
    """The command line."""
    parser = make_parser('Train a model.', EXAMPLES)
    parser.add_argument(
        '--resume', nargs='?', const='auto', metavar='CHECKPOINT',
        help='resume from this checkpoint; without a name, from the latest in '
        'the work folder')
    parser.add_argument(
        '--amp', action='store_true',
        help='mixed precision with loss scaling; needs a GPU')
    parser.add_argument(
        '--no-validate', action='store_true', help='do not validate')
    parser.add_argument(
        '--auto-scale-lr', action='store_true',
        help='scale the learning rate by the real batch size over the one '
        'that the config was made for')
    return parser.parse_args()


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmfer.apis.arguments import options_of, run_main  # noqa: E402
from mmfer.apis.run import (  # noqa: E402
    build_runner, load_config, prepare_config, set_training)
from mmfer.apis.processes import end_on_interrupt  # noqa: E402
from mmfer.locks import lock_folder  # noqa: E402


def main(args: Namespace) -> None:
    """Train."""
    end_on_interrupt()
    cfg = load_config(args.config)
    prepare_config(cfg, **options_of(args))
    set_training(cfg, args.resume, args.amp, not args.no_validate,
                 args.auto_scale_lr)
    with lock_folder(cfg.work_dir, cfg.launcher):
        build_runner(cfg).train()


if __name__ == '__main__':
    run_main(main, parse_args())
