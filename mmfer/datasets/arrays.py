# Copyright (c) mmfer contributors.
"""Reading many numbers with errors that name file, line and value."""
import io
import warnings
from typing import Dict, Optional, Sequence

import numpy as np

from mmfer.structures import AnnotationError
from .tables import fill_unknown, require_file

# From the header of a .npy file to type, shape and number of bytes.
_HEADERS: Dict[bytes, tuple] = {}


def to_array(texts: Sequence[str],
             lines: Sequence[int],
             name: str,
             file: str,
             columns: int,
             delimiter: Optional[str] = None,
             dtype: type = np.float32) -> np.ndarray:
    """Rows of many numbers as one array; fast for large tables.

    Args:
        texts (Sequence[str]): One string of numbers a row.
        lines (Sequence[int]): The line of each row, for messages.
        name (str): What the numbers are, for messages.
        file (str): The file they come from, for messages.
        columns (int): How many numbers a row has.
        delimiter (str, optional): The separator; None stands for runs of
            blanks. Defaults to None.
        dtype (type): The wanted type. Integers must be written as such and
            fit; among floats NaN is unknown, in any spelling of
            :func:`~mmfer.datasets.tables.is_unknown`. Defaults to
            ``np.float32``.

    Returns:
        np.ndarray: Shape ``(len(texts), columns)``.

    Raises:
        AnnotationError: If a row has another number of values, or one of
            them is no finite number of that type.
    """

    def parse(rows: Sequence[str], width: int) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            array = np.loadtxt(
                rows, dtype, delimiter=delimiter, comments=None, ndmin=2)
        if array.shape != (len(rows), width) or np.isinf(array).any():
            raise ValueError
        return array

    try:
        return parse(texts, columns)
    except (ValueError, Warning):
        if np.issubdtype(dtype, np.floating):
            texts = [fill_unknown(text, delimiter) for text in texts]
            texts = ['nan' + text if text.startswith(delimiter or '\n') else
                     text for text in texts]
    try:
        return parse(texts, columns)
    except (ValueError, Warning):
        pass
    for line, text in zip(lines, texts):
        cells = text.split(delimiter)
        if len(cells) != columns:
            raise AnnotationError(
                f'{name}: {len(cells)} numbers where {columns} belong', file,
                line, text[:40])
        for number, cell in enumerate(cells, 1):
            try:
                parse([cell], 1)
            except (ValueError, Warning):
                raise AnnotationError(
                    f'{name}: number {number} is no finite '
                    f'{np.dtype(dtype).name}', file, line, cell) from None
    raise AnnotationError(f'{name}: unreadable numbers', file)


def read_npy(path: str) -> np.ndarray:
    """An array from a .npy file; nothing is ever unpickled.

    Raises:
        FileNotFoundError: If there is no such file.
        AnnotationError: If it is truncated, pickled or no .npy file.
    """
    try:
        with open(path, 'rb') as file:
            content = file.read()
    except (FileNotFoundError, IsADirectoryError):
        require_file(path, 'the release holds it; unpack the release again')
        raise
    # Format 1.0; a header that was seen before need not be parsed again.
    header = content[:10 + int.from_bytes(content[8:10], 'little')]
    if header in _HEADERS:
        dtype, shape, size = _HEADERS[header]
        if len(content) == len(header) + size:
            return np.frombuffer(content, dtype, offset=len(header)
                                 ).reshape(shape)
    try:
        array = np.lib.format.read_array(
            io.BytesIO(content), allow_pickle=False)
        if (content[6:8] == b'\1\0' and array.flags.c_contiguous
                and len(content) == len(header) + array.nbytes
                and len(_HEADERS) < 1000):
            _HEADERS[header] = array.dtype, array.shape, array.nbytes
        return array
    # Damaged headers raise errors of tokenize, ast and others.
    except Exception as error:
        raise AnnotationError(
            'not a plain .npy file (truncated, pickled or of another kind)',
            path, value=str(error),
            hint='take the file from the release again') from None


def read_npy_text(path: str) -> str:
    """The only value of a .npy file, number or string, as text.

    Raises:
        AnnotationError: If the file does not hold exactly one value.
    """
    array = read_npy(path)
    if array.size != 1:
        raise AnnotationError('one value belongs here, found the shape', path,
                              value=array.shape)
    value = array.item()
    if isinstance(value, bytes):
        value = value.decode(errors='replace')
    return str(value).strip()
