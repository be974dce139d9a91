# Copyright (c) mmfer contributors.
import math

import pytest

from mmfer.datasets.tables import (read_csv, read_rows, require_file,
                                   require_folder, to_float, to_int)
from mmfer.structures import AnnotationError


def write(tmp_path, data):
    path = tmp_path / 'table.csv'
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def test_read_rows(tmp_path):
    path = write(tmp_path, ' a  1 \r\n\r\n\tb\t2\n')
    assert list(read_rows(path, (2, ))) == [(1, ['a', '1']), (3, ['b', '2'])]
    path = write(tmp_path, 'a, "x, y" ,1\n,,\n"b\nc",d,2\n')
    rows = read_rows(path, (3, 4), ',')
    assert next(rows) == (1, ['a', '"x', 'y"', '1'])
    assert next(rows) == (4, ['b\nc', 'd', '2'])


def test_read_csv(tmp_path):
    path = write(tmp_path, '\ufeff a ,b\r\n1, 2 \r\n\r\n"3,4",\r\n')
    assert list(read_csv(path, ('a', ))) == [
        (2, dict(a='1', b='2')), (4, dict(a='3,4', b=''))]


def test_umlauts(tmp_path):
    path = write(tmp_path, 'name,x\nJürgen/ä.jpg,1\n')
    assert next(read_csv(path))[1]['name'] == 'Jürgen/ä.jpg'


@pytest.mark.parametrize('data, line, value', [
    ('a,b\n1\n', 2, '1 cells under a header of 2'),
    ('a,b\n1,2,3\n', 2, '3 cells'),
    ('a,a\n1,2\n', 1, "['a']"),
    ('a,c\n1,2\n', 1, "['b']"),
    ('', 1, 'empty file'),
    ('\n1,2\n', 2, "['a', 'b']"),
    ('a,b\n1,\0\n', 2, 'NUL'),
    (b'a,b\n1,\xe4\n', 2, 'UTF-8'),
    ('a,b\n1,2\n'.encode('utf-16-le'), 1, 'NUL'),
], ids=['cell missing', 'cell too many', 'column twice', 'column missing',
        'empty file', 'blank header', 'NUL byte', 'Latin-1',
        'UTF-16 without mark'])
def test_bad_csv(tmp_path, data, line, value):
    path = write(tmp_path, data)
    with pytest.raises(AnnotationError) as error:
        list(read_csv(path, ('a', 'b')))
    assert error.value.line == line
    assert path in str(error.value) and value in str(error.value)


def test_bad_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match='here.csv.*Hint: look'):
        require_file(str(tmp_path / 'here.csv'), 'look')
    with pytest.raises(FileNotFoundError, match='no such folder.*look'):
        require_folder(str(tmp_path / 'here'), 'look')
    with pytest.raises(FileNotFoundError, match='no such file'):
        list(read_csv(str(tmp_path)))
    assert require_folder(str(tmp_path), '') == str(tmp_path)


def test_numbers():
    assert to_int('3.0', 'n', 'f', 1) == 3
    assert to_int('-2', 'n', 'f', 1, -2, 2) == -2
    assert to_float('1e-3', 'n', 'f', 1) == 0.001
    assert math.isnan(to_float('', 'n', 'f', 1, 0, 1, allow_nan=True))
    assert math.isnan(to_float('NaN', 'n', 'f', 1, 0, 1, allow_nan=True))


@pytest.mark.parametrize('text, function', [
    ('', to_int), ('x', to_int), ('1.5', to_int), ('4', to_int),
    ('0', to_int), ('inf', to_int), ('nan', to_float), ('-inf', to_float),
    ('1,5', to_float), ('3.01', to_float)])
def test_bad_number(text, function):
    with pytest.raises(AnnotationError) as error:
        function(text, 'the mood', 'a.csv', 7, 1, 3)
    message = str(error.value)
    assert message.startswith('a.csv, line 7: the mood')
    assert repr(text) in message


@pytest.mark.parametrize('number', ['inf', 'x'])
def test_bad_number_is_not_unknown(number):
    with pytest.raises(AnnotationError):
        to_float(number, 'n', 'f', 1, allow_nan=True)


@pytest.mark.parametrize('read', [
    lambda path: list(read_csv(path)),
    lambda path: list(read_rows(path, (2, ), ','))], ids=['csv', 'rows'])
@pytest.mark.parametrize('line', [1, 2])
def test_bad_cell_beyond_the_limit_of_the_csv_reader(tmp_path, read, line):
    rows = ['a,b', '1,2']
    rows[line - 1] = f'{"x" * 200_000},2'
    (tmp_path / 'a.csv').write_text('\n'.join(rows))
    with pytest.raises(AnnotationError,
                       match=f'a.csv, line {line}: unreadable CSV: field'):
        read(str(tmp_path / 'a.csv'))
