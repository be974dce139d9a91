# Copyright (c) mmfer contributors.
"""Columns of numbers from wide CSV files, many rows at a time."""
import warnings
from itertools import islice
from typing import Iterator, List, NamedTuple, Optional, Sequence

import numpy as np

from .arrays import to_array
from .tables import (Header, _lines, _read_cells, _read_header, fill_unknown,
                     parse_number, to_float)

# Rows that are parsed at a time.
_ROWS = 4096


class NumberTable(NamedTuple):
    """Some columns of a CSV file of R rows.

    Args:
        numbers (np.ndarray): Float64 of shape ``(R, C)``, NaN = unknown.
        texts (List[str]): A column of texts, R of them, or none.
        lines (np.ndarray): The line of each row, int64 of shape ``(R, )``.
    """

    numbers: np.ndarray
    texts: List[str]
    lines: np.ndarray


class _Wanted(NamedTuple):
    """What to take from a row."""

    header: Header
    columns: Sequence[str]
    places: Sequence[int]
    text: Optional[int]
    finite: bool


def read_header(path: str, required: Sequence[str] = ()) -> List[str]:
    """The column names of a CSV file, stripped, without blank ones.

    Args:
        path (str): The CSV file.
        required (Sequence[str]): Columns that must be there. Defaults to ().

    Raises:
        AnnotationError: If it is empty, lacks a column or names one twice.
        FileNotFoundError: If there is no such file.
    """
    return [name for name in _read_header(_lines(path, ''), path, required
                                           ).names
            if name]


def read_number_table(path: str,
                      columns: Sequence[str],
                      text: Optional[str] = None,
                      header: Optional[Sequence[str]] = None,
                      finite: bool = True) -> NumberTable:
    """Numbers, and at most one column of texts; fast for large files.

    Columns go by name as in :func:`~mmfer.datasets.tables.read_csv`. Blank
    lines are passed over. An unknown cell, see
    :func:`~mmfer.datasets.tables.is_unknown`, is NaN.

    Args:
        path (str): The CSV file.
        columns (Sequence[str]): The C columns of numbers to read.
        text (str, optional): The column of texts. Defaults to None.
        header (Sequence[str], optional): What the columns are called, where
            the first line says something else. Defaults to None, that line.
        finite (bool): Whether infinite numbers are an error. Defaults to
            True.

    Raises:
        AnnotationError: If the header lacks a column, a row has another
            number of cells than the header, or a cell is no number, or an
            infinite one.
    """
    wanted = [*columns, *([] if text is None else [text])]
    lines = _lines(path, '')
    first = _read_header(lines, path, () if header else wanted)
    if header is not None:
        first = first._replace(names=list(header))
    take = _Wanted(
        first, columns, [first.names.index(name) for name in columns],
        None if text is None else first.names.index(text), finite)
    parts = list(_read_parts(lines, path, take))
    return NumberTable(
        np.concatenate([part.numbers for part in parts]
                       or [np.empty((0, len(columns)))]),
        [cell for part in parts for cell in part.texts],
        np.concatenate([part.lines for part in parts]
                       or [np.empty(0, dtype=np.int64)]))


def read_number_rows(path: str, columns: int,
                     delimiter: Optional[str] = None) -> NumberTable:
    """A file without header that holds numbers alone.

    Args:
        path (str): The text file; blank lines are passed over.
        columns (int): The numbers C of a row.
        delimiter (str, optional): The separator; None stands for runs of
            blanks. Defaults to None.

    Raises:
        AnnotationError: If a row has another number of values, or one of
            them is no finite number.
    """
    found = [(line, text) for line, text in enumerate(_lines(path), 1)
             if text.strip()]
    lines, texts = zip(*found) if found else ((), ())
    numbers = np.empty((0, columns))
    if texts:
        numbers = to_array(texts, lines, 'numbers', path, columns, delimiter,
                           np.float64)
    return NumberTable(numbers, [], np.array(lines, dtype=np.int64))


def _read_parts(lines: Iterator[str], path: str,
                take: _Wanted) -> Iterator[NumberTable]:
    before = take.header.lines
    while True:
        chunk = list(islice(lines, _ROWS))
        if not chunk:
            return
        part = _read_plain(chunk, before, take)
        if part is None:
            if any('"' in line for line in chunk):
                # A quoted cell may go on in the lines that follow.
                chunk += lines
            part = _read_any(chunk, before, path, take)
        yield part
        before += len(chunk)


def _read_plain(chunk: List[str], before: int,
                take: _Wanted) -> Optional[NumberTable]:
    """The rows, None where it takes a CSV reader to tell what they are."""
    sign = take.header.delimiter
    if any('"' in line for line in chunk) or {
            line.count(sign) for line in chunk
    } != {len(take.header.names) - 1} or any(
            line[0] == sign and not line.strip(f'{sign} \r\n')
            for line in chunk):
        return None
    numbers = _parse(chunk, take.places, sign)
    if numbers is None:
        numbers = _parse(
            fill_unknown(''.join(chunk), sign).splitlines(), take.places, sign)
    if numbers is None or take.finite and np.isinf(numbers).any():
        return None
    texts: List[str] = []
    if take.text is not None:
        cells = _parse(chunk, [take.text], sign, str)
        if cells is None:
            return None
        texts = [cell.strip() for cell in cells[:, 0].tolist()]
    if len(numbers) != len(chunk):
        return None
    return NumberTable(numbers, texts,
                       np.arange(before + 1, before + 1 + len(chunk)))


def _parse(chunk: List[str], places: Sequence[int], delimiter: str,
           dtype: type = np.float64) -> Optional[np.ndarray]:
    if not places:
        return np.empty((len(chunk), 0))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        try:
            array = np.loadtxt(chunk, dtype, delimiter=delimiter,
                               usecols=places, comments=None, ndmin=2)
        except (ValueError, Warning):
            return None
    # Blank lines are left out.
    return array if len(array) == len(chunk) else None


def _read_any(chunk: List[str], before: int, path: str,
              take: _Wanted) -> NumberTable:
    """The rows, cell by cell, with an error that names the bad one."""
    numbers, texts, lines = [], [], []
    for line, cells in _read_cells(chunk, path, take.header, before):
        lines.append(line)
        numbers.append([
            _read_number(cells[place], name, path, line, take.finite)
            for name, place in zip(take.columns, take.places)
        ])
        if take.text is not None:
            texts.append(cells[take.text])
    return NumberTable(
        np.array(numbers, dtype=np.float64).reshape(
            len(lines), len(take.columns)), texts,
        np.array(lines, dtype=np.int64))


def _read_number(cell: str, name: str, path: str, line: int,
                 finite: bool) -> float:
    if not finite:
        try:
            return parse_number(cell)
        except ValueError:
            pass
    return to_float(cell, name, path, line, allow_nan=True)
