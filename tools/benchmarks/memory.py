# Copyright (c) mmfer contributors.
"""Simulate samplers and a label bank for very many samples.

Nothing is trained: labels are drawn at random, samplers begin an epoch and
give all indices, and a label bank is filled. Each part runs in a process
of its own; its peak counts from there.
"""
import argparse
import sys
from functools import partial
from typing import Optional, Sequence

from mmfer_cli import add_report_arguments, check_json, check_positive, chosen

VARIANTS = ('DefaultSampler', 'ClassBalancedSampler', 'LabelBank')
EXAMPLES = """
variants:
  DefaultSampler        MMEngine's: a list of Python integers each epoch
  ClassBalancedSampler  ours
  LabelBank             ours, with labels, distributions and confidence of
                        each sample, and what an epoch may stage

example:
  python tools/benchmarks/memory.py --samples 10_000_000

--json FILE holds benchmark, format, environment, settings, results and
skipped; the value is the seconds to begin and run through an epoch (of the
bank: to fill it), peak_mib the growth of resident memory meanwhile.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--samples', type=int, default=10_000_000,
                        help='how many (default: 10_000_000)')
    parser.add_argument('--classes', type=int, default=8,
                        help='classes (default: 8)')
    add_report_arguments(parser, repeats=1)
    args = parser.parse_args(args)
    check_positive(args, parser, ('samples', 'classes', 'repeats'))
    check_json(args.json, parser)
    args.variants = chosen(list(VARIANTS), args.only, parser)
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmfer.analysis.benchmarking import (  # noqa: E402
    Repeat, alone, finish, interleave, summarise)
from mmfer.analysis.benchmarking.memory import simulate  # noqa: E402


def main(argv: Optional[Sequence[str]] = None) -> int:
    args = parse_args(argv)
    runs = interleave(
        {name: partial(alone, simulate, name, args.samples, args.classes)
         for name in args.variants}, args.repeats, lambda run: run())
    repeats = {name: [Repeat(r['seconds'], r['peak']) for r in results]
               for name, results in runs.items()}
    settings = dict(samples=args.samples, classes=args.classes,
                    repeats=args.repeats)
    finish('memory', settings,
           summarise(repeats, 'seconds',
                     task=f'{args.samples:,} samples (simulated)'), {},
           args.json)
    return 0


if __name__ == '__main__':
    sys.exit(main())
