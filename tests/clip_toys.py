# Copyright (c) mmfer contributors.
"""Tiny clips and coding sheets that several tests share."""
import os
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import cv2
import numpy as np

_MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
_LINKS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'


def write_xlsx(path, rows, sheet='Sheet1', first_row=1):
    """Write a workbook: texts shared, numbers as such, None left out.

    Returns:
        Path: ``path``.
    """
    texts = sorted({c for row in rows for c in row if isinstance(c, str)})
    lines = []
    for number, row in enumerate(rows, first_row):
        cells = ''
        for column, cell in enumerate(row):
            place = f'{chr(ord("A") + column)}{number}'
            if isinstance(cell, str):
                cells += (f'<c r="{place}" t="s"><v>{texts.index(cell)}</v>'
                          '</c>')
            elif cell is not None:
                cells += f'<c r="{place}"><v>{cell}</v></c>'
        lines.append(f'<row r="{number}">{cells}</row>')
    strings = ''.join(f'<si><t>{escape(text)}</t></si>' for text in texts)
    with zipfile.ZipFile(path, 'w') as book:
        book.writestr('xl/workbook.xml', (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>'
            f'<sheet name="{sheet}" sheetId="1" r:id="rId7"/></sheets>'
            '</workbook>'))
        book.writestr('xl/_rels/workbook.xml.rels', (
            '<Relationships><Relationship Id="rId7" '
            'Target="worksheets/sheet3.xml"/></Relationships>'))
        book.writestr('xl/worksheets/sheet3.xml', (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}'
            '</sheetData></worksheet>'))
        book.writestr('xl/sharedStrings.xml',
                      f'<sst xmlns="{_MAIN}">{strings}</sst>')
    return Path(path)


def frame(number, size=8):
    """A picture whose grey value tells its number."""
    return np.full((size, size, 3), number % 256, np.uint8)


def write_frames(folder, numbers, size=8, name='img{}.png', make=frame):
    """Write the frames of a clip.

    Returns:
        str: ``folder``.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    for number in numbers:
        path = os.fspath(Path(folder) / name.format(number))
        assert cv2.imwrite(path, make(number, size))
    return os.fspath(folder)
