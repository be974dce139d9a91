# Copyright (c) mmfer contributors.
"""Compute the optical flow of all clips of a config once, before training.

The flows go to the cache_dir of ReadFlow in the pipeline, where training
finds them. An interrupted run goes on where it stopped. Exit code 0: all
flows are there; 1: some clips are unusable, or it did not work.
"""
import argparse
import sys
from functools import partial
from typing import Optional, Sequence

from mmfer_cli import OptionAction

EXAMPLES = """examples:
  python tools/dataset_tools/cache_flow.py CONFIG --workers 8
  python tools/dataset_tools/cache_flow.py CONFIG --split test
"""


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config whose pipeline has ReadFlow '
                        'with a cache_dir')
    parser.add_argument(
        '--split', choices=['train', 'val', 'test'], default='train',
        help='which dataloader of the config. Defaults to train')
    parser.add_argument(
        '--workers', type=int, default=2,
        help='processes that compute. Defaults to 2')
    parser.add_argument(
        '--cfg-options', nargs='+', action=OptionAction, default={},
        metavar='KEY=VALUE', help='settings laid over the config')
    arguments = parser.parse_args(args)
    if arguments.workers < 0:
        parser.error('--workers must not be negative, got '
                     f'{arguments.workers}')
    return arguments


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmengine.registry import init_default_scope  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.inference import show_progress  # noqa: E402
from mmfer.apis.run import load_config, loader_of  # noqa: E402
from mmfer.datasets.flow_caching import fill_flow_cache  # noqa: E402


def main(args: argparse.Namespace) -> None:
    cfg = load_config(args.config, args.cfg_options)
    clips = loader_of(cfg, args.split).dataset
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    problems = fill_flow_cache(clips.to_dict(), args.workers,
                               partial(show_progress, what='clips'))
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(f'{len(problems)} clips are unusable')
    print('all flows are there')


if __name__ == '__main__':
    run_main(main, parse_args())
