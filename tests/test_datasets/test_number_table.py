# Copyright (c) mmfer contributors.
import csv

import numpy as np
import pytest

from mmfer.datasets import number_table
from mmfer.datasets.number_table import read_header, read_number_table
from mmfer.structures import AnnotationError


def write(tmp_path, text):
    path = tmp_path / 'a.csv'
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize('text', [
    'name,b,c\nx,1,2.5\ny,3,-4e1\n',
    ' name , b, c\nx , 1, 2.5\ny, 3 ,-40\n',
    'name,b,c\r\nx,1,2.5\r\n\r\ny,3,-40',
    'name,b,c\n"x",1,2.5\n"y","3",-40\n',
], ids=['plain', 'blanks', 'windows', 'quotes'])
def test_forms(tmp_path, text):
    path = write(tmp_path, text)
    assert read_header(path) == ['name', 'b', 'c']
    table = read_number_table(path, ['c', 'b'], 'name')
    assert table.numbers.tolist() == [[2.5, 1], [-40, 3]]
    assert table.texts == ['x', 'y']
    assert table.lines.tolist() == ([2, 4] if '\r' in text else [2, 3])


def test_quoted_cells(tmp_path):
    path = write(tmp_path, 'name,b\n"one, two",1\n"a\nb",2\nz,3\n')
    table = read_number_table(path, ['b'], 'name')
    assert table.texts == ['one, two', 'a\nb', 'z']
    assert table.numbers[:, 0].tolist() == [1, 2, 3]


def test_unknown_cells(tmp_path):
    path = write(tmp_path, 'a,b,c,d\n1,,,\nnan,2,,4\n,5,6,7\n')
    table = read_number_table(path, ['a', 'b', 'c', 'd'])
    nan = np.nan
    np.testing.assert_array_equal(table.numbers, [
        [1, nan, nan, nan], [nan, 2, nan, 4], [nan, 5, 6, 7]])
    assert table.texts == []


def test_chunks_agree_with_a_csv_reader(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    rows = [[f'n{i}', *rng.normal(size=3).round(3)] for i in range(50)]
    rows[17][2] = ''
    rows[31][0] = '"n,31"'
    path = write(tmp_path, 'n,a,b,c\n' + '\n'.join(
        ','.join(map(str, row)) for row in rows))
    monkeypatch.setattr(number_table, '_ROWS', 8)
    table = read_number_table(path, ['c', 'b'], 'n')
    with open(path) as file:
        wanted = list(csv.DictReader(file))
    assert table.texts == [row['n'] for row in wanted]
    for name, column in zip('cb', table.numbers.T):
        np.testing.assert_array_equal(
            column, [float(row[name] or 'nan') for row in wanted])
    assert table.lines.tolist() == list(range(2, 52))


def test_header_without_rows(tmp_path):
    table = read_number_table(write(tmp_path, 'a,b\n'), ['b'])
    assert table.numbers.shape == (0, 1)


@pytest.mark.parametrize('text, message', [
    ('', 'line 1: an empty file'),
    ('a,a\n', 'named twice'),
    ('a,c\n1,2\n', "missing columns: .'b'"),
    ('a,b\n1,2\n1\n', 'line 3: 1 cells under a header of 2'),
    ('a,b\n1,2\n1,2,3\n', 'line 3: 3 cells under a header of 2'),
    ('a,b\n1,2\n1,x\n', "line 3: b is not a number: 'x'"),
    ('a,b\n1,2\n1,inf\n', 'line 3: b is not finite'),
], ids=['empty', 'twice', 'column', 'short', 'long', 'text', 'inf'])
def test_bad_table(tmp_path, text, message):
    with pytest.raises(AnnotationError, match=message):
        read_number_table(write(tmp_path, text), ['b'], 'a')
