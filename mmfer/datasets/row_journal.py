# Copyright (c) mmfer contributors.
import fcntl
import os
import zlib
from typing import BinaryIO, Optional

import numpy as np

_KEY_BYTES, _SUM_BYTES = 32, 4


class RowJournal:
    """Rows of numbers, written down as they come.

    Each row carries its checksum. A process that is killed leaves its rows
    behind; the next one with the same key resumes after the last row that is
    whole. At most the rows that were not yet handed to the system are lost.
    Only one process at a time writes to a file: for the others, and where it
    cannot be written, the journal stays empty.

    Args:
        path (str): The file.
        key (bytes): 32 bytes that say what the rows belong to. Rows of
            another key are dropped.
        dtype (np.dtype): The type of a row.

    Raises:
        ValueError: If the key is not of 32 bytes.
    """

    def __init__(self, path: str, key: bytes, dtype: np.dtype) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueError(f'the key must be of {_KEY_BYTES} bytes, got '
                             f'{len(key)}')
        self.path, self.dtype = path, np.dtype(dtype)
        #: The rows found, ``(N, )`` of ``dtype``.
        self.rows = np.zeros(0, self.dtype)
        self._file: Optional[BinaryIO] = None
        try:
            file = open(path, 'a+b')
        except OSError:
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._open(file, key)
            self._file = file
        except OSError:
            file.close()

    def _open(self, file: BinaryIO, key: bytes) -> None:
        """Read what is there; truncate it at the first damaged row."""
        file.seek(0)
        if file.read(_KEY_BYTES) != key:
            file.truncate(0)
            file.write(key)
            return
        content, size = file.read(), self.dtype.itemsize
        rows = []
        for start in range(0, len(content), size + _SUM_BYTES):
            row = content[start:start + size]
            end = start + size
            if content[end:end + _SUM_BYTES] != _checksum(row):
                break
            rows.append(row)
        self.rows = np.frombuffer(b''.join(rows), self.dtype)
        file.truncate(_KEY_BYTES + len(rows) * (size + _SUM_BYTES))

    def write(self, row: np.ndarray) -> None:
        """Add a row.

        Args:
            row (np.ndarray): An element of the journal's type.
        """
        if self._file is not None:
            try:
                content = row.tobytes()
                self._file.write(content + _checksum(content))
            except OSError:
                # No room: go on without.
                self.close()

    def close(self, remove: bool = False) -> None:
        """Let others write; with ``remove`` the file is no longer needed."""
        if self._file is None:
            return
        if remove:
            os.remove(self.path)
        try:
            self._file.close()
        except OSError:
            pass
        self._file = None


def _checksum(row: bytes) -> bytes:
    return zlib.crc32(row).to_bytes(_SUM_BYTES, 'little')
