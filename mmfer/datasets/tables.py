# Copyright (c) mmfer contributors.
"""Reading annotation tables with errors that name file, line and value."""
import csv
import math
import os.path as osp
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from mmfer.structures import AnnotationError


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
    reader = csv.reader(_lines(path, ''))
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        raise AnnotationError('an empty file where a header belongs', path, 1)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise AnnotationError('columns named twice', path, 1, twice)
    missing = [name for name in required if name not in header]
    if missing:
        raise AnnotationError('missing columns', path, 1, missing,
                              f'the header reads {header}')
    for cells in reader:
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise AnnotationError(
                f'{len(cells)} cells under a header of {len(header)}', path,
                reader.line_num, ','.join(cells))
        yield reader.line_num, dict(zip(header, cells))


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
