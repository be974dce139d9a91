# Copyright (c) mmfer contributors.
"""The cells of Excel workbooks (.xlsx), which are zipped XML."""
import re
import zipfile
from typing import Dict, Iterator, List, Tuple
from xml.etree import ElementTree

from mmfer.structures import AnnotationError
from .tables import require_file

_MAIN = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
_LINK = ('{http://schemas.openxmlformats.org/officeDocument/2006/'
         'relationships}id')
_LETTERS = re.compile('[A-Z]+')
# Limits of Excel's own, and of a table that fits into memory.
_MAX_COLUMNS, _MAX_BYTES = 16384, 2**28


def read_xlsx(path: str) -> Iterator[Tuple[int, List[str]]]:
    """The rows of the first sheet; blank rows are passed over.

    Formulas give the value that was stored with them; an integer that was
    stored as ``3.0`` reads ``'3'``.

    Args:
        path (str): The workbook.

    Yields:
        tuple: The number of the row, counted from 1, and its cells as text,
        stripped, ``''`` for empty ones.

    Raises:
        AnnotationError: If it is no workbook, or a larger one than Excel
            makes.
        FileNotFoundError: If there is no such file.
    """
    require_file(path, 'check data_root and the name of the coding sheet')
    try:
        with zipfile.ZipFile(path) as book:
            size = sum(entry.file_size for entry in book.infolist())
            if size > _MAX_BYTES:
                raise ValueError(f'{size / 2**20:.0f} MiB once unpacked, '
                                 f'{_MAX_BYTES / 2**20:.0f} are supported')
            strings = _shared_strings(book)
            table = _parse(book, _first_sheet(book))
        for place, row in enumerate(table.iter(f'{_MAIN}row'), 1):
            cells = _cells(row, strings)
            if any(cells):
                yield int(row.get('r', place)), cells
    # Damaged files raise errors of zipfile, zlib, XML and others.
    except Exception as error:
        raise AnnotationError(
            'not a readable Excel workbook', path, value=str(error),
            hint='save the table again as .xlsx or as .csv') from None


def _parse(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(book.read(name))


def _text(element: ElementTree.Element) -> str:
    """The text of a string, without reading aids for East Asian scripts."""
    runs = [element, *element.findall(f'{_MAIN}r')]
    return ''.join(part.text or '' for run in runs
                   for part in run.findall(f'{_MAIN}t'))


def _shared_strings(book: zipfile.ZipFile) -> List[str]:
    name = 'xl/sharedStrings.xml'
    if name not in book.namelist():
        return []
    return [_text(item) for item in _parse(book, name)]


def _first_sheet(book: zipfile.ZipFile) -> str:
    """The file of the first sheet inside the workbook."""
    links: Dict[str, str] = {
        item.get('Id'): item.get('Target')
        for item in _parse(book, 'xl/_rels/workbook.xml.rels')
    }
    sheets = _parse(book, 'xl/workbook.xml').iter(f'{_MAIN}sheet')
    target = [links[sheet.get(_LINK)] for sheet in sheets][0]
    return target[1:] if target.startswith('/') else f'xl/{target}'


def _cells(row: ElementTree.Element, strings: List[str]) -> List[str]:
    cells: List[str] = []
    for cell in row.findall(f'{_MAIN}c'):
        letters = _LETTERS.match(cell.get('r', ''))
        place = _column(letters.group()) if letters else len(cells)
        cells += [''] * (place - len(cells))
        cells.append(_value(cell, strings).strip())
    return cells


def _column(letters: str) -> int:
    """The number of a column, from 0: A is 0, Z 25, AA 26."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord('A') + 1
        if number > _MAX_COLUMNS:
            raise ValueError(f'column {letters}, {_MAX_COLUMNS} columns are '
                             'supported')
    return number - 1


def _value(cell: ElementTree.Element, strings: List[str]) -> str:
    kind = cell.get('t')
    if kind == 'inlineStr':
        return _text(cell.find(f'{_MAIN}is'))
    value = cell.findtext(f'{_MAIN}v') or ''
    if kind == 's':
        return strings[int(value)]
    if kind in (None, 'n') and value.endswith('.0'):
        return value[:-2]
    return value
