# Copyright (c) mmfer contributors.
"""What the command lines of the benchmarks share."""
import argparse
import os
from typing import List, Optional

import torch


def add_report_arguments(parser: argparse.ArgumentParser,
                         repeats: int = 5) -> None:
    """``--json``, ``--repeats`` and ``--only``, alike in all benchmarks."""
    parser.add_argument('--json', metavar='FILE',
                        help='write all figures to this file')
    parser.add_argument('--repeats', type=int, default=repeats,
                        help='how often each variant runs; they take turns '
                        f'(default: {repeats})')
    parser.add_argument('--only', nargs='+', metavar='VARIANT',
                        help='only these variants, the first is the base of '
                        'the ratios')


def add_threads_argument(parser: argparse.ArgumentParser,
                         what: str = 'torch') -> None:
    """``--threads`` of ``what``, two unless said otherwise."""
    parser.add_argument('--threads', type=int, default=2,
                        help=f'threads of {what} (default: 2)')


def add_device_argument(parser: argparse.ArgumentParser) -> None:
    """``--device``; see :func:`~mmfer.apis.models.known_device`."""
    parser.add_argument('--device', default='cuda' if
                        torch.cuda.is_available() else 'cpu',
                        help='where to compute (default: cuda if there)')


def chosen(names: List[str], only: Optional[List[str]],
           parser: argparse.ArgumentParser) -> List[str]:
    """The variants that ``--only`` leaves, in its order."""
    unknown = [name for name in only or () if name not in names]
    if unknown:
        parser.error(f'--only {" ".join(unknown)}: no such variant; there '
                     f'are {" ".join(names)}')
    return list(dict.fromkeys(only)) if only else names


def check_json(path: Optional[str], parser: argparse.ArgumentParser) -> None:
    """Refuse, before the work, a JSON file that cannot be written."""
    folder = os.path.dirname(os.path.abspath(path)) if path else ''
    if path and (os.path.isdir(path) or not os.path.isdir(folder)
                 or not os.access(folder, os.W_OK)):
        parser.error(f'--json {path}: cannot be written. Remedy: name a file '
                     'in a folder that exists')
