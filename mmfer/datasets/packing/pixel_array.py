# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Sequence

import numpy as np
import torch
from torch.utils.data import get_worker_info


def pixel_file(name: str) -> str:
    """The file of an array of pixels, ``images`` or ``gt_mask``."""
    return f'{name}.u8'


class PixelArray:
    """Raw pixels in a file, mapped into memory when first asked for.

    All processes of a machine share the pages; copies and pickles of this
    object hold the name of the file only.

    Args:
        folder (str): The folder of the file.
        name (str): ``'images'`` or ``'gt_mask'``.
        shape (Sequence[int]): ``(N, H, W, 3)`` or ``(N, H, W)``.
    """

    def __init__(self, folder: str, name: str, shape: Sequence[int]) -> None:
        self.folder, self.name, self.shape = folder, name, tuple(shape)
        self._map = None

    def _open(self) -> np.ndarray:
        if self._map is None:
            self._map = np.memmap(
                osp.join(self.folder, pixel_file(self.name)), np.uint8, 'r',
                shape=self.shape)
        return self._map

    def slice(self, start: int, stop: int) -> np.ndarray:
        """Neighbouring samples, uint8 of shape ``(stop - start, ...)``."""
        return np.ascontiguousarray(self._open()[start:stop])

    def take(self, rows: np.ndarray) -> torch.Tensor:
        """Some samples, copied once.

        Args:
            rows (np.ndarray): Indices of shape ``(B, )``.

        Returns:
            Tensor: Uint8 of shape ``(B, ...)``, in a loader worker in memory
            that is shared with the main process.
        """
        shape = (len(rows), *self.shape[1:])
        if get_worker_info() is None:
            batch = torch.empty(shape, dtype=torch.uint8)
        else:
            storage = torch.UntypedStorage._new_shared(int(np.prod(shape)))
            batch = torch.empty(0, dtype=torch.uint8).set_(storage)
            batch = batch.view(shape)
        # With mode='raise' NumPy would copy twice.
        np.take(self._open(), rows, axis=0, out=batch.numpy(), mode='clip')
        return batch

    def __reduce__(self) -> tuple:
        return PixelArray, (self.folder, self.name, self.shape)
