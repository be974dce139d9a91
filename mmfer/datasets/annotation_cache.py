# Copyright (c) mmfer contributors.
import hashlib
import os
import os.path as osp
from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np
from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.logging import MMLogger
from rich.progress import track

from mmfer.errors import AnnotationError
from mmfer.files import read_npz, write_npz

from .row_journal import RowJournal

# Changes with the meaning of what is stored.
FORMAT = 2
# The names of the samples and a row of numbers for each.
TABLE = Tuple[np.ndarray, np.ndarray]


class AnnotationCache:
    """Annotations from many small files, kept in one.

    The main process reads them and sends them to the others. Reading that was
    broken off goes on where it was. The cache is ``FOLDER.mmfer.npz`` beside
    the folder of annotations, or, where that place cannot be written, a file
    in ``$XDG_CACHE_HOME/mmfer`` (``~/.cache/mmfer``); where neither can be,
    there is none, with a warning.

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

    def get(self, names: Callable[[], Sequence[str]],
            read: Callable[[str], tuple], dtype: np.dtype,
            title: str) -> TABLE:
        """The annotations, from the cache or from the small files.

        All processes of a distributed run must call it.

        Args:
            names (Callable): Gives the names of the samples.
            read (Callable): Reads a sample's files: the fields of its row.
            dtype (np.dtype): The type of a row.
            title (str): What stands beside the progress bar.

        Returns:
            tuple[np.ndarray, np.ndarray]: Names, str ``(N, )``, and rows of
            ``dtype``, ``(N, )``.
        """
        table: List[Optional[TABLE]] = [None]
        if is_main_process():
            table = [self._cached(np.dtype(dtype))
                     or self._read_files(names(), read, np.dtype(dtype),
                                         title)]
        broadcast_object_list(table)
        return table[0]

    def _read_files(self, names: Sequence[str],
                    read: Callable[[str], tuple], dtype: np.dtype,
                    title: str) -> TABLE:
        named = np.array(names, dtype=str)
        key = hashlib.sha256(
            f'{FORMAT} {self.changed} {dtype.descr} {named.tolist()}'.encode())
        journal = RowJournal(f'{self._place()}.journal', key.digest(), dtype)
        rows = np.zeros(len(named), dtype)
        done = len(journal.rows)
        rows[:done] = journal.rows
        try:
            for i in track(range(done, len(named)), title, total=len(named),
                           completed=done):
                rows[i] = read(names[i])
                journal.write(rows[i])
        except BaseException:
            journal.close()
            raise
        self._keep(named, rows)
        journal.close(remove=True)
        return named, rows

    def _place(self) -> str:
        """The first place whose folder can be written."""
        for path in self.places:
            folder = osp.dirname(path)
            try:
                os.makedirs(folder, exist_ok=True)
            except OSError:
                continue
            if os.access(folder, os.W_OK) and not osp.isdir(path):
                return path
        return self.places[0]

    def _cached(self, dtype: np.dtype) -> Optional[TABLE]:
        """What the cache holds, or None if there is none that fits."""
        for path in self.places:
            if not osp.isfile(path):
                continue
            try:
                arrays = read_npz(path, 'delete it')
                names, rows = arrays['names'], arrays['rows']
                if arrays['key'].tolist() == [FORMAT, self.changed] and (
                        rows.dtype, len(rows)) == (dtype, len(names)):
                    return names, rows
                reason = 'the folder has changed since'
            except (AnnotationError, KeyError):
                reason = 'it is damaged'
            MMLogger.get_current_instance().info(
                f'{path} is made again: {reason}')
        return None

    def _keep(self, names: np.ndarray, rows: np.ndarray) -> None:
        """Write the cache."""
        logger = MMLogger.get_current_instance()
        if os.stat(self.folder).st_mtime_ns != self.changed:
            logger.warning(f'{self.folder} changed while it was read; it is '
                           'read anew at the next start')
            return
        problems = []
        for path in self.places:
            try:
                write_npz(path, key=np.array([FORMAT, self.changed]),
                          names=names, rows=rows)
                logger.info(f'annotations kept in {path} for the next start')
                return
            except OSError as error:
                problems.append(f'{path} ({error.strerror})')
        logger.warning(
            'annotations are read file by file at every start, since no place '
            f'for a cache can be written: {"; ".join(problems)}. Hint: make '
            'one of them writable, or set XDG_CACHE_HOME')
