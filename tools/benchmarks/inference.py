# Copyright (c) mmfer contributors.
"""Time predictions for pictures of faces in a folder.

Everything from the file to the named scores counts; faces are not searched
for, since each picture is the crop of one. Faces per second: more is better,
a ratio of 3 means 3 times as many as the first variant.
"""
import argparse
import os.path as osp
import sys
import tempfile
import time
from typing import Callable, Dict, List, Optional, Sequence

from mmfer_cli import (
    add_report_arguments, add_threads_argument, check_json,
    check_positive, chosen)

EXAMPLES = """
variants:
  mmpretrain     a loop that calls MMPretrain's ImageClassificationInferencer
                 for each picture
  pytorch-N      FERInferencer, N faces at a time
  onnxruntime-N  the same by ONNX Runtime, from an export of the model

examples:
  drawn faces, one or 32 at a time:
    python tools/benchmarks/inference.py \\
        configs/baseline/resnet18_1xb64_rafdb.py

Weights are random: they make no difference to the time. --json FILE holds
benchmark, format, environment (versions, cpu, cores, device, threads,
load_average), settings, results and skipped; a result has variant, task,
unit, base, ratio, value, values, peak_mib and device_mib. See
docs/benchmarks.md.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config file of a model')
    parser.add_argument('--images', type=int, default=256,
                        help='drawn faces (default: 256)')
    parser.add_argument('--image-size', type=int, default=100,
                        help='their height and width (default: 100)')
    parser.add_argument('--batches', type=int, nargs='+', default=[1, 32],
                        help='faces at a time (default: 1 32)')
    add_threads_argument(parser, 'torch and of ONNX Runtime')
    add_report_arguments(parser)
    args = parser.parse_args(args)
    check_positive(args, parser, ('images', 'image_size', 'batches',
                                  'threads', 'repeats'))
    check_json(args.json, parser)
    names = ['mmpretrain'] + [f'{backend}-{number}'
                              for backend in ('pytorch', 'onnxruntime')
                              for number in args.batches]
    args.variants = chosen(names, args.only, parser)
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmpretrain import ImageClassificationInferencer, get_model  # noqa: E402
from rich.console import Console  # noqa: E402
from mmfer.analysis.benchmarking import (  # noqa: E402
    finish, interleave, prepare_process, summarise)
from mmfer.analysis.benchmarking.drawn_faces import draw_faces  # noqa: E402
from mmfer.apis import FERInferencer  # noqa: E402
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.apis.export import export_onnx  # noqa: E402
from mmfer.apis.inference import face_size  # noqa: E402
from mmfer.apis.models import load_model  # noqa: E402
from mmfer.apis.run import load_config  # noqa: E402
from mmfer.datasets.folders import images_in  # noqa: E402


def save_random(cfg: Config, folder: str) -> str:
    """Write a checkpoint with random weights; its path."""
    torch.manual_seed(0)
    path = osp.join(folder, 'random.pth')
    torch.save(dict(state_dict=get_model(cfg).state_dict()), path)
    return path


def make_run(variant: str, cfg: Config, checkpoint: str,
             paths: List[str]) -> Callable[[], float]:
    """What predicts all pictures and returns faces per second.

    Raises:
        LookupError: If packages of this variant are not installed.
    """
    if variant == 'mmpretrain':
        theirs = ImageClassificationInferencer(cfg, pretrained=checkpoint)

        def predict() -> None:
            for path in paths:
                theirs(path)
    else:
        backend, number = variant.split('-')
        if backend == 'onnxruntime':
            checkpoint = to_onnx(cfg, checkpoint)
        ours = FERInferencer(
            cfg, checkpoint, 'whole-image', batch_size=int(number),
            backend=backend)

        def predict() -> None:
            ours(paths)

    def run() -> float:
        begin = time.perf_counter()
        predict()
        return len(paths) / (time.perf_counter() - begin)

    return run


def to_onnx(cfg: Config, checkpoint: str) -> str:
    """Export a checkpoint beside itself; the path of the file."""
    path = f'{checkpoint}.onnx'
    if not osp.isfile(path):
        loaded = load_model(cfg, checkpoint, 'cpu')
        try:
            export_onnx(loaded, path, face_size(cfg, loaded.training))
        except ImportError as error:
            raise LookupError(str(error)) from error
    return path


def main(argv: Optional[Sequence[str]] = None) -> int:
    args = parse_args(argv)
    prepare_process(args.threads)
    runs: Dict[str, Callable[[], float]] = {}
    skipped: Dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix='mmfer-benchmark-') as folder, \
            Console(stderr=True).status('preparing') as status:
        with exit_on_user_error(2):
            cfg = load_config(args.config)
            checkpoint = save_random(cfg, folder)
            draw_faces(osp.join(folder, 'faces'), args.images,
                       args.image_size)
            paths = images_in(osp.join(folder, 'faces'))
            for variant in args.variants:
                try:
                    runs[variant] = make_run(variant, cfg, checkpoint, paths)
                except LookupError as error:
                    skipped[variant] = str(error)
        results = interleave(
            runs, args.repeats, progress=lambda name, number: status.update(
                f'{name}, repeat {number + 1} of {args.repeats}'))
    settings = {key: getattr(args, key) for key in
                ('images', 'image_size', 'batches', 'threads', 'repeats')}
    settings['config'] = osp.basename(args.config)
    task = f'from file to scores, faces of {args.image_size} px'
    figures = summarise(results, 'faces/s', task=task) if results else []
    finish('inference', settings, figures, skipped, args.json)
    return 0


if __name__ == '__main__':
    sys.exit(main())
