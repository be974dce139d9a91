# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.datasets import EmotioNet
from mmfer.structures import AnnotationError

TABLE = ('URL,orig_url,AU 1,AU02,au12,AU60\n'
         'http://a.b/x/1.jpg,o,0,1,999,0\n'
         "'http://a.b/x/2.jpg',o,999,-1,9,1\n"
         '3.png,o,,1,0,1\n')


def write(root, text=TABLE):
    (root / 'images').mkdir(exist_ok=True)
    (root / 'images/1.jpg').touch()
    (root / 'labels.csv').write_text(text)
    return str(root)


def test_table(tmp_path):
    dataset = EmotioNet(write(tmp_path))
    assert dataset.metainfo['au_names'] == ('AU1', 'AU2', 'AU12')
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    assert [info['img_path'] for info in infos] == [
        f'{tmp_path}/images/{name}' for name in ('1.jpg', '3.png')]
    np.testing.assert_array_equal([info['gt_au'] for info in infos],
                                  [[0, 1, np.nan], [np.nan, 1, 0]])
    assert dataset.notes == ['1 rows without any known unit left out',
                             '55.6 % of the values unknown',
                             'official counts unknown']


def test_chosen_units(tmp_path):
    dataset = EmotioNet(write(tmp_path), au_set=[12, 1])
    assert dataset.metainfo['au_names'] == ('AU12', 'AU1')
    np.testing.assert_array_equal(dataset.get_data_info(1)['gt_au'],
                                  [0, np.nan])


@pytest.mark.parametrize('text, options, message', [
    ('URL,AU1\na,2\n', {}, r'line 2: action units.*\[0, 1\]: 2'),
    ('URL,AU1,AU01\na,1,1\n', {}, 'two columns for one action unit'),
    ('URL,x\na,1\n', {}, 'no columns for action units'),
    ('AU1\n1\n', {}, 'none of the columns'),
    ('URL,AU1\n,1\n', {}, 'line 2: no name'),
    ('URL,AU1\na,999\n', {}, 'no sample remains'),
    ('URL,AU1\na,1\n', dict(au_set=[1, 2]), r'action units: \[2\]'),
], ids=['range', 'twice', 'units', 'names', 'name', 'nothing', 'chosen'])
def test_bad_table(tmp_path, text, options, message):
    with pytest.raises(AnnotationError, match=message):
        EmotioNet(write(tmp_path, text), **options)
