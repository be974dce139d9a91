# Copyright (c) mmfer contributors.
"""Time networks that read clips: prediction and training step.

Clips of drawn faces lie ready; no data is read. More clips per second are
better: a ratio of 0.4 means 0.4 times as many as the first variant. Every
network gets clips of the size that it was made for, unless --size says
otherwise.
"""
import argparse
import sys
from functools import partial
from typing import Optional, Sequence

from mmfer_cli import (
    add_device_argument, add_report_arguments, add_threads_argument,
    check_json, check_positive, chosen)

SETTINGS = ('config', 'float32', 'channels-last', 'bf16', 'compile')
# Name -> default height and width.
SIZES = {
    'r3d18': 112, 'r3d34': 112, 'r3d50': 112, 'densenet3d121': 112,
    'i3d': 224, 'p3d199': 160, 'torchvision-r3d_18': 112,
    'torchvision-mc3_18': 112, 'torchvision-r2plus1d_18': 112,
    'resnet18-pool': 112
}
EXAMPLES = """
variants: the networks, with the height and width of their clips
  {networks}

examples:
  all networks on two cores:
    python tools/benchmarks/video.py --json video.json
  two of them on clips of one size:
    python tools/benchmarks/video.py --only r3d18 i3d --size 112

--json FILE holds benchmark, format, environment (versions, cpu, cores,
device, threads, load_average), settings, results and skipped; a result has
variant, task, unit, base, ratio, value, values, peak_mib, device_mib and
parameters (millions, with a classifier of eight classes). Every repeat runs
in a process of its own; peak_mib is how its memory grows, with weights,
gradients and the optimiser's state. See docs/benchmarks.md.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    networks = ', '.join(f'{name} {size}' for name, size in SIZES.items())
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES.format(networks=networks),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--batch', type=int, default=4,
                        help='clips of a batch (default: 4)')
    parser.add_argument('--frames', type=int, default=16,
                        help='frames of a clip (default: 16)')
    parser.add_argument('--size', type=int,
                        help='height and width (default: those of each '
                        'network)')
    parser.add_argument('--setting', choices=SETTINGS, default='float32',
                        help='precision and layout, see step.py (default: '
                        'float32)')
    parser.add_argument('--steps', type=int, default=2,
                        help='batches of one repeat, after two that are not '
                        'timed (default: 2)')
    add_threads_argument(parser)
    add_device_argument(parser)
    add_report_arguments(parser, repeats=3)
    args = parser.parse_args(args)
    check_positive(args, parser, ('batch', 'frames', 'size', 'steps',
                                  'threads', 'repeats'))
    check_json(args.json, parser)
    args.variants = chosen(list(SIZES), args.only, parser)
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmengine.device import get_device  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.analysis.benchmarking import (  # noqa: E402
    alone, finish, interleave, prepare_process, summarise)
from mmfer.analysis.benchmarking.video import (  # noqa: E402
    TASKS, check_clips, run_network)
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.apis.models import known_device  # noqa: E402


def main(argv: Optional[Sequence[str]] = None) -> int:
    args = parse_args(argv)
    prepare_process(args.threads)
    records = []
    clips = {name: (args.batch, args.frames, args.size or SIZES[name])
             for name in args.variants}
    with exit_on_user_error(2):
        device = known_device(args.device or get_device())
        # In a process of its own, for the memory of the others.
        alone(check_clips, clips)
    for task in TASKS:

        def tell(name: str, number: int) -> None:
            print(f'{task}, {name}, repeat {number + 1} of {args.repeats}',
                  file=sys.stderr)

        with exit_on_user_error(2):
            runs = {
                name: partial(alone, run_network, name, task, clips[name],
                              args.setting, args.steps, args.threads, device)
                for name in args.variants
            }
            results = interleave(runs, args.repeats, lambda run: run(), tell)
        parameters = {name: [size for _, size in pairs]
                      for name, pairs in results.items()}
        records += summarise(
            {name: [repeat for repeat, _ in pairs]
             for name, pairs in results.items()}, 'clips/s',
            more=dict(parameters=parameters), task=task)
    settings = {key: getattr(args, key) for key in
                ('batch', 'frames', 'size', 'setting', 'steps', 'threads',
                 'repeats', 'device')}
    finish('video', settings, records, {}, args.json)
    return 0


if __name__ == '__main__':
    sys.exit(main())
