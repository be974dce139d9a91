# Copyright (c) mmfer contributors.
"""Write a dataset of a config as one file of raw pixels, for fast training.

What the config does before resizing (loading, alignment) is done once; the
faces are stored at --size, and training reads them without decoding. An
interrupted run goes on where it stopped. Exit code 0: packed, or the check
found no damage; 1: it did not work.
"""
import argparse
import os.path as osp
import shutil
import sys
from typing import Iterable, Iterator, Optional, Sequence

from mmfer_cli import OptionAction

EXAMPLES = """examples:
  python tools/dataset_tools/pack.py configs/baseline/resnet18_1xb64_rafdb.py --split train --size 112
  python tools/dataset_tools/pack.py configs/baseline/resnet18_1xb64_rafdb.py --split test --size 112
  python tools/dataset_tools/pack.py --check data/packed/rafdb-train-112

Then train on it:
  train_dataloader = dict(
      collate_fn=dict(type='fer_collate'),
      dataset=dict(
          _delete_=True,
          type='PackedFER',
          data_root='data/packed/rafdb-train-112',
          pipeline=[dict(type='PackFERInputs')]))
"""  # noqa: E501


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', nargs='?', help='config with dataloaders')
    parser.add_argument(
        '--split', choices=['train', 'val', 'valid', 'test'], default='train',
        help='which dataloader of the config: train, val (or valid), test. '
        'Defaults to train')
    parser.add_argument(
        '--size', type=int, nargs='+', help='side of the stored faces in '
        'pixels, or height and width; the size you train at, or the size of '
        'the files if it is smaller')
    parser.add_argument(
        '--out', help='folder to write. Defaults to '
        'data/packed/DATASET-SPLIT-SIZE')
    parser.add_argument(
        '--skip-unreadable', action='store_true', help='leave unreadable '
        'images out and list them in index.json; without it they stop the '
        'run')
    parser.add_argument(
        '--overwrite', action='store_true',
        help='delete what is in the folder first')
    parser.add_argument(
        '--workers', type=int, default=2,
        help='processes that decode images. Defaults to 2')
    parser.add_argument(
        '--check', metavar='FOLDER', help='compare a packed folder with its '
        'checksums, and nothing else')
    parser.add_argument(
        '--cfg-options', nargs='+', action=OptionAction, default={},
        metavar='KEY=VALUE', help='settings laid over the config')
    arguments = parser.parse_args(args)
    if arguments.check is None:
        if arguments.config is None or arguments.size is None:
            parser.error('CONFIG and --size are needed, or --check FOLDER')
        if len(arguments.size) > 2 or min(arguments.size) < 1:
            parser.error('--size takes one or two positive numbers, got '
                         f'{arguments.size}')
        if arguments.workers < 0:
            parser.error('--workers must not be negative, got '
                         f'{arguments.workers}')
    return arguments


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from rich.console import Console  # noqa: E402
from rich.progress import (BarColumn, MofNCompleteColumn, Progress, TextColumn,
                           TimeRemainingColumn)  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.run import load_config, loader_of  # noqa: E402
from mmfer.datasets.packing import damaged_samples, pack_dataset  # noqa: E402


def progress(chunks: Iterable, total: int, done: int) -> Iterator:
    """Show how many of the samples are packed."""
    with Progress(
            TextColumn('packing'), BarColumn(), MofNCompleteColumn(),
            TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task('', total=total, completed=done)
        for chunk in chunks:
            yield chunk
            bar.advance(task, len(chunk))


def check(folder: str) -> None:
    """Report damaged samples of a packed folder."""
    damaged = [(file, samples)
               for file, samples, bad in damaged_samples(folder) if bad]
    for file, samples in damaged:
        print(f'{file}: samples {samples.start} to {samples.stop - 1} are '
              'damaged')
    if damaged:
        sys.exit(f'{folder}: damaged. Hint: copy it again or pack it again')
    print(f'{folder}: no damage')


def pack(args: argparse.Namespace) -> None:
    """Pack one split of a config."""
    cfg = load_config(args.config, args.cfg_options)
    split = 'val' if args.split == 'valid' else args.split
    size = tuple(args.size * 2)[:2]
    dataset = loader_of(cfg, split).dataset
    name = str(dataset.type).lower()
    shape = size[0] if size[0] == size[1] else f'{size[0]}x{size[1]}'
    out = args.out or osp.join('data', 'packed',
                               f'{name}-{dataset.get("split")}-{shape}')
    number = pack_dataset(dataset.to_dict(), out, size, args.skip_unreadable,
                          args.overwrite, args.workers, progress)
    free = shutil.disk_usage(out).free / 1e9
    print(f'{number} samples of {dataset.type} are packed in {out} '
          f'({free:.1f} GB are left on that disk)')


def main(args: argparse.Namespace) -> None:
    if args.check is None:
        pack(args)
    else:
        check(args.check)


if __name__ == '__main__':
    run_main(main, parse_args())
