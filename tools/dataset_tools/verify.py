# Copyright (c) mmfer contributors.
"""Check the datasets of a config as they lie on disk.

Exit code 0: no errors; 1: errors in the data; 2: the check could not start.
"""
import argparse
import json
import os.path as osp
import sys
from typing import Iterable, Optional, Sequence

from mmfer_cli import OptionAction, check_positive


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file with dataloaders')
    parser.add_argument(
        '--splits',
        nargs='+',
        choices=['train', 'val', 'test'],
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
        action=OptionAction,
        default={},
        metavar='KEY=VALUE',
        help='settings laid over the config')
    arguments = parser.parse_args(args)
    check_positive(arguments, parser, ['workers'])
    if arguments.examples < 0:
        parser.error('--examples must not be negative, got '
                     f'{arguments.examples}')
    return arguments


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.analysis import verify_config  # noqa: E402
from mmfer.analysis.verification import (  # noqa: E402
    NoDatasetError, print_report)
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.apis.outputs import writable_file  # noqa: E402
from mmfer.apis.run import load_config  # noqa: E402
from mmfer.files import atomic_write  # noqa: E402


def main(argv: Optional[Sequence[str]] = None) -> int:
    args = parse_args(argv)
    name = osp.splitext(osp.basename(args.config))[0]
    out = args.out or osp.join('work_dirs', 'verify', f'{name}.json')
    with exit_on_user_error(2):
        cfg = load_config(args.config, args.cfg_options)
        writable_file(out)
    bar = Console(stderr=True)

    def progress(results: Iterable, total: int) -> Iterable:
        return track(
            results, 'Decoding images', total, console=bar, transient=True)

    try:
        report = verify_config(cfg, args.splits, args.workers, args.strict,
                               progress)
    except NoDatasetError as error:
        print(f'{osp.abspath(args.config)}: {error}', file=sys.stderr)
        sys.exit(2)
    print_report(report, args.examples)
    with atomic_write(out) as file:
        json.dump(
            dict(config=osp.abspath(args.config), **report),
            file,
            indent=1,
            default=str)
    print(f'Full lists: {osp.abspath(out)}')
    return 0 if report['passed'] else 1


if __name__ == '__main__':
    sys.exit(main())
