# Copyright (c) mmfer contributors.
import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from mmfer.datasets.randomness import WorkerRandomness, seed_generators


def draw():
    return (random.random(), float(np.random.rand()), float(torch.rand(())))


def test_seed_generators():
    seed_generators(1, 2, 3, 4)
    first = draw()
    seed_generators(1, 2, 3, 4)
    assert draw() == first
    seen = {first}
    for place in [(0, 2, 3, 4), (1, 0, 3, 4), (1, 2, 0, 4), (1, 2, 3, -1),
                  (2, 1, 3, 4)]:
        seed_generators(*place)
        seen.add(draw())
    # All different, in each of the three generators.
    assert all(len(set(column)) == 6 for column in zip(*seen))


def test_bad_negative_seed():
    with pytest.raises(ValueError):
        seed_generators(-1, 0, 0, 0)


class Draws(Dataset):

    def __init__(self):
        self.randomness = WorkerRandomness()

    def __len__(self):
        return 6

    def __getitem__(self, idx):
        self.randomness.sync()
        return draw()


def epochs(numbers, persistent, seed=5, rank=0, told=True):
    """What two workers draw in some epochs."""
    dataset = Draws()
    loader = DataLoader(dataset, 1, num_workers=2, collate_fn=lambda x: x[0],
                        persistent_workers=persistent)
    drawn = {}
    for epoch in numbers:
        if told:
            dataset.randomness.tell(seed, epoch, rank)
        drawn[epoch] = list(loader)
    return drawn


def test_workers_do_not_depend_on_the_past():
    whole = epochs(range(3), persistent=True)
    assert epochs([2], persistent=True)[2] == whole[2]
    assert epochs([1, 2], persistent=False) == {1: whole[1], 2: whole[2]}
    values = [value for drawn in whole.values() for value in drawn]
    assert len(set(values)) == 18


def test_seed_and_rank_matter():
    first = epochs([0], False)[0]
    assert epochs([0], False, seed=6)[0] != first
    assert epochs([0], False, rank=1)[0] != first


def test_generators_are_left_alone_unless_told():
    assert epochs([0], False, told=False) != epochs([0], False, told=False)


def test_main_process_is_left_alone():
    randomness = WorkerRandomness()
    randomness.tell(0, 0, 0)
    seed_generators(9, 0, 0, 0)
    first = draw()
    seed_generators(9, 0, 0, 0)
    randomness.sync()
    assert draw() == first
