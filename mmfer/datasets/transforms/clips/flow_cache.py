# Copyright (c) mmfer contributors.
import hashlib
import os.path as osp
from typing import Callable, Optional

import numpy as np

from mmfer.errors import AnnotationError
from mmfer.files import read_npz, write_npz


class FlowCache:
    """Arrays on disk by what they were computed from.

    Several processes may use one folder at a time: a file is complete or
    absent.

    Args:
        folder (str, optional): Where the files lie. Defaults to None, nothing
            is kept.
    """

    def __init__(self, folder: Optional[str] = None) -> None:
        self.folder = None if folder is None else osp.expanduser(folder)

    def path(self, key: str) -> str:
        """The file of a key."""
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        return osp.join(self.folder, name[:2], f'{name}.npz')

    def get(self, key: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of a key, made and kept if it is not there.

        A file that cannot be read is made anew.

        Args:
            key (str): All that the array depends on.
            make (Callable): Computes it.
        """
        if self.folder is None:
            return make()
        path = self.path(key)
        try:
            arrays = read_npz(path, 'delete it')
            if str(arrays['key']) == key:
                return arrays['array']
        except (FileNotFoundError, AnnotationError, KeyError):
            pass
        array = make()
        write_npz(path, array=array, key=np.array(key))
        return array
