# Copyright (c) mmfer contributors.
"""Write drawn faces to disk as images and a CSV file."""
import argparse
import csv
import io
import json
import os
import os.path as osp
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Dict, Iterator, List, Tuple

EXAMPLES = """
what is written:
  OUT/images/SPLIT/000000.png   the faces
  OUT/masks/SPLIT/000000.png    255 = hidden by an occluder (with --masks)
  OUT/labels.csv                one row a face: path, expression (the votes'
                                majority), valence, arousal, au1 ... au43 in
                                [0, 1], 68 landmarks as x0,y0,x1,y1 ... in
                                pixels, subject, split, votes_neutral ...
  OUT/synthetic.json            the arguments, for --resume

examples:
  1000 training faces and 500 of each other split, on two processes:
    python tools/dataset_tools/make_synthetic.py data/synthetic \\
        --split train valid test --size 1000 500 500 --workers 2
  go on after an interruption: the same line with --resume
  only look at the faces, without writing a dataset:
    python tools/dataset_tools/make_synthetic.py --contact-sheet faces.png

Training needs no files: the dataset SyntheticFER draws the same faces while
it is read, byte for byte. See docs/synthetic.md.
"""


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', nargs='?', help='the folder to write to')
    parser.add_argument('--size', type=int, nargs='+', default=[1000],
                        help='faces of each split, or one number for all '
                        '(default: 1000)')
    parser.add_argument('--split', nargs='+', default=['train', 'valid',
                                                       'test'],
                        choices=['train', 'valid', 'test'],
                        help='the splits to write (default: all three)')
    parser.add_argument('--image-size', type=int, default=112,
                        help='height and width in pixels (default: 112)')
    parser.add_argument('--seed', type=int, default=0,
                        help='the seed of the faces (default: 0)')
    parser.add_argument('--subjects', type=int, default=200,
                        help='identities over all splits (default: 200)')
    parser.add_argument('--ambiguity', type=float, default=.3,
                        help='share of blended expressions (default: 0.3)')
    parser.add_argument('--occlusion', type=float, default=.2,
                        help='share of occluded faces (default: 0.2)')
    parser.add_argument('--masks', action='store_true',
                        help='write the occlusion masks too')
    parser.add_argument('--workers', type=int, default=0,
                        help='processes beside this one (default: 0)')
    parser.add_argument('--resume', action='store_true',
                        help='go on in a folder that holds a part already')
    parser.add_argument('--contact-sheet', metavar='FILE',
                        help='write a picture with eight faces of each '
                        'expression')
    args = parser.parse_args()
    if args.out is None and args.contact_sheet is None:
        parser.error('say where to write: a folder, or --contact-sheet FILE')
    if len(args.size) == 1:
        args.size *= len(args.split)
    if len(args.size) != len(args.split):
        parser.error(f'--size gives {len(args.size)} numbers for '
                     f'{len(args.split)} splits')
    if args.workers < 0:
        parser.error(f'--workers must not be negative, got {args.workers}')
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

import cv2  # noqa: E402
from rich.progress import (BarColumn, MofNCompleteColumn, Progress,
                           TextColumn, TimeRemainingColumn)  # noqa: E402
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.outputs import writable_file, writable_folder  # noqa: E402
from mmfer.datasets import SyntheticFER  # noqa: E402
from mmfer.datasets.synthetic import contact_sheet  # noqa: E402
from mmfer.files import atomic_write  # noqa: E402
from mmfer.structures import AU_SETS  # noqa: E402
from mmfer.locks import lock_folder  # noqa: E402

_DATASETS: Dict[str, SyntheticFER] = {}


def build(settings: Dict[str, Any], split: str) -> SyntheticFER:
    """The dataset of a split."""
    return SyntheticFER(
        size=dict(zip(settings['split'], settings['size']))[split],
        split=split,
        image_size=settings['image_size'], seed=settings['seed'],
        num_subjects=settings['subjects'], ambiguity=settings['ambiguity'],
        occlusion=settings['occlusion'],
        pipeline=[dict(type='DrawSyntheticFace')])


def prepare_folder(out: str, settings: Dict[str, Any], resume: bool) -> None:
    """Make the folder, or check that it can be gone on with."""
    record = osp.join(out, 'synthetic.json')
    if osp.exists(out) and not osp.isdir(out):
        raise SystemExit(f'{out} is a file. Hint: name a folder')
    if osp.isdir(out) and os.listdir(out):
        if not resume:
            raise SystemExit(f'{out} is not empty. Hint: name another '
                             'folder, or add --resume to go on in it')
        if not osp.isfile(record):
            raise SystemExit(f'{out} holds no synthetic.json, so it was not '
                             'begun by this tool. Hint: another folder')
        with open(record, encoding='utf-8') as file:
            try:
                before = json.load(file)
            except json.JSONDecodeError as error:
                raise SystemExit(f'{record}, line {error.lineno}: not JSON '
                                 f'({error.msg}). Hint: another folder')
        changed = [f'{key}: {before.get(key)!r} before, {value!r} now'
                   for key, value in settings.items()
                   if before.get(key) != value]
        if changed:
            raise SystemExit(f'{out} was begun with other arguments ('
                             f'{"; ".join(changed)}). Hint: repeat the old '
                             'ones, or name another folder')
    writable_folder(out)
    write_whole(record, json.dumps(settings, indent=2).encode() + b'\n')


def write_whole(path: str, content: bytes) -> None:
    """Write a file that is complete or absent."""
    with atomic_write(path, 'wb') as file:
        file.write(content)


def write_face(job: Tuple[str, Dict[str, Any], str, int]) -> None:
    """Draw and write one face, unless it is there already."""
    out, settings, split, index = job
    paths = [osp.join(out, 'images', split, f'{index:06d}.png')]
    if settings['masks']:
        paths.append(osp.join(out, 'masks', split, f'{index:06d}.png'))
    if all(osp.isfile(path) for path in paths):
        return
    if split not in _DATASETS:
        _DATASETS[split] = build(settings, split)
    sample = _DATASETS[split][index]
    for path, pixels in zip(paths, (sample['img'], 255 * sample['gt_mask'])):
        write_whole(path, cv2.imencode('.png', pixels)[1].tobytes())


def table(settings: Dict[str, Any]) -> Iterator[List[Any]]:
    """The rows of the CSV file, the header first."""
    units = AU_SETS['synthetic']
    yield (['path', 'expression', 'valence', 'arousal'] +
           [f'au{unit}' for unit in units] +
           [f'{axis}{i}' for i in range(68) for axis in 'xy'] +
           ['subject', 'split'] +
           [f'votes_{name}' for name in _DATASETS[settings['split'][0]]
            .label_space.classes])
    for split in settings['split']:
        dataset = _DATASETS[split]
        for index in range(len(dataset)):
            info = dataset.get_data_info(index)
            numbers = [*info['gt_va'], *info['gt_au'],
                       *info['gt_landmarks'].ravel()]
            yield [f'images/{split}/{index:06d}.png',
                   dataset.label_space.classes[info['gt_label']],
                   *(f'{number:.6g}' for number in numbers),
                   info['subject'], split, *info['votes']]


def write_faces(args: argparse.Namespace, settings: Dict[str, Any]) -> None:
    """Write the faces and their table into a locked folder."""
    for kind in ['images'] + ['masks'] * args.masks:
        for split in args.split:
            os.makedirs(osp.join(args.out, kind, split), exist_ok=True)
    jobs = [(args.out, settings, split, index) for split in args.split
            for index in range(len(_DATASETS[split]))]
    with Progress(TextColumn('faces'), BarColumn(), MofNCompleteColumn(),
                  TimeRemainingColumn()) as progress:
        task = progress.add_task('faces', total=len(jobs))
        if args.workers == 0:
            for job in jobs:
                write_face(job)
                progress.advance(task)
        else:
            with ProcessPoolExecutor(args.workers) as pool:
                for _ in pool.map(write_face, jobs, chunksize=16):
                    progress.advance(task)
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows(table(settings))
    write_whole(osp.join(args.out, 'labels.csv'),
                text.getvalue().encode())
    print(f'{len(jobs)} faces in {args.out}, described in labels.csv')


def main(args: argparse.Namespace) -> None:
    """Draw and write."""
    cv2.setNumThreads(1)
    settings = {key: getattr(args, key) for key in (
        'size', 'split', 'image_size', 'seed', 'subjects', 'ambiguity',
        'occlusion', 'masks')}
    if args.contact_sheet:
        path = writable_file(args.contact_sheet,
                             ('.bmp', '.jpeg', '.jpg', '.png', '.webp'))
        cv2.imwrite(path, contact_sheet(seed=args.seed))
        print(f'contact sheet: {args.contact_sheet}')
    if args.out is None:
        return
    try:
        for split in args.split:
            _DATASETS[split] = build(settings, split)
    except (TypeError, ValueError) as error:
        raise SystemExit(f'bad argument: {error}')
    prepare_folder(args.out, settings, args.resume)
    with lock_folder(args.out):
        write_faces(args, settings)


if __name__ == '__main__':
    run_main(main, parse_args())
