# Copyright (c) mmfer contributors.
"""Coding sheets of micro-expressions: a row tells all about a clip."""
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from mmfer.structures import AnnotationError
from .spreadsheet import read_xlsx
from .tables import is_unknown, read_rows, to_int

# What a column tells -> its names in the released sheets, in lower case,
# letters and digits only.
_COLUMNS: Dict[str, Tuple[str, ...]] = dict(
    subject=('subject', ),
    clip=('filename', 'clip'),
    emotion=('estimatedemotion', 'emotion', 'label'),
    onset=('onset', 'onsetframe'),
    apex=('apex', 'apexframe'),
    offset=('offset', 'offsetframe'),
    units=('actionunits', 'actionunit', 'aus', 'au'),
    fps=('fps', ))
_REQUIRED = ('subject', 'clip', 'emotion')
# What coders write where they do not know a frame.
_SIGNS = ('/', '\\', '-', '?')
UNKNOWN_FRAME = -1


class CodedClip(NamedTuple):
    """A row of a coding sheet.

    Args:
        line (int): Its number in the sheet.
        subject (str): As the sheet has it.
        clip (str): As the sheet has it.
        emotion (str): As the sheet has it.
        onset (int): The number of the first frame of the expression, -1
            where it is not known.
        apex (int): The number of its strongest frame, likewise.
        offset (int): The number of its last frame, likewise.
        units (str): The action units, see
            :func:`~mmfer.structures.parse_au_string`; empty if not known.
        fps (int): Frames in a second, -1 where the sheet does not tell.
    """

    line: int
    subject: str
    clip: str
    emotion: str
    onset: int
    apex: int
    offset: int
    units: str
    fps: int

    @property
    def frames(self) -> Tuple[int, int, int]:
        """Onset, apex and offset."""
        return self.onset, self.apex, self.offset

    def in_order(self) -> 'CodedClip':
        """The row; an offset before the onset, and an apex outside of both,
        are unknown in it."""
        row = self
        if row.offset < row.onset:
            row = row._replace(offset=UNKNOWN_FRAME)
        late = row.offset != UNKNOWN_FRAME and row.apex > row.offset
        if late or row.apex < row.onset:
            row = row._replace(apex=UNKNOWN_FRAME)
        return row


def read_coding_sheet(path: str) -> Iterator[CodedClip]:
    """The rows of a coding sheet.

    Columns go by name, in any spelling, so that blank columns do not matter;
    rows above the header are passed over, and so are rows without subject
    and clip.

    Args:
        path (str): The file, ``.xlsx`` (its first sheet) or else CSV,
            separated by commas, semicolons or tabs.

    Raises:
        AnnotationError: If it is another kind of file, there is no header, a
            column is missing, or a frame is no integer.
        FileNotFoundError: If there is no such file.
    """
    if path.lower().endswith('.xls'):
        raise AnnotationError('a workbook in the old format of Excel', path,
                              hint='save it again as .xlsx or as .csv')
    if path.lower().endswith('.xlsx'):
        rows = read_xlsx(path)
        places = _find_header(rows, path)
    else:
        for delimiter in ',;\t':
            try:
                rows = read_rows(path, range(10**6), delimiter)
                places = _find_header(rows, path)
                break
            except AnnotationError:
                if delimiter == '\t':
                    raise
    for line, cells in rows:
        row = {name: cells[place] if place < len(cells) else ''
               for name, place in places.items()}
        if row['subject'] or row['clip']:
            yield _read_row(row, path, line)


def _plain(name: str) -> str:
    return ''.join(char for char in name.lower() if char.isalnum())


def _find_header(rows: Iterator[Tuple[int, List[str]]],
                 path: str) -> Dict[str, int]:
    """The places of the columns; takes the rows down to the header."""
    nearest: Optional[List[str]] = None
    for _, cells in rows:
        names = [_plain(cell) for cell in cells]
        places = {}
        for kind, known in _COLUMNS.items():
            found = [names.index(name) for name in known if name in names]
            if found:
                places[kind] = found[0]
        if all(name in places for name in _REQUIRED):
            return places
        if nearest is None or 'subject' in places:
            nearest = cells
    missing = {name: _COLUMNS[name] for name in _REQUIRED}
    raise AnnotationError(
        'no row names the columns of a coding sheet', path, None, nearest,
        f'it must name {missing}')


def _read_row(row: Dict[str, str], path: str, line: int) -> CodedClip:
    for name in _REQUIRED:
        if not row[name]:
            raise AnnotationError(f'a clip without {name}', path, line,
                                  list(row.values()))
    units = row.get('units', '')
    numbers = {}
    for name in ('onset', 'apex', 'offset', 'fps'):
        cell = row.get(name, '')
        numbers[name] = UNKNOWN_FRAME if _is_unknown(cell) else to_int(
            cell, name, path, line, 0)
    return CodedClip(line, row['subject'], row['clip'], row['emotion'],
                     units='' if _is_unknown(units) else units, **numbers)


def _is_unknown(cell: str) -> bool:
    return cell in _SIGNS or is_unknown(cell)
