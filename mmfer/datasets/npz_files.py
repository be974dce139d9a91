# Copyright (c) mmfer contributors.
"""Arrays in .npz files that are complete or absent."""
import os
import os.path as osp
import zipfile

import numpy as np

#: What ``numpy.load`` raises for files that are no readable arrays; zipfile
#: checks the sums of what it reads.
UNREADABLE = (OSError, ValueError, KeyError, EOFError, NotImplementedError,
              zipfile.BadZipFile)


def write_npz(path: str, **arrays: np.ndarray) -> None:
    """Write arrays; several processes may write one file at a time.

    Args:
        path (str): The file; its folder is made.
        **arrays (np.ndarray): The arrays by name.

    Raises:
        OSError: If it cannot be written; nothing is left of it.
    """
    part = f'{path}.part{os.getpid()}'
    os.makedirs(osp.dirname(path) or '.', exist_ok=True)
    try:
        with open(part, 'wb') as file:
            np.savez(file, **arrays)
        os.replace(part, path)
    except OSError:
        if osp.isfile(part):
            os.remove(part)
        raise
