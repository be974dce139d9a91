# Copyright (c) mmfer contributors.
"""Lay decisions made on the page of an audit over its corrected labels."""
import os.path as osp
from argparse import ArgumentParser, Namespace
from typing import Optional, Sequence


def parse_args(args: Optional[Sequence[str]] = None) -> Namespace:
    """The command line."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('labels', help='labels.csv of the audit')
    parser.add_argument('decisions', help='decisions.csv that the page saved')
    parser.add_argument(
        '--out', help='the file to write. Defaults to decided_NAME beside '
        'the labels')
    return parser.parse_args(args)


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

import mmfer  # noqa: E402,F401
from mmfer.analysis.audit import (  # noqa: E402
    apply_decisions, read_labels, write_labels)
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.outputs import writable_file  # noqa: E402


def main(args: Namespace) -> None:
    """Apply."""
    folder, name = osp.split(args.labels)
    before = read_labels(args.labels)
    after = apply_decisions(before, args.decisions, name)
    out = writable_file(args.out or osp.join(folder, f'decided_{name}'))
    write_labels(out, after)
    changed = sum(after[key] != before[key] for key in after)
    print(f'{out}: {changed} of {len(after)} labels decided otherwise')


if __name__ == '__main__':
    run_main(main, parse_args())
