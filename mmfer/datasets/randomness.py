# Copyright (c) mmfer contributors.
import random

import numpy as np
import torch
from torch.utils.data import get_worker_info


def seed_generators(seed: int, epoch: int, rank: int, worker: int) -> None:
    """Seed ``random``, NumPy and torch from where and when they are used.

    Args:
        seed (int): The seed of the run.
        epoch (int): The epoch, counted from 0.
        rank (int): The rank of the process.
        worker (int): The loader worker, -1 for the main process.
    """
    words = np.random.SeedSequence([seed, epoch, rank,
                                    worker + 1]).generate_state(3)
    random.seed(int(words[0]))
    np.random.seed(int(words[1]))
    torch.manual_seed(int(words[2]))


class WorkerRandomness:
    """Random streams of loader workers, restarted at every epoch.

    A worker that lives on from epoch to epoch draws from one long stream, so
    a resumed run cannot find the place where the stream was. This object
    lives in the dataset, is told the epoch by the main process through shared
    memory, and seeds the worker's generators at the first sample of each
    epoch. The main process is seeded by
    :class:`~mmfer.engine.hooks.EpochSeedHook`.
    """

    def __init__(self) -> None:
        # seed, epoch, rank; epoch -1 = not told, leave the generators alone.
        self._told = torch.tensor([0, -1, 0]).share_memory_()
        self._seeded_epoch = -1

    def tell(self, seed: int, epoch: int, rank: int) -> None:
        """Announce an epoch; called in the main process before its loader is
        iterated."""
        self._told.copy_(torch.tensor([seed, epoch, rank]))

    def sync(self) -> None:
        """Seed this worker's generators if a new epoch has begun."""
        info = get_worker_info()
        if info is None:
            return
        seed, epoch, rank = self._told.tolist()
        if epoch != self._seeded_epoch:
            self._seeded_epoch = epoch
            seed_generators(seed, epoch, rank, info.id)
