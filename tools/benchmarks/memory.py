# Copyright (c) mmfer contributors.
"""Simulate samplers and a label bank for very many samples.

Nothing is trained: labels are drawn at random, samplers begin an epoch and
give all its indices, and the buffers that a label bank holds for each sample
are made as plain tensors, to see how much memory they take. Each part runs in
a process of its own; its peak counts from there.
"""
import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Dict, Optional, Sequence

import numpy as np
import torch

import mmfer  # noqa: F401
from mmfer.analysis.benchmarking import (PeakMemory, Repeat,
                                         add_report_arguments, check_json,
                                         chosen, finish, interleave,
                                         summarise)
from mmfer.registry import DATA_SAMPLERS

EXAMPLES = """
variants:
  DefaultSampler        MMEngine's: a list of Python integers each epoch
  ClassBalancedSampler  ours
  label bank            given and current label (int64), soft label (float32
                        of --classes), confidence's sum and last value
                        (float32): a plan, as tensors

example:
  python tools/benchmarks/memory.py --samples 10_000_000

--json FILE holds benchmark, format, environment, settings, results and
skipped; the value is the seconds to begin and run through an epoch (of the
bank: to fill it), peak_mib the growth of resident memory meanwhile.
"""


class Labels:
    """A dataset of which only the labels are known."""

    def __init__(self, labels: np.ndarray) -> None:
        self.labels = labels

    def __len__(self) -> int:
        """The number of samples."""
        return len(self.labels)

    def get_gt_labels(self) -> np.ndarray:
        """int64 of shape ``(N, )``."""
        return self.labels


def simulate(variant: str, samples: int, classes: int) -> Dict[str, float]:
    """Seconds and peak memory of a variant, in this process."""
    labels = np.random.default_rng(0).integers(classes, size=samples)
    peak = PeakMemory()
    begin = time.perf_counter()
    if variant == 'label bank':
        bank = [
            torch.from_numpy(labels).clone(),
            torch.from_numpy(labels).clone(),
            torch.full((samples, classes), 1 / classes),
            torch.ones(samples), torch.ones(samples)
        ]
        del bank
    else:
        sampler = DATA_SAMPLERS.get(variant)(Labels(labels), seed=0)
        sampler.set_epoch(1)
        for _ in sampler:
            pass
    return dict(seconds=time.perf_counter() - begin, peak=peak.growth())


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
    for name in ('samples', 'classes', 'repeats'):
        if getattr(args, name) < 1:
            parser.error(f'--{name} must be positive, got '
                         f'{getattr(args, name)}')
    check_json(args.json, parser)
    args.variants = chosen(
        ['DefaultSampler', 'ClassBalancedSampler', 'label bank'], args.only,
        parser)
    return args


def alone(variant: str, samples: int, classes: int) -> Dict[str, float]:
    """:func:`simulate` in a process of its own."""
    with ProcessPoolExecutor(1, get_context('fork')) as pool:
        return pool.submit(simulate, variant, samples, classes).result()


def main(argv: Optional[Sequence[str]] = None) -> int:
    args = parse_args(argv)
    runs = interleave(
        {name: lambda name=name: alone(name, args.samples, args.classes)
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
