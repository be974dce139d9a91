# Copyright (c) mmfer contributors.
"""Folders that one run at a time writes to."""
import errno
import fcntl
import json
import os
import os.path as osp
import shlex
import socket
import sys
import warnings
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Dict, Iterator

from .errors import UserError

#: The file in a locked folder.
LOCK_FILE = '.lock'
_HELD: Dict[str, IO[str]] = {}  # by this process
_RANKS = dict(pytorch='RANK', slurm='SLURM_PROCID', mpi='OMPI_COMM_WORLD_RANK')


class FolderInUseError(UserError, OSError):
    """A folder that another run writes to."""


@contextmanager
def lock_folder(folder: str, launcher: str = 'none') -> Iterator[None]:
    """Lock a folder against other runs as long as the context lasts.

    The kernel holds the lock (a POSIX record lock of ``FOLDER/.lock``) and
    releases it when this process ends, however it ends; forked processes do
    not inherit it. The file names the holder and is removed with the
    context; one that a killed process has left is no lock. On a file system
    without locks there is a warning in place of a lock.

    Args:
        folder (str): The folder, made if it is missing.
        launcher (str): What started several processes; the first of them
            locks for all. Defaults to ``'none'``.

    Raises:
        FolderInUseError: If another run has locked it.
        OSError: If it cannot be made or written.
    """
    if int(os.environ.get(_RANKS.get(launcher, ''), 0)):
        yield
        return
    path = osp.join(osp.realpath(folder), LOCK_FILE)
    os.makedirs(osp.dirname(path), exist_ok=True)
    with _lock(path) as _HELD[path]:
        try:
            yield
        finally:
            del _HELD[path]
            if osp.isfile(path):
                os.remove(path)


def _lock(path: str) -> IO[str]:
    """Open and lock a file; closing it releases the lock.

    A process that finds the lock free may have opened a file that the last
    holder has removed since: it opens the path again.
    """
    if path in _HELD:
        raise _in_use(path, _HELD[path])
    while True:
        file = open(path, 'a+', encoding='utf-8')
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                with file:
                    raise _in_use(path, file) from None
            warnings.warn(f'{path}: cannot be locked ({error.strerror}); two '
                          'runs in this folder would not be noticed')
        if os.fstat(file.fileno()).st_nlink:
            break
        file.close()
    file.truncate(0)
    json.dump(
        dict(pid=os.getpid(), host=socket.gethostname(),
             since=datetime.now().isoformat(' ', 'seconds'),
             command=shlex.join(sys.argv)), file)
    file.flush()
    return file


def _in_use(path: str, file: IO[str]) -> FolderInUseError:
    # Not opened once more: closing that would release a lock of our own.
    file.seek(0)
    try:
        name = 'process {pid} on {host} since {since} ({command})'.format(
            **json.load(file))
    except (ValueError, KeyError, TypeError):  # just being written
        name = 'another process'
    return FolderInUseError(
        f'{osp.dirname(path)}: in use by {name}',
        hint='wait for it or stop it, or name another folder')
