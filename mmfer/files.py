# Copyright (c) mmfer contributors.
"""Files that are complete or absent, and files that others may have made."""
import glob
import os
import os.path as osp
import socket
from contextlib import contextmanager, suppress
from typing import IO, Any, Dict, Iterator

import numpy as np

from mmfer.errors import AnnotationError

# What a spreadsheet program takes for a formula.
_FORMULA = ('=', '+', '-', '@', '\t', '\r')


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


def write_npz(path: str, compress: bool = False,
              **arrays: np.ndarray) -> None:
    """Write arrays into an ``.npz`` file, see :func:`atomic_write`.

    Args:
        path (str): The file; its folder is made.
        compress (bool): Whether to compress them. Defaults to False.
        **arrays (np.ndarray): The arrays by name.

    Raises:
        OSError: If it cannot be written.
    """
    os.makedirs(osp.dirname(path) or '.', exist_ok=True)
    with atomic_write(path, 'wb') as file:
        (np.savez_compressed if compress else np.savez)(file, **arrays)


def read_npz(path: str, hint: str) -> Dict[str, np.ndarray]:
    """Return all arrays of an ``.npz`` file; nothing is ever unpickled.

    The checksums that the file carries are compared.

    Args:
        path (str): The file.
        hint (str): What the user can do if it cannot be read.

    Raises:
        FileNotFoundError: If there is no such file.
        AnnotationError: If it is damaged or of another kind.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        raise
    # Damaged files raise errors of zipfile, zlib, tokenize and others.
    except Exception as error:
        raise AnnotationError(
            'not a readable .npz file (damaged, pickled or of another kind)',
            path, hint=hint) from error


def spreadsheet_cell(value: Any) -> Any:
    """Return ``value`` such that a spreadsheet shows it as it is.

    Text that a spreadsheet program would run as a formula is preceded by an
    apostrophe; numbers stay what they are.

    Args:
        value (Any): The content of a cell.
    """
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def from_spreadsheet_cell(text: str) -> str:
    """Return the text that :func:`spreadsheet_cell` was given."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(
        _FORMULA) else text
