# Copyright (c) mmfer contributors.
"""Time augmentation: whole batches, image by image on the CPU, and kornia.

All do shift, scale and rotation, flip, colour jitter (brightness, contrast,
saturation) and erasing, with the same ranges, and are timed in turn, so that
other work on the machine hits all alike. kornia is left out where it is not
installed.
"""
import argparse
import json
import time
from importlib.util import find_spec
from typing import Callable, Dict, List

from mmfer_cli import check_positive


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--batch', type=int, default=64)
    parser.add_argument('--sizes', type=int, nargs='+', default=[64, 112])
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--device', default='cpu')
    parser.add_argument(
        '--json', action='store_true', help='print JSON in place of a table')
    args = parser.parse_args()
    check_positive(args, parser, ('batch', 'sizes', 'repeats'))
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

import torch  # noqa: E402
from mmengine.dataset import Compose  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.apis.models import known_device  # noqa: E402
from mmfer.models.augments import BatchAugments  # noqa: E402

KINDS = ('move', 'jitter', 'erase', 'all')


def ours(kind: str) -> Callable:
    """Our batch augments."""
    augments = dict(
        move=[
            dict(type='BatchAffine', shift=.1, scale=.15, rotate=15),
            dict(type='BatchFlip')
        ],
        jitter=[
            dict(type='BatchColorJitter', brightness=.4, contrast=.4,
                 saturation=.4)
        ],
        erase=[dict(type='BatchErasing')])
    chosen = sum(augments.values(), []) if kind == 'all' else augments[kind]
    run = BatchAugments(chosen)
    return lambda images: run(images).images


def one_by_one(kind: str) -> Callable:
    """The transforms of the loader, without loading and packing."""
    transforms = dict(
        move=[
            dict(type='FaceAffine', shift=.1, scale=.15, rotate=15),
            dict(type='FaceFlip')
        ],
        jitter=[
            dict(type='ColorJitter', brightness=.4, contrast=.4,
                 saturation=.4)
        ],
        erase=[dict(type='RandomErasing')])
    chosen = (sum(transforms.values(), [])
              if kind == 'all' else transforms[kind])
    from mmfer.registry import TRANSFORMS
    run = Compose([TRANSFORMS.build(t) for t in chosen])

    def apply(images: torch.Tensor) -> List:
        pixels = images.permute(0, 2, 3, 1).numpy()
        return [run(dict(img=img.copy()))['img'] for img in pixels]

    return apply


def kornia(kind: str) -> Callable:
    """kornia's modules; float images from 0 to 1."""
    import kornia.augmentation as K
    modules = dict(
        move=[
            K.RandomAffine(15, (.1, .1), (.85, 1.15), p=1.),
            K.RandomHorizontalFlip(p=.5)
        ],
        jitter=[K.ColorJitter(.4, .4, .4, 0., p=1.)],
        erase=[K.RandomErasing((.02, .4), (.3, 1 / .3), p=.5)])
    chosen = sum(modules.values(), []) if kind == 'all' else modules[kind]
    run = K.AugmentationSequential(*chosen, data_keys=['input'])
    return lambda images: run(images.float() / 255)


def measure(ways: Dict[str, Callable], images: torch.Tensor,
            repeats: int) -> Dict[str, float]:
    """The shortest time of each way in milliseconds for the batch."""
    best = dict.fromkeys(ways, float('inf'))
    for turn in range(repeats + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way(images)
            if images.is_cuda:
                torch.cuda.synchronize()
            if turn:  # the first is for warming up
                best[name] = min(best[name], time.perf_counter() - start)
    return {name: 1e3 * seconds for name, seconds in best.items()}


def main() -> None:
    args = parse_args()
    with exit_on_user_error(2):
        known_device(args.device)
    builders = dict(ours=ours)
    if args.device == 'cpu':
        builders['one by one'] = one_by_one
    if find_spec('kornia'):
        builders['kornia'] = kornia
    rows = []
    for size in args.sizes:
        images = torch.randint(
            0, 256, (args.batch, size, size, 3), dtype=torch.uint8)
        images = images.permute(0, 3, 1, 2).to(args.device)
        for kind in KINDS:
            ways = {name: make(kind) for name, make in builders.items()}
            found = measure(ways, images, args.repeats)
            rows.append(dict(size=size, augments=kind, milliseconds=found))
    if args.json:
        print(json.dumps(dict(
            batch=args.batch, device=args.device,
            threads=torch.get_num_threads(), rows=rows), indent=2))
        return
    table = Table('px', 'augments', *builders,
                  *(f'{name} / ours' for name in list(builders)[1:]),
                  title=f'ms for {args.batch} images on {args.device}, '
                  f'{torch.get_num_threads()} threads')
    for row in rows:
        times = list(row['milliseconds'].values())
        table.add_row(str(row['size']), row['augments'],
                      *(f'{t:.1f}' for t in times),
                      *(f'{t / times[0]:.1f}' for t in times[1:]))
    Console().print(table)


if __name__ == '__main__':
    main()
