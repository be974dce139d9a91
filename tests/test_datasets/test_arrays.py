# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.datasets.arrays import read_npy, read_npy_text, to_array
from mmfer.structures import AnnotationError


def test_to_array():
    floats = to_array(['1;2.5', '-3e2;nan'], [1, 2], 'n', 'f', 2, ';')
    np.testing.assert_array_equal(
        floats, np.array([[1, 2.5], [-300, np.nan]], np.float32))
    assert floats.dtype == np.float32
    integers = to_array(['0  255'], [1], 'n', 'f', 2, dtype=np.uint8)
    assert integers.dtype == np.uint8 and integers.tolist() == [[0, 255]]
    assert to_array(['1', '2'], [1, 2], 'n', 'f', 1).shape == (2, 1)


@pytest.mark.parametrize('text, dtype, value', [
    ('1;2', np.float32, '2 numbers where 3 belong'),
    ('1;2;3;4', np.float32, '4 numbers where 3 belong'),
    ('1;2;', np.uint8, "number 3 is no finite uint8: ''"),
    ('', np.float32, '1 numbers where 3 belong'),
    ('1;two;3', np.float32, "number 2 is no finite float32: 'two'"),
    ('1;#;3', np.float32, "number 2 is no finite float32: '#'"),
    ('1;2;-inf', np.float32, "number 3 is no finite float32: '-inf'"),
    ('1;2;300', np.uint8, "number 3 is no finite uint8: '300'"),
    ('1;-2;3', np.uint8, "number 2 is no finite uint8: '-2'"),
    ('1;2.0;3', np.uint8, "number 2 is no finite uint8: '2.0'"),
    ('1;nan;3', np.uint8, "number 2 is no finite uint8: 'nan'"),
], ids=['too few', 'too many', 'empty cell', 'empty row', 'word', 'comment',
        'infinite', 'above 255', 'negative', 'fraction', 'NaN integer'])
def test_bad_array(text, dtype, value):
    with pytest.raises(AnnotationError) as error:
        to_array(['1;2;3', text, '4;5;6'], [4, 5, 6], 'points', 'a.csv', 3,
                 ';', dtype)
    assert str(error.value).startswith('a.csv, line 5: points: ' + value[:10])
    assert value in str(error.value)


@pytest.mark.parametrize('value, text', [
    (3, '3'), (np.float32(0.5), '0.5'), ('1', '1'), ([' 2.0 '], '2.0'),
    (b'7', '7'), ([[4]], '4')])
def test_read_npy_text(tmp_path, value, text):
    path = str(tmp_path / 'a.npy')
    np.save(path, np.array(value))
    np.testing.assert_array_equal(read_npy(path), np.array(value))
    assert read_npy_text(path) == text


@pytest.mark.parametrize('array', [np.zeros(2), np.zeros(0)],
                         ids=['two values', 'no value'])
def test_bad_npy_text(tmp_path, array):
    path = str(tmp_path / 'a.npy')
    np.save(path, array)
    with pytest.raises(AnnotationError, match='a.npy: one value belongs'):
        read_npy_text(path)


def test_bad_npy(tmp_path):
    path = tmp_path / 'a.npy'
    with pytest.raises(FileNotFoundError, match='a.npy.*Hint'):
        read_npy(str(path))
    np.save(path, np.array([{}]))
    with pytest.raises(AnnotationError, match='a.npy: not a plain .npy'):
        read_npy(str(path))
    path.write_bytes(b'\x80\x04N.')
    with pytest.raises(AnnotationError, match='a.npy: not a plain .npy'):
        read_npy(str(path))
