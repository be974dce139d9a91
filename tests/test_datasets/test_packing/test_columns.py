# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.datasets.packing.columns import from_arrays, to_arrays
from mmfer.structures import AnnotationError


def test_columns_come_back(tmp_path):
    samples = [
        dict(path='a/ä.png', label=3, va=np.array([0.5, np.nan], 'f4')),
        dict(path='', label=-1, va=np.array([0., 1.], 'f4'), au=[1., 2.]),
        dict(path='c', label=7, va=np.array([2., 1.], 'f4'), subject='S1'),
    ]
    np.savez(tmp_path / 'a.npz', **to_arrays(samples))
    with np.load(tmp_path / 'a.npz', allow_pickle=False) as arrays:
        columns = from_arrays(dict(arrays))
    assert columns['path'] == ['a/ä.png', '', 'c']
    assert columns['label'].tolist() == [3, -1, 7]
    assert columns['va'].dtype == np.float32
    np.testing.assert_array_equal(columns['va'],
                                  [s['va'] for s in samples])
    assert columns['subject'] == [None, None, 'S1']
    assert columns['au'][0] is None and columns['au'][1].tolist() == [1, 2]


@pytest.mark.parametrize('values', [
    (np.zeros(2), np.zeros(3)), ('a', 1), (object(), object()),
    ([{}], [{}])], ids=['shapes', 'mixed', 'objects', 'dicts'])
def test_bad_values(values):
    with pytest.raises(AnnotationError, match='votes cannot be packed'):
        to_arrays([dict(votes=value) for value in values])
