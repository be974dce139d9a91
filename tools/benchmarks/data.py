# Copyright (c) mmfer contributors.
"""Time the way from pictures on disk to batches.

Two tasks: 'fetch' takes batches from the dataset in one process; 'loader'
runs a whole DataLoader until batches are collated in the main process. Both
give images per second: more is better, a ratio of 20 means 20 times as many
as the first variant.
"""
import argparse
import os.path as osp
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, Optional, Sequence

from mmfer_cli import add_report_arguments, check_json, check_positive, chosen

VARIANTS = ('stock', 'stock-light', 'torchvision', 'unpacked',
            'unpacked-light', 'packed')

EXAMPLES = """
variants:
  stock           MMPretrain's CustomDataset: read, resize to --size, flip,
                  colour jitter, erasing
  stock-light     the same without colour jitter
  torchvision     what the scripts of papers do: PIL, resize, flip, rotation,
                  colour jitter, erasing, normalised float32
  unpacked        our reader, with the augmentation of stock
  unpacked-light  our reader and resizing only
  packed          PackedFER at --pack-size; nothing else is left to do
The light and the packed variants leave augmentation (and packed the
enlargement) to the device: compare whole runs with train.py.

examples:
  drawn faces, written as JPEG files to a folder that is removed afterwards:
    python tools/benchmarks/data.py
  your own data, and only two variants:
    python tools/benchmarks/data.py --data configs/baseline/CONFIG.py \\
        --only stock packed

--json FILE holds benchmark, format, environment (versions, cpu, cores,
device, threads, load_average), settings, results and skipped; a result has
variant, task, unit, base, ratio, value, values, peak_mib, device_mib and
worker_mib, where ratio, value and the memories have median, low and high.
peak_mib is the growth of the main process, worker_mib what belongs to the
workers alone. See docs/benchmarks.md.
"""


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', metavar='CONFIG',
                        help='read the training data of this config '
                        '(default: drawn faces)')
    parser.add_argument('--images', type=int, default=2000,
                        help='drawn faces, or at most so many of --data '
                        '(default: 2000)')
    parser.add_argument('--image-size', type=int, default=100,
                        help='pixels of a drawn face (default: 100)')
    parser.add_argument('--size', type=int, default=224,
                        help='pixels in the batch (default: 224)')
    parser.add_argument('--pack-size', type=int, default=112,
                        help='pixels of the packed dataset (default: 112)')
    parser.add_argument('--batch', type=int, default=256,
                        help='images of a batch (default: 256)')
    parser.add_argument('--workers', type=int, default=1,
                        help='worker processes of the loader (default: 1)')
    parser.add_argument('--seconds', type=float, default=2,
                        help='least time of one repeat (default: 2)')
    parser.add_argument('--tasks', nargs='+', default=['fetch', 'loader'],
                        choices=['fetch', 'loader'],
                        help='what to time (default: both)')
    parser.add_argument('--packed', metavar='DIR',
                        help='use this packed folder, do not write one')
    add_report_arguments(parser)
    args = parser.parse_args(args)
    check_positive(args, parser, ('images', 'image_size', 'size', 'pack_size',
                                  'batch', 'workers', 'seconds', 'repeats'))
    check_json(args.json, parser)
    args.variants = chosen(list(VARIANTS), args.only, parser)
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from rich.console import Console  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.analysis.benchmarking import (  # noqa: E402
    Repeat, finish, interleave, measure, prepare_process, summarise)
from mmfer.analysis.benchmarking.drawn_faces import draw_faces  # noqa: E402
from mmfer.analysis.benchmarking.pipelines import (  # noqa: E402
    fetch_speed, loader_speed, make_way)
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.apis.run import load_config  # noqa: E402
from mmfer.errors import ConfigError  # noqa: E402
from mmfer.registry import DATASETS  # noqa: E402
from mmfer.apis.processes import bound  # noqa: E402

PACK = osp.join(
    osp.dirname(osp.dirname(osp.abspath(__file__))), 'dataset_tools',
    'pack.py')


def prepare(args: argparse.Namespace, folder: str) -> Dict[str, Any]:
    """Our dataset's config, and beside it ``list.txt`` for the others."""
    if args.data:
        cfg = load_config(args.data)
        ours = cfg.train_dataloader.dataset.to_dict()
        ours.pop('pipeline', None)
        ours.setdefault('indices', args.images)
    else:
        ours = draw_faces(osp.join(folder, 'faces'), args.images,
                          args.image_size)
    dataset = DATASETS.build(dict(ours, pipeline=[]))
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    if not all('img_path' in info for info in infos):
        raise ConfigError(f'{args.data}: its pictures are no files of their '
                          'own',
                          hint='name a config whose data are files')
    with open(osp.join(folder, 'list.txt'), 'w', encoding='utf-8') as file:
        for info in infos:
            file.write(f"{osp.abspath(info['img_path'])} "
                       f"{info['gt_label']}\n")
    return ours


def pack(args: argparse.Namespace, ours: Dict[str, Any],
         folder: str) -> str:
    """Pack the training data; the packed folder.

    Raises:
        LookupError: If this version cannot pack, or failed to.
    """
    if args.packed:
        return args.packed
    if not osp.isfile(PACK):
        raise LookupError('this version has no tools/dataset_tools/pack.py')
    loader = dict(dataset=dict(ours, pipeline=[dict(type='LoadFERImage'),
                                               dict(type='PackFERInputs')]),
                  batch_size=1, num_workers=0)
    config = osp.join(folder, 'pack.py')
    with open(config, 'w', encoding='utf-8') as file:
        file.write("default_scope = 'mmpretrain'\n"
                   "custom_imports = dict(imports=['mmfer'], "
                   'allow_failed_imports=False)\n'
                   f'train_dataloader = {loader!r}\n')
    out = osp.join(folder, 'packed')
    done = subprocess.run(
        bound([sys.executable, PACK, config, '--split', 'train', '--size',
               str(args.pack_size), '--out', out]),
        capture_output=True, text=True)
    if done.returncode:
        raise LookupError(f'packing failed: {done.stderr.strip()[-500:]}')
    return out


def main(argv: Optional[Sequence[str]] = None) -> int:
    args = parse_args(argv)
    prepare_process(1)
    skipped: Dict[str, str] = {}
    results: List[dict] = []
    with tempfile.TemporaryDirectory(prefix='mmfer-benchmark-') as folder, \
            Console(stderr=True).status('preparing pictures') as status:
        with exit_on_user_error(2):
            ours = prepare(args, folder)
        ways = {}
        for variant in args.variants:
            try:
                packed = pack(args, ours, folder) if variant == 'packed' \
                    else ''
                ways[variant] = make_way(
                    variant, args.size, ours, osp.join(folder, 'list.txt'),
                    packed)
            except LookupError as error:
                skipped[variant] = str(error)

        def tell(name: str, number: int) -> None:
            status.update(f'{name}, repeat {number + 1} of {args.repeats}')

        if ways and 'fetch' in args.tasks:
            runs = {name: fetch_speed(way, args.batch, args.seconds)
                    for name, way in ways.items()}
            results += summarise(
                interleave(runs, args.repeats, measure, tell), 'images/s',
                task=f'fetch in one process, batches of {args.batch}')
        if ways and 'loader' in args.tasks:
            runs = {name: loader_speed(way, args.batch, args.seconds,
                                       args.workers)
                    for name, way in ways.items()}
            workers: Dict[str, list] = {name: [] for name in runs}
            repeats = interleave(runs, args.repeats, lambda run: run(), tell)
            plain: Dict[str, List[Repeat]] = {}
            for name, pairs in repeats.items():
                plain[name] = [repeat for repeat, _ in pairs]
                workers[name] = [memory for _, memory in pairs]
            results += summarise(
                plain, 'images/s', more=dict(worker_mib=workers),
                task=f'loader with {args.workers} worker(s), batches of '
                f'{args.batch}')
    settings = {key: getattr(args, key) for key in (
        'images', 'image_size', 'size', 'pack_size', 'batch', 'workers',
        'seconds', 'repeats')}
    settings['data'] = osp.basename(args.data) if args.data else 'drawn faces'
    finish('data', settings, results, skipped, args.json)
    return 0


if __name__ == '__main__':
    sys.exit(main())
