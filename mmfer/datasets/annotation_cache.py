# Copyright (c) mmfer contributors.
import hashlib
import os
import os.path as osp
import zipfile
from typing import Dict, List, Optional

import numpy as np
from mmengine.dist import is_main_process
from mmengine.logging import MMLogger

# Changes with the meaning of what is stored.
FORMAT = 1


class AnnotationCache:
    """Annotations from many small files, kept in one.

    The cache is ``FOLDER.mmfer.npz`` beside the folder of annotations, or,
    where that place cannot be written, a file in ``$XDG_CACHE_HOME/mmfer``
    (``~/.cache/mmfer``); where neither can be, there is none, with a warning.

    It counts as stale as soon as the folder's time of change differs: when a
    file was added, removed or renamed. A file that was **changed in place**
    goes unnoticed; delete the cache then. A damaged cache, or one of another
    version, is made again.

    Args:
        folder (str): The folder of the annotations.
    """

    def __init__(self, folder: str) -> None:
        self.folder = osp.abspath(folder)
        # The time of change before anything is read.
        self.changed = os.stat(folder).st_mtime_ns
        home = os.environ.get('XDG_CACHE_HOME') or osp.join(
            osp.expanduser('~'), '.cache')
        name = hashlib.sha1(self.folder.encode()).hexdigest()
        self.places: List[str] = [
            f'{self.folder}.mmfer.npz',
            osp.join(home, 'mmfer', f'{name}.npz')
        ]

    def read(self) -> Optional[Dict[str, np.ndarray]]:
        """The arrays, or None if there is no cache that fits."""
        for path in self.places:
            if not osp.isfile(path):
                continue
            try:
                with np.load(path, allow_pickle=False) as file:
                    if file['key'].tolist() == [FORMAT, self.changed]:
                        return {
                            name: file[name]
                            for name in file.files if name != 'key'
                        }
                reason = 'the folder has changed since'
            # zipfile checks the sums of what it reads.
            except (OSError, ValueError, KeyError, EOFError,
                    NotImplementedError, zipfile.BadZipFile) as error:
                reason = f'it cannot be read ({type(error).__name__})'
            MMLogger.get_current_instance().info(
                f'{path} is made again: {reason}')
        return None

    def write(self, arrays: Dict[str, np.ndarray]) -> None:
        """Keep the arrays; the main process does, the others return.

        Args:
            arrays (dict[str, np.ndarray]): Arrays of numbers or strings.
        """
        if not is_main_process():
            return
        logger = MMLogger.get_current_instance()
        if os.stat(self.folder).st_mtime_ns != self.changed:
            logger.warning(f'{self.folder} changed while it was read; it is '
                           'read anew at the next start')
            return
        problems = []
        for path in self.places:
            part = f'{path}.part{os.getpid()}'
            try:
                os.makedirs(osp.dirname(path), exist_ok=True)
                with open(part, 'wb') as file:
                    np.savez(file, key=np.array([FORMAT, self.changed]),
                             **arrays)
                os.replace(part, path)
                logger.info(f'annotations kept in {path} for the next start')
                return
            except OSError as error:
                problems.append(f'{path} ({error.strerror})')
                if osp.isfile(part):
                    os.remove(part)
        logger.warning(
            'annotations are read file by file at every start, since no place '
            f'for a cache can be written: {"; ".join(problems)}. Remedy: make '
            'one of them writable, or set XDG_CACHE_HOME')
