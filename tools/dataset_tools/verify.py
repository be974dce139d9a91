# Copyright (c) mmfer contributors.
"""Check the datasets of a config as they lie on disk.

Exit code 0: no errors; 1: errors in the data; 2: the check could not start.
"""
import argparse
import json
import os
import os.path as osp
import sys
import tempfile
from typing import Iterable, Optional, Sequence

from mmengine.config import Config, DictAction
from rich.console import Console
from rich.progress import track

import mmfer  # noqa: F401
from mmfer.analysis import verify_config
from mmfer.analysis.verification import (SPLITS, NoDatasetError,
                                         print_report)


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file with dataloaders')
    parser.add_argument(
        '--splits',
        nargs='+',
        choices=SPLITS,
        help='check only these splits; each must be on disk then')
    parser.add_argument(
        '--out',
        help='JSON report; defaults to work_dirs/verify/CONFIG_NAME.json')
    parser.add_argument(
        '--workers', type=int, default=2, help='threads that decode images')
    parser.add_argument(
        '--examples',
        type=int,
        default=5,
        help='cases of each finding to print; the JSON report has all')
    parser.add_argument(
        '--strict', action='store_true', help='warnings count as errors')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='override settings of the config, key=value')
    return parser.parse_args(args)


def fail(message: str) -> None:
    """End because the check cannot start."""
    print(f'verify: {message}', file=sys.stderr)
    sys.exit(2)


def read_config(args: argparse.Namespace) -> Config:
    """The config with the overrides of the command line."""
    if not osp.isfile(args.config):
        fail(f'{osp.abspath(args.config)}: no such config file')
    try:
        cfg = Config.fromfile(args.config)
        if args.cfg_options is not None:
            cfg.merge_from_dict(args.cfg_options)
    # A config is Python code: anything can happen in it.
    except Exception as error:
        fail(f'{osp.abspath(args.config)}: cannot be read as a config: '
             f'{type(error).__name__}: {error}')
    return cfg


def prepare_out(path: str) -> None:
    """Make sure, before the work, that the report can be written."""
    folder = osp.dirname(osp.abspath(path))
    try:
        os.makedirs(folder, exist_ok=True)
        if osp.isdir(path):
            raise IsADirectoryError('it is a folder')
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        fail(f'cannot write the report {osp.abspath(path)}: {error}. Remedy: '
             'name another file with --out')


def main(argv: Optional[Sequence[str]] = None) -> int:
    args = parse_args(argv)
    if args.workers < 1:
        fail(f'--workers must be positive, got {args.workers}')
    if args.examples < 0:
        fail(f'--examples must not be negative, got {args.examples}')
    cfg = read_config(args)
    name = osp.splitext(osp.basename(args.config))[0]
    out = args.out or osp.join('work_dirs', 'verify', f'{name}.json')
    prepare_out(out)
    bar = Console(stderr=True)

    def progress(results: Iterable, total: int) -> Iterable:
        return track(
            results, 'Decoding images', total, console=bar, transient=True)

    try:
        report = verify_config(cfg, args.splits, args.workers, args.strict,
                               progress)
    except NoDatasetError as error:
        fail(f'{osp.abspath(args.config)}: {error}')
    print_report(report, args.examples)
    with open(out, 'w', encoding='utf-8') as file:
        json.dump(
            dict(config=osp.abspath(args.config), **report),
            file,
            indent=1,
            default=str)
    print(f'Full lists: {osp.abspath(out)}')
    return 0 if report['passed'] else 1


if __name__ == '__main__':
    sys.exit(main())
