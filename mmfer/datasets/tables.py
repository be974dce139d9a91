# Copyright (c) mmfer contributors.
"""Reading annotation tables with errors that name file, line and value."""
import csv
import math
import os.path as osp
import re
from collections import Counter
from functools import lru_cache
from itertools import chain, islice
from typing import (Dict, Iterable, Iterator, List, NamedTuple, Optional,
                    Sequence, Tuple)

from mmfer.errors import MissingFileError
from mmfer.structures import AnnotationError

# What only a CSV reader, or stripping, gets right in ASCII text.
_NOT_PLAIN = '"\r\t\v\f\x1c\x1d\x1e\x1f '
# Columns without a name, as spreadsheets and pandas write them.
_BLANK_NAME = re.compile(r'(unnamed: \d+(_level_\d+)?)?', re.IGNORECASE)
# How C, Windows, R, pandas, databases and spreadsheets write an unknown
# number.
_UNKNOWN = (r'[-+]?nan(?:\(\w*\))?|[-+]?1\.#(?!inf)\w+|#?n/?a|#n/a n/a|<na>|'
            r'null|none|#num!|#div/0!')
_UNKNOWN_CELL = re.compile(_UNKNOWN, re.IGNORECASE)
_WINDOWS_INFINITY = re.compile(r'([-+]?)1\.#inf\d*', re.IGNORECASE)


def is_unknown(cell: str) -> bool:
    """Whether a cell stands for an unknown value: empty, or one of the
    spellings of not-a-number or missing of C (``-nan``), Windows
    (``-nan(ind)``, ``1.#QNAN``), R (``NA``), pandas (``<NA>``), databases
    (``null``, ``None``) and Excel (``#N/A``, ``#NUM!``, ``#DIV/0!``)."""
    return cell == '' or (cell[0] in '#+-1<Nn' and
                          _UNKNOWN_CELL.fullmatch(cell) is not None)


def parse_number(text: str) -> float:
    """A number as text, in any platform's spelling.

    Args:
        text (str): The text, stripped.

    Returns:
        float: NaN where :func:`is_unknown`; infinite for ``inf`` and
        Windows' ``1.#INF``.

    Raises:
        ValueError: If it is no number.
    """
    try:
        number = float(text)
    except ValueError:
        if is_unknown(text):
            return math.nan
        return float(_WINDOWS_INFINITY.sub(r'\1inf', text))
    if '_' in text:
        raise ValueError(f'{text!r} is not a number')
    return number


def fill_unknown(text: str, delimiter: Optional[str]) -> str:
    """The lines of a table with ``nan`` in all cells that are unknown.

    Args:
        text (str): One or more lines.
        delimiter (str, optional): The separator; None stands for runs of
            blanks. The first cell of a line is left as it is where it is
            empty, since a line of separators only counts as blank.
    """
    return _unknown_cells(delimiter).sub('nan', text)


@lru_cache(maxsize=None)
def _unknown_cells(delimiter: Optional[str]) -> 're.Pattern':
    if delimiter is None:
        return re.compile(rf'(?<!\S)(?:{_UNKNOWN})(?!\S)', re.IGNORECASE)
    cell = rf' *(?:{_UNKNOWN}){{}} *(?={re.escape(delimiter)}|\r?$)'
    return re.compile(
        rf'(?<={re.escape(delimiter)}){cell.format("?")}|'
        rf'^{cell.format("")}', re.IGNORECASE | re.MULTILINE)


def require_file(path: str, hint: str) -> str:
    """``path`` if it is a file.

    Raises:
        FileNotFoundError: With the hint, if it is not.
    """
    if not osp.isfile(path):
        raise MissingFileError(f'{osp.abspath(path)}: no such file',
                               hint=hint)
    return path


def require_folder(path: str, hint: str) -> str:
    """``path`` if it is a folder.

    Raises:
        FileNotFoundError: With the hint, if it is not.
    """
    if not osp.isdir(path):
        raise MissingFileError(f'{osp.abspath(path)}: no such folder',
                               hint=hint)
    return path


def _lines(path: str, newline: Optional[str] = None) -> Iterator[str]:
    """Lines of a text file: UTF-8, with or without byte order mark, or
    UTF-16 with one, as Excel's "Unicode text"."""
    require_file(path, 'check data_root and the annotation file')
    with open(path, 'rb') as start:
        wide = start.read(2) in (b'\xff\xfe', b'\xfe\xff')
    with open(path, encoding='utf-16' if wide else 'utf-8-sig',
              newline=newline) as file:
        try:
            for number, line in enumerate(file, 1):
                if '\0' in line:
                    raise AnnotationError(
                        'a NUL byte: the file is damaged or not text', path,
                        number, hint='save it as CSV in UTF-8')
                yield line
        except UnicodeError as error:
            if wide:
                raise AnnotationError('not UTF-16 text', path,
                                      value=str(error)) from None
            raise _not_utf8(path) from None


def _not_utf8(path: str) -> AnnotationError:
    with open(path, 'rb') as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return AnnotationError(
                    'not UTF-8 text', path, number,
                    line[error.start:error.start + 8],
                    'convert the file to UTF-8; in Excel save it as "CSV '
                    'UTF-8"')
    return AnnotationError('not UTF-8 text', path)


def _csv_rows(lines: Iterable[str], path: str, delimiter: str,
              before: int = 0) -> Iterator[Tuple[int, List[str]]]:
    """Yield line numbers and cells; ``before`` lines were read already."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in reader:
            yield before + reader.line_num, cells
    except csv.Error as error:
        raise AnnotationError(f'unreadable CSV: {error}', path,
                              before + reader.line_num) from None


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
        rows = ((n, [cell.strip() for cell in row])
                for n, row in _csv_rows(_lines(path, ''), path, delimiter))
    for number, cells in rows:
        if not any(cells):
            continue
        if len(cells) not in columns:
            wanted = ' or '.join(map(str, columns))
            raise AnnotationError(
                f'{len(cells)} columns where {wanted} belong', path, number,
                (delimiter or ' ').join(cells))
        yield number, cells


class Header(NamedTuple):
    """The header of a CSV file.

    Args:
        names (List[str]): The names of all columns, ``''`` for a blank one.
        delimiter (str): The separator.
        lines (int): The lines down to the header, itself included.
    """

    names: List[str]
    delimiter: str
    lines: int

    def fields(self, cells: Sequence) -> Dict:
        """From the name of a column to its cell; blank ones are left out."""
        fields = dict(zip(self.names, cells))
        fields.pop('', None)
        return fields


def first_of(header: Sequence[str], *names: str) -> Optional[str]:
    """The first of the names that a header has, None if it has none.

    Capital letters do not matter, as everywhere in headers.
    """
    known = {name.lower() for name in header}
    return next((name for name in names if name.lower() in known), None)


def read_csv(path: str,
             required: Sequence[str] = (),
             optional: Sequence[str] = ()
             ) -> Iterator[Tuple[int, Dict[str, str]]]:
    """Rows of a CSV file with a header; blank lines are skipped.

    Columns go by name: their order, further columns and blank columns do not
    matter, nor do capital letters in the names of ``required`` and
    ``optional``. The separator is the one of comma, semicolon and tab that
    the header has most of, or what Excel's line ``sep=;`` above it says.

    Args:
        path (str): The CSV file.
        required (Sequence[str]): Columns that must be there. Defaults to ().
        optional (Sequence[str]): Columns that may be there. Defaults to ().

    Yields:
        tuple: The line number and a dict from column name to cell, stripped.
        Names are spelled as in ``required`` and ``optional``.

    Raises:
        AnnotationError: If the file is empty, a column is missing or stands
            there twice, or a row has too few or too many cells.
    """
    lines = _lines(path, '')
    header = _read_header(lines, path, required, optional)
    for line, cells in _read_cells(lines, path, header, header.lines):
        yield line, header.fields(cells)


def _read_header(lines: Iterator[str], path: str,
                 required: Sequence[str] = (),
                 optional: Sequence[str] = ()) -> Header:
    first, before = next(lines, ''), 0
    while first and not first.strip(',;\t \r\n'):
        first, before = next(lines, ''), before + 1
    given = re.fullmatch(r'"?sep=(.)"?', first.strip(' \r\n'))
    if given:
        first, before = next(lines, ''), before + 1
        delimiter = given.group(1)
    else:
        delimiter = max(',;\t', key=lambda sign: len(
            next(_csv_rows([first], path, sign, before), (0, []))[1]))
    number, names = next(
        _csv_rows(chain([first], lines), path, delimiter, before),
        (before, []))
    names, before = [name.strip() for name in names], number
    if not any(names):
        raise AnnotationError('an empty file where a header belongs', path,
                              max(before, 1))
    names = ['' if _BLANK_NAME.fullmatch(name) else name for name in names]
    spelled = {name.lower(): name for name in (*required, *optional)
               if name not in names}
    names = [spelled.get(name.lower(), name) for name in names]
    twice = sorted(name for name, number in Counter(names).items()
                   if name and number > 1)
    if twice:
        raise AnnotationError('columns named twice', path, before, twice)
    missing = [name for name in required if name not in names]
    if missing:
        alone = '; separate columns with commas' * (len(names) == 1)
        raise AnnotationError('missing columns', path, before, missing,
                              f'the header reads {names}{alone}')
    return Header(names, delimiter, before)


def _read_cells(lines: Iterable[str], path: str, header: Header, before: int
                ) -> Iterator[Tuple[int, List[str]]]:
    """Line numbers and stripped cells; ``before`` lines were read already.

    Empty cells that a spreadsheet adds or leaves out at the end of a row,
    beyond the last column that has a name, do not matter.
    """
    width = len(header.names)
    for number, cells in _csv_rows(lines, path, header.delimiter, before):
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]
        elif len(cells) < width and not any(header.names[len(cells):]):
            cells += [''] * (width - len(cells))
        if len(cells) != width:
            raise AnnotationError(
                f'{len(cells)} cells under a header of {width}', path, number,
                header.delimiter.join(cells)[:200],
                _why_long(cells, width, header.delimiter))
        yield number, cells


def _why_long(cells: Sequence[str], width: int,
              delimiter: str) -> Optional[str]:
    """What to do about a row with too many cells."""
    if len(cells) < width:
        return None
    if len(cells) == width + 1 and cells[0].isdigit():
        return ('the row seems to begin with its number; in R write '
                'row.names = FALSE')
    return f'put cells that hold {delimiter!r} into double quotes'


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
    before = header.lines
    while True:
        chunk = list(islice(lines, rows))
        if not chunk:
            return
        cells = _split_plain(chunk, header)
        if cells is not None:
            numbers: Sequence[int] = range(before + 1,
                                           before + 1 + len(chunk))
            yield numbers, header.fields(list(zip(*cells)))
        elif any('"' in line for line in chunk):
            # A quoted cell may go on in the lines that follow.
            break
        else:
            found = list(_read_cells(chunk, path, header, before))
            if found:
                numbers, cells = zip(*found)
                yield numbers, header.fields(list(zip(*cells)))
        before += len(chunk)
    rest = _read_cells(chain(chunk, lines), path, header, before)
    while True:
        found = list(islice(rest, rows))
        if not found:
            return
        numbers, cells = zip(*found)
        yield numbers, header.fields(list(zip(*cells)))


def _split_plain(lines: Sequence[str],
                 header: Header) -> Optional[List[List[str]]]:
    """The cells of lines without quotes, blanks or missing cells; None where
    it takes a CSV reader to tell."""
    text, delimiter, width = ''.join(lines), header.delimiter, len(
        header.names)
    if '\r' in text:
        text = text.replace('\r\n', '\n')
    if not text.isascii() or any(
            sign in text for sign in _NOT_PLAIN if sign != delimiter):
        return None
    cells = [line.split(delimiter) for line in text.rstrip('\n').split('\n')]
    # Lines of separators only count as blank.
    if len(cells) != len(lines) or set(map(len, cells)) != {width} or \
            width == 1 or any(row[0] == '' for row in cells):
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
        allow_nan (bool): Whether an unknown value, see :func:`is_unknown`,
            gives NaN. Defaults to False.

    Raises:
        AnnotationError: If it is not one.
    """
    try:
        number = parse_number(text)
    except ValueError:
        comma = ',' in text and 'write numbers with a decimal point'
        raise AnnotationError(f'{name} is not a number', file, line, text,
                              comma or None) from None
    if math.isnan(number):
        if allow_nan:
            return number
        raise AnnotationError(f'{name} is not a number', file, line, text)
    if not math.isfinite(number):
        raise AnnotationError(f'{name} is not finite', file, line, text)
    if (low is not None and number < low) or (high is not None
                                              and number > high):
        raise AnnotationError(f'{name} lies outside [{low}, {high}]', file,
                              line, text)
    return number
