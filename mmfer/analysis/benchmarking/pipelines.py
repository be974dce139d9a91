# Copyright (c) mmfer contributors.
"""The ways from a picture on disk to a batch that benchmarks compare."""
import math
import time
from functools import partial
from typing import (Any, Callable, Dict, Iterator, List, NamedTuple, Optional,
                    Sequence, Tuple)

import numpy as np
import torch
from mmengine.dataset import default_collate
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler
from torch.utils.data import default_collate as torch_collate

from mmfer.registry import DATASETS
from .measure import Repeat, measure, private_mib

JITTER = dict(brightness=0.4, contrast=0.4, saturation=0.4)
# Batches that a loader worker may hold ready, besides the one it works on.
_AHEAD = 3


class Way(NamedTuple):
    """A dataset and how its items become a batch."""

    dataset: Dataset
    collate: Callable[[Any], Any]


class PaperScriptDataset(Dataset):
    """What the scripts of papers do: PIL, then torchvision's transforms.

    Args:
        paths (Sequence[str]): The pictures.
        labels (Sequence[int]): Their classes.
        size (int): Height and width of the result in pixels.
    """

    def __init__(self, paths: Sequence[str], labels: Sequence[int],
                 size: int) -> None:
        from torchvision import transforms
        self.paths, self.labels = list(paths), list(labels)
        self.transform = transforms.Compose([
            transforms.ToPILImage(),
            transforms.Resize((size, size)),
            transforms.RandomHorizontalFlip(),
            transforms.RandomRotation(10),
            transforms.ColorJitter(**JITTER),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406],
                                 [0.229, 0.224, 0.225]),
            transforms.RandomErasing(p=0.5, scale=(0.02, 0.25)),
        ])

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.paths)

    def __getitem__(self, idx: int) -> Tuple[torch.Tensor, int]:
        """A float32 picture ``(3, size, size)`` and its label."""
        with Image.open(self.paths[idx]) as image:
            array = np.asarray(image.convert('RGB'))
        return self.transform(array), self.labels[idx]


def stock_pipeline(size: int, jitter: bool = True) -> List[dict]:
    """MMPretrain's transforms only: resize, flip, colour jitter, erasing."""
    return [
        dict(type='LoadImageFromFile'),
        dict(type='Resize', scale=(size, size)),
        dict(type='RandomFlip', prob=0.5, direction='horizontal'),
        *([dict(type='ColorJitter', **JITTER)] * jitter),
        dict(type='RandomErasing', erase_prob=0.5, min_area_ratio=0.02,
             max_area_ratio=0.25),
        dict(type='PackInputs'),
    ]


def our_pipeline(size: int, augment: bool) -> List[dict]:
    """Our transforms, with the same augmentation or none on the CPU."""
    load = [dict(type='LoadFERImage'), dict(type='FaceResize', size=size)]
    stock = stock_pipeline(size)
    return load + [dict(type='FaceFlip', prob=0.5), *stock[3:-1]
                   ] * augment + [dict(type='PackFERInputs')]


def fer_collate() -> Optional[Callable[[Any], Any]]:
    """The collate function of packed datasets, None where there is none."""
    from mmengine.registry import FUNCTIONS
    return FUNCTIONS.get('mmpretrain.fer_collate') or FUNCTIONS.get(
        'fer_collate')


def make_way(variant: str, size: int, ours: Dict[str, Any], ann_file: str,
             packed: str) -> Way:
    """Build a variant.

    Args:
        variant (str): ``'stock'``, ``'stock-light'``, ``'torchvision'``,
            ``'unpacked'``, ``'unpacked-light'`` or ``'packed'``.
        size (int): Height and width of a picture in the batch; a packed
            dataset keeps its own.
        ours (dict): Our dataset's config, without its pipeline.
        ann_file (str): Lines of an absolute path, a blank and a class index.
        packed (str): The folder of the packed dataset.

    Returns:
        Way: Dataset and collate function.

    Raises:
        LookupError: If this version lacks the variant.
    """
    if variant == 'torchvision':
        with open(ann_file, encoding='utf-8') as file:
            rows = [line.rsplit(' ', 1) for line in file]
        return Way(
            PaperScriptDataset([path for path, _ in rows],
                               [int(label) for _, label in rows], size),
            torch_collate)
    if variant == 'packed':
        collate = fer_collate()
        if collate is None or DATASETS.get('PackedFER') is None:
            raise LookupError('this version has no PackedFER and fer_collate')
        cfg = dict(type='PackedFER', data_root=packed,
                   pipeline=[dict(type='PackFERInputs')])
        return Way(DATASETS.build(cfg), collate)
    if variant.startswith('stock'):
        # An absolute path keeps MMPretrain from joining a folder to it.
        cfg = dict(type='CustomDataset', data_root='', ann_file=ann_file,
                   metainfo=dict(classes=[str(i) for i in range(16)]),
                   pipeline=stock_pipeline(size, variant == 'stock'))
    else:
        cfg = dict(ours, pipeline=our_pipeline(size, variant == 'unpacked'))
    return Way(DATASETS.build(cfg), default_collate)


class _Batches(Sampler):
    """So many batches of random indices, anew at each iteration."""

    def __init__(self, length: int, batch: int, number: int) -> None:
        self.length, self.batch, self.number = length, batch, number
        self.generator = np.random.default_rng(0)

    def __len__(self) -> int:
        """The number of batches."""
        return self.number

    def __iter__(self) -> Iterator[List[int]]:
        """Lists of indices."""
        for _ in range(self.number):
            yield self.generator.integers(self.length, size=self.batch
                                          ).tolist()


def fetch(dataset: Dataset, indices: List[int]) -> Any:
    """The items of a batch, in one call where the dataset knows how."""
    if hasattr(dataset, '__getitems__'):
        return dataset.__getitems__(indices)
    return [dataset[index] for index in indices]


def fetch_speed(way: Way, batch: int, seconds: float
                ) -> Callable[[], float]:
    """A function that gives images per second, fetched in this process."""
    sampler = _Batches(len(way.dataset), batch, 1)

    def run() -> float:
        fetch(way.dataset, *sampler)
        done, begin = 0, time.perf_counter()
        while True:
            fetch(way.dataset, *sampler)
            done += batch
            passed = time.perf_counter() - begin
            if passed >= seconds:
                return done / passed

    return run


def loader_speed(way: Way, batch: int, seconds: float, workers: int = 1
                 ) -> Callable[[], Repeat]:
    """A function that gives collated images per second of a whole loader.

    Each repeat starts workers of its own, throws away the first batches
    until production is steady, and ends them before another variant runs.

    Args:
        way (Way): The variant.
        batch (int): Images of a batch.
        seconds (float): How long to time, about.
        workers (int): Worker processes. Defaults to 1.

    Returns:
        Callable: Gives the :class:`Repeat` and the private memory of the
        workers in MiB (None if unknown).
    """

    def time_batches(number: int) -> Tuple[float, Optional[float]]:
        loader = DataLoader(
            way.dataset,
            batch_sampler=_Batches(len(way.dataset), batch, number),
            num_workers=workers,
            collate_fn=way.collate,
            worker_init_fn=partial(_start_worker))
        batches = iter(loader)
        for _ in range(_AHEAD * workers):
            next(batches)
        begin, done = time.perf_counter(), 0
        for done in range(1, number - _AHEAD * workers + 1):
            next(batches)
            if done == number - (_AHEAD + 1) * workers:
                memory = private_mib([w.pid for w in batches._workers])
        return (time.perf_counter() - begin) / done, memory

    least = (_AHEAD + 2) * workers
    known: List[float] = []

    def run() -> Tuple[Repeat, Optional[float]]:
        if not known:
            known.append(time_batches(least)[0])
        number = _AHEAD * workers + max(
            2 * workers, math.ceil(seconds / known[0]))
        memory: List[Optional[float]] = []

        def work() -> float:
            each, private = time_batches(number)
            memory.append(private)
            return batch / each

        return measure(work), memory[0]

    return run


def _start_worker(worker: int) -> None:
    import cv2
    cv2.setNumThreads(0)
