# Copyright (c) mmfer contributors.
"""Files that are complete or absent, and files that others may have made."""
import glob
import os
import os.path as osp
import socket
from contextlib import contextmanager, suppress
from typing import IO, Any, Iterator


def _part(path: str, pid: Any) -> str:
    return f'{path}.part-{socket.gethostname()}-{pid}'


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):
        pass  # it belongs to somebody else, or is no process at all
    return True


def remove_dead_parts(path: str) -> None:
    """Remove what killed processes of this machine left of a file.

    Args:
        path (str): The file that they were writing with
            :func:`atomic_write`.
    """
    for part in glob.glob(_part(glob.escape(path), '*')):
        if not _is_alive(part.rpartition('-')[2]):
            with suppress(OSError):
                os.remove(part)


@contextmanager
def atomic_write(path: str, mode: str = 'w', **kwargs: Any
                 ) -> Iterator[IO]:
    """Open a file that appears under its name once it is complete.

    It is written under another name in the same folder, synchronized to disk
    and renamed when the block ends. If the block raises, or the process is
    killed, the file that was there before stays. Several processes may write
    the same file; the last one counts.

    Args:
        path (str): The file. Its folder must exist.
        mode (str): ``'w'`` for UTF-8 text, ``'wb'`` for bytes. Defaults to
            ``'w'``.
        **kwargs: Further arguments of :func:`open`, such as ``newline``.

    Yields:
        file: The open file.

    Raises:
        OSError: If it cannot be written.
    """
    if 'b' not in mode:
        kwargs.setdefault('encoding', 'utf-8')
    remove_dead_parts(path)
    part = _part(path, os.getpid())
    try:
        with open(part, mode, **kwargs) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            os.remove(part)
        raise
