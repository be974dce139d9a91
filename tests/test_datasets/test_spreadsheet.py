# Copyright (c) mmfer contributors.
import zipfile

import pytest

from mmfer.datasets.coding_sheet import CodedClip, read_coding_sheet
from mmfer.datasets.spreadsheet import read_xlsx
from mmfer.structures import AnnotationError
from ..clip_toys import write_xlsx


def test_cells(tmp_path):
    path = write_xlsx(tmp_path / 'a.xlsx', [
        ['a & b', None, 3, 2.5], [None], [' x ', '12.0', 12.0]], first_row=3)
    assert list(read_xlsx(str(path))) == [
        (3, ['a & b', '', '3', '2.5']), (5, ['x', '12.0', '12'])]


def with_rows(path, rows):
    """Put rows, and one shared string, into a workbook."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    files['xl/sharedStrings.xml'] = (
        f'<sst {main}><si><r><t>4+</t></r><r><t>L10</t></r><rPh><t>no</t>'
        '</rPh></si></sst>')
    files['xl/worksheets/sheet3.xml'] = (
        f'<worksheet {main}><sheetData>{rows}</sheetData></worksheet>')
    with zipfile.ZipFile(path, 'w') as new:
        for name, content in files.items():
            new.writestr(name, content)


def test_rich_and_inline_text(tmp_path):
    """What other programs write: runs, reading aids, inline texts, rows and
    cells without names."""
    path = write_xlsx(tmp_path / 'a.xlsx', [])
    with_rows(path, """<row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>in</t>
        </is></c><c t="str"><f>A1</f><v>kept</v></c>
        <c t="n"><v>3.0</v></c></row>""")
    assert list(read_xlsx(str(path))) == [(1, ['4+L10', 'in', 'kept', '3'])]


@pytest.mark.parametrize('damage', [
    lambda path: path.write_text('Subject,Filename\n'),
    lambda path: path.write_bytes(path.read_bytes()[:-200]),
    lambda path: zipfile.ZipFile(path, 'w').close(),
    lambda path: with_rows(path, '<row><c t="s"/></row>'),
    lambda path: with_rows(path, '<row><c t="inlineStr"/></row>'),
], ids=['CSV', 'truncated', 'empty', 'no string', 'no text'])
def test_bad_workbook(tmp_path, damage):
    path = write_xlsx(tmp_path / 'a.xlsx', [['Subject']])
    damage(path)
    with pytest.raises(AnnotationError, match=r'a\.xlsx: not a readable Exc'):
        list(read_xlsx(str(path)))


def test_bad_old_workbook(tmp_path):
    (tmp_path / 'a.xls').write_bytes(b'\xd0\xcf\x11\xe0')
    with pytest.raises(AnnotationError, match=r'a\.xls: .*old format.*\.csv'):
        list(read_coding_sheet(str(tmp_path / 'a.xls')))


def test_bad_absent_workbook(tmp_path):
    with pytest.raises(FileNotFoundError, match='b.xlsx.*Hint'):
        list(read_xlsx(str(tmp_path / 'b.xlsx')))


HEADER = ['Subject', None, 'Filename', 'Onset Frame', 'ApexFrame',
          'offset_frame', None, 'Action Units', 'Estimated Emotion']
ROW = [6, None, '006_1_2', 10, '/', 30, None, 4, 'Anger']


def test_coding_sheet(tmp_path):
    """Notes above the header, blank columns, unknown frames, numbers for
    texts, short rows, rows without clip."""
    path = write_xlsx(tmp_path / 'a.xlsx', [
        ['Notes'], [None, 'Onset: first frame'], HEADER, ROW,
        ['007', None, '007_1', None, None, None, None, 'L12', 'Fear'],
        [None, None, None, None, 5]])
    assert list(read_coding_sheet(str(path))) == [
        CodedClip(4, '6', '006_1_2', 'Anger', 10, -1, 30, '4', -1),
        CodedClip(5, '007', '007_1', 'Fear', -1, -1, -1, 'L12', -1)]
    csv = tmp_path / 'a.csv'
    csv.write_text('subject,Clip,ONSET,emotion,fps\ns1,c,3,sad,200\n')
    assert list(read_coding_sheet(str(csv))) == [
        CodedClip(2, 's1', 'c', 'sad', 3, -1, -1, '', 200)]


@pytest.mark.parametrize('frames, wanted', [
    ((3, 5, 9), (3, 5, 9)), ((3, 2, 9), (3, -1, 9)), ((3, 10, 9), (3, -1, 9)),
    ((3, 5, 2), (3, 5, -1)), ((3, -1, 9), (3, -1, 9)),
    ((-1, 5, 9), (-1, 5, 9)), ((3, 2, 1), (3, -1, -1))])
def test_order_of_frames(frames, wanted):
    row = CodedClip(2, 's', 'c', 'e', *frames, '', -1)
    assert row.in_order().frames == wanted


@pytest.mark.parametrize('column, cell, message', [
    (3, 'x', "line 2: onset is not a number: 'x'"),
    (4, 1.5, "line 2: apex is not an integer: '1.5'"),
    (5, -3, 'line 2: offset lies outside'),
    (2, None, 'line 2: a clip without clip'),
    (8, None, 'line 2: a clip without emotion')])
def test_bad_row(tmp_path, column, cell, message):
    row = list(ROW)
    row[column] = cell
    path = write_xlsx(tmp_path / 'a.xlsx', [HEADER, row])
    with pytest.raises(AnnotationError, match=message):
        list(read_coding_sheet(str(path)))


def test_bad_header(tmp_path):
    path = write_xlsx(tmp_path / 'a.xlsx', [['Subject', 'Onset'], [1, 2]])
    with pytest.raises(AnnotationError, match="no row names the columns.*"
                       r"\['Subject', 'Onset'\].*'filename', 'clip'"):
        list(read_coding_sheet(str(path)))


def test_bad_column_beyond_those_of_excel(tmp_path):
    path = write_xlsx(tmp_path / 'a.xlsx', [])
    with_rows(path, '<row><c r="XFD1"><v>1</v></c></row>')
    (_, cells), = read_xlsx(str(path))
    assert len(cells) == 16384
    with_rows(path, '<row><c r="ZZZZZZZZ1"><v>1</v></c></row>')
    with pytest.raises(AnnotationError, match='16384 columns'):
        list(read_xlsx(str(path)))


def test_bad_workbook_that_unpacks_to_gigabytes(tmp_path):
    path = write_xlsx(tmp_path / 'a.xlsx', [])
    with zipfile.ZipFile(path, 'a', zipfile.ZIP_DEFLATED) as book:
        with book.open('xl/media/zeros', 'w') as file:
            for _ in range(300):
                file.write(bytes(2**20))
    with pytest.raises(AnnotationError, match='300 MiB once unpacked'):
        list(read_xlsx(str(path)))
