# Copyright (c) mmfer contributors.
"""Reading annotation tables with errors that name file, line and value."""
import csv
import math
import os.path as osp
from itertools import chain, islice
from typing import (Dict, Iterable, Iterator, List, Optional, Sequence,
                    Tuple)

from mmfer.structures import AnnotationError

# What only a CSV reader, or stripping, gets right in ASCII text.
_NOT_PLAIN = '"\r\t\v\f\x1c\x1d\x1e\x1f '


def require_file(path: str, remedy: str) -> str:
    """``path`` if it is a file.

    Raises:
        FileNotFoundError: With the remedy, if it is not.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(f'{osp.abspath(path)}: no such file. '
                                f'Remedy: {remedy}')
    return path


def require_folder(path: str, remedy: str) -> str:
    """``path`` if it is a folder.

    Raises:
        FileNotFoundError: With the remedy, if it is not.
    """
    if not osp.isdir(path):
        raise FileNotFoundError(f'{osp.abspath(path)}: no such folder. '
                                f'Remedy: {remedy}')
    return path


def _lines(path: str, newline: Optional[str] = None) -> Iterator[str]:
    """Lines of a UTF-8 text file, with or without byte order mark."""
    require_file(path, 'check data_root and the annotation file')
    with open(path, encoding='utf-8-sig', newline=newline) as file:
        try:
            for number, line in enumerate(file, 1):
                if '\0' in line:
                    raise AnnotationError(
                        'a NUL byte: the file is damaged or not text', path,
                        number)
                yield line
        except UnicodeDecodeError as error:
            raise AnnotationError(
                'not UTF-8 text', path,
                value=error.object[error.start:error.start + 8],
                remedy='convert the file to UTF-8') from None


def read_rows(path: str,
              columns: Sequence[int],
              delimiter: Optional[str] = None
              ) -> Iterator[Tuple[int, List[str]]]:
    """Rows of a table without header; blank lines are passed over.

    Args:
        path (str): The text file.
        columns (Sequence[int]): The admitted numbers of columns.
        delimiter (str, optional): The separator; None stands for runs of
            blanks, ``','`` for CSV with quotes. Defaults to None.

    Yields:
        tuple: The line number, counted from 1, and the cells, stripped.

    Raises:
        AnnotationError: If a row has another number of columns.
    """
    if delimiter is None:
        rows = ((n, line.split()) for n, line in enumerate(_lines(path), 1))
    else:
        reader = csv.reader(_lines(path, ''), delimiter=delimiter)
        rows = ((reader.line_num, [c.strip() for c in row]) for row in reader)
    for number, cells in rows:
        if not any(cells):
            continue
        if len(cells) not in columns:
            wanted = ' or '.join(map(str, columns))
            raise AnnotationError(
                f'{len(cells)} columns where {wanted} belong', path, number,
                (delimiter or ' ').join(cells))
        yield number, cells


def read_csv(path: str,
             required: Sequence[str] = ()
             ) -> Iterator[Tuple[int, Dict[str, str]]]:
    """Rows of a CSV file with a header; blank lines are passed over.

    Args:
        path (str): The CSV file.
        required (Sequence[str]): Columns that must be there. Defaults to ().

    Yields:
        tuple: The line number and a dict from column name to cell, stripped.

    Raises:
        AnnotationError: If the file is empty, a column is missing or stands
            there twice, or a row has too few or too many cells.
    """
    lines = _lines(path, '')
    header = _read_header(lines, path, required)
    for line, cells in _read_cells(lines, path, len(header), 1):
        yield line, dict(zip(header, cells))


def _read_header(lines: Iterator[str], path: str,
                 required: Sequence[str]) -> List[str]:
    header = [name.strip() for name in next(csv.reader(lines), [])]
    if not any(header):
        raise AnnotationError('an empty file where a header belongs', path, 1)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise AnnotationError('columns named twice', path, 1, twice)
    missing = [name for name in required if name not in header]
    if missing:
        raise AnnotationError('missing columns', path, 1, missing,
                              f'the header reads {header}')
    return header


def _read_cells(lines: Iterable[str], path: str, columns: int, before: int
                ) -> Iterator[Tuple[int, List[str]]]:
    """Line numbers and stripped cells; ``before`` lines were read already."""
    reader = csv.reader(lines)
    for cells in reader:
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if len(cells) != columns:
            raise AnnotationError(
                f'{len(cells)} cells under a header of {columns}', path,
                before + reader.line_num, ','.join(cells)[:200])
        yield before + reader.line_num, cells


def read_csv_columns(path: str,
                     required: Sequence[str] = (),
                     rows: int = 4096
                     ) -> Iterator[Tuple[Sequence[int],
                                         Dict[str, Sequence[str]]]]:
    """What :func:`read_csv` reads, many rows at a time; fast for large files.

    Args:
        path (str): The CSV file.
        required (Sequence[str]): Columns that must be there. Defaults to ().
        rows (int): The rows read at a time. Defaults to 4096.

    Yields:
        tuple: The line numbers of up to ``rows`` rows, and a dict from column
        name to their cells, stripped.

    Raises:
        AnnotationError: See :func:`read_csv`.
    """
    lines = _lines(path, '')
    header = _read_header(lines, path, required)
    before = 1
    while True:
        chunk = list(islice(lines, rows))
        if not chunk:
            return
        cells = _split_plain(chunk, len(header))
        if cells is not None:
            numbers: Sequence[int] = range(before + 1,
                                           before + 1 + len(chunk))
            yield numbers, dict(zip(header, zip(*cells)))
        elif any('"' in line for line in chunk):
            # A quoted cell may go on in the lines that follow.
            break
        else:
            found = list(_read_cells(chunk, path, len(header), before))
            if found:
                numbers, cells = zip(*found)
                yield numbers, dict(zip(header, zip(*cells)))
        before += len(chunk)
    rest = _read_cells(chain(chunk, lines), path, len(header), before)
    while True:
        found = list(islice(rest, rows))
        if not found:
            return
        numbers, cells = zip(*found)
        yield numbers, dict(zip(header, zip(*cells)))


def _split_plain(lines: Sequence[str],
                 columns: int) -> Optional[List[List[str]]]:
    """The cells of lines without quotes, blanks or missing cells; None where
    it takes a CSV reader to tell."""
    text = ''.join(lines)
    if '\r' in text:
        text = text.replace('\r\n', '\n')
    if not text.isascii() or any(
            sign in text for sign in _NOT_PLAIN):
        return None
    cells = [line.split(',') for line in text.rstrip('\n').split('\n')]
    # Lines of commas only count as blank.
    if len(cells) != len(lines) or set(map(len, cells)) != {columns} or \
            columns == 1 or any(row[0] == '' for row in cells):
        return None
    return cells


def to_int(text: str,
           name: str,
           file: str,
           line: Optional[int],
           low: Optional[int] = None,
           high: Optional[int] = None) -> int:
    """``text`` as an integer in ``[low, high]``; ``'3.0'`` counts as 3.

    Raises:
        AnnotationError: If it is not one.
    """
    number = to_float(text, name, file, line, low, high)
    if number != int(number):
        raise AnnotationError(f'{name} is not an integer', file, line, text)
    return int(number)


def to_float(text: str,
             name: str,
             file: str,
             line: Optional[int],
             low: Optional[float] = None,
             high: Optional[float] = None,
             allow_nan: bool = False) -> float:
    """``text`` as a finite number in ``[low, high]``.

    Args:
        allow_nan (bool): Whether an empty cell or ``nan`` gives NaN, the sign
            for an unknown value. Defaults to False.

    Raises:
        AnnotationError: If it is not one.
    """
    try:
        number = float(text) if text != '' or not allow_nan else math.nan
    except ValueError:
        raise AnnotationError(f'{name} is not a number', file, line,
                              text) from None
    if math.isnan(number) and allow_nan:
        return number
    if not math.isfinite(number):
        raise AnnotationError(f'{name} is not finite', file, line, text)
    if (low is not None and number < low) or (high is not None
                                              and number > high):
        raise AnnotationError(f'{name} lies outside [{low}, {high}]', file,
                              line, text)
    return number
