# Copyright (c) mmfer contributors.
"""Time training steps on tensors that lie ready.

One step is forward pass, losses, backward pass and the optimiser's step of a
config's own model and optimiser; no data is read and none is augmented, so
nothing on disk is needed. Less is better: a ratio of 0.4 means 0.4 times the
time of the first variant.
"""
import argparse
import os.path as osp
import sys
from functools import partial
from typing import Dict, Optional, Sequence

from mmfer_cli import (
    add_device_argument, add_report_arguments, add_threads_argument,
    check_json, check_positive, chosen)

SETTINGS = ('config', 'float32', 'channels-last', 'bf16', 'compile')
EXAMPLES = """
settings:
  config         the optimiser wrapper and layout that the config trains with
  float32        float32, contiguous: what MMPretrain does
  channels-last  float32, channels-last
  bf16           bfloat16 autocast, channels-last
  compile        the same, compiled by torch (minutes for the first step)
With one config the first three but 'config' and 'compile' are compared, with
several configs each one's 'config'; --settings chooses others. Variants are
named SETTING, or with several configs CONFIG or CONFIG:SETTING.

examples:
  what precision and layout give on two cores:
    python tools/benchmarks/step.py configs/baseline/resnet18_1xb64_rafdb.py
  what a method costs beside plain cross entropy, on the same pictures:
    python tools/benchmarks/step.py \\
        configs/baseline/resnet18_1xb64_rafdb.py configs/METHOD/CONFIG.py
  and what memory it takes:
    python tools/benchmarks/step.py --alone --steps 1 CONFIG CONFIG

--json FILE holds benchmark, format, environment (versions, cpu, cores,
device, threads, load_average), settings, results and skipped; a result has
variant, task, unit, base, ratio, value, values, peak_mib and device_mib,
where ratio, value and the two peaks have median, low and high.
See docs/benchmarks.md.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('configs', nargs='+', metavar='CONFIG',
                        help='config files for training')
    parser.add_argument('--settings', nargs='+', choices=SETTINGS,
                        help='precision and layout, see below')
    parser.add_argument('--batch', type=int, default=32,
                        help='pictures of a batch (default: 32)')
    parser.add_argument('--size', type=int, default=224,
                        help='their height and width (default: 224)')
    parser.add_argument('--steps', type=int, default=3,
                        help='steps of one repeat, after one that is not '
                        'timed (default: 3)')
    parser.add_argument('--alone', action='store_true',
                        help='build and run each repeat in a process of its '
                        'own, so that peak_mib is all memory that the '
                        'variant needs; two steps are not timed then')
    add_threads_argument(parser)
    add_device_argument(parser)
    add_report_arguments(parser)
    args = parser.parse_args(args)
    check_positive(args, parser,
                   ('batch', 'size', 'steps', 'threads', 'repeats'))
    check_json(args.json, parser)
    args.settings = args.settings or (
        ['config'] if len(args.configs) > 1 else
        ['float32', 'channels-last', 'bf16'])
    args.variants = chosen(list(variants(args)), args.only, parser)
    return args


def variants(args: argparse.Namespace) -> Dict[str, tuple]:
    """From the name of each variant to config file and setting."""
    named = {}
    for path in args.configs:
        name = osp.splitext(osp.basename(path))[0]
        for setting in args.settings:
            parts = [name] * (len(args.configs) > 1) + [setting] * (
                len(args.configs) == 1 or len(args.settings) > 1)
            named[':'.join(parts)] = (path, setting)
    return named


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from rich.console import Console  # noqa: E402
from mmengine.device import get_device  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.analysis.benchmarking import (  # noqa: E402
    alone, finish, interleave, measure, prepare_process, summarise)
from mmfer.analysis.benchmarking.steps import (  # noqa: E402
    random_batch, run_steps, step_timer)
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.apis.models import known_device  # noqa: E402
from mmfer.apis.run import load_config, prepare_config  # noqa: E402


def main(argv: Optional[Sequence[str]] = None) -> int:
    args = parse_args(argv)
    prepare_process(args.threads)
    runs = {}
    named = variants(args)
    for name in args.variants:
        path, setting = named[name]
        with exit_on_user_error(2):
            cfg = prepare_config(load_config(path))
            data = random_batch(cfg, args.batch, args.size)
            device = known_device(args.device or get_device())
            runs[name] = partial(
                alone, run_steps, cfg, setting, data, args.steps,
                args.threads, device) if args.alone else step_timer(
                    cfg, setting, data, args.steps, device)
    with Console(stderr=True).status('') as status, exit_on_user_error(2):
        results = interleave(
            runs, args.repeats,
            (lambda run: run()) if args.alone else measure,
            lambda name, number: status.update(
                f'{name}, repeat {number + 1} of {args.repeats}'))
    task = f'training step, batch {args.batch}, {args.size} px'
    settings = {key: getattr(args, key) for key in
                ('batch', 'size', 'steps', 'threads', 'repeats', 'device',
                 'alone')}
    settings['configs'] = [osp.basename(path) for path in args.configs]
    finish('step', settings, summarise(results, 'seconds', task=task), {},
           args.json)
    return 0


if __name__ == '__main__':
    sys.exit(main())
