# Copyright (c) mmfer contributors.
"""Corrected labels come back by the readers."""
import numpy as np
import pytest
from mmengine.dataset import ConcatDataset

from mmfer.analysis.audit import (apply_decisions, label_files, read_labels,
                                  write_label_files)
from mmfer.datasets import FERCSV, FERPlus, SyntheticFER
from mmfer.structures import AnnotationError
from ...toys import make_ferplus

NOISE = dict(type='SymmetricNoise', ratio=0.5, seed=1)


@pytest.fixture(scope='module')
def ferplus(tmp_path_factory):
    return str(make_ferplus(tmp_path_factory.mktemp('data'), per_class=2))


def flip(labels, step=3):
    new = labels.copy()
    new[::step] = (new[::step] + 1) % 8
    return new


@pytest.mark.parametrize('options', [
    {}, dict(noise=NOISE), dict(indices=5), dict(indices=[9, 2, 4]),
    dict(indices=-6, noise=NOISE),
    dict(label_space='affectnet8')], ids=str)
def test_ferplus_reads_its_corrected_labels(ferplus, tmp_path, options):
    before = FERPlus(data_root=ferplus, **options)
    labels = flip(before.get_gt_labels())
    path, = write_label_files(label_files(before), labels, str(tmp_path))
    noise = dict(type='FileNoise', file=path)
    after = FERPlus(data_root=ferplus, **{**options, 'noise': noise})
    assert after.get_gt_labels().tolist() == labels.tolist()
    whole = [FERPlus(data_root=ferplus, **{**options, **more})
             for more in (dict(indices=None),
                          dict(indices=None, noise=noise))]
    changed = whole[0].get_gt_labels() != whole[1].get_gt_labels()
    assert set(np.flatnonzero(changed)) <= set(before.split_rows())
    assert changed.sum() == (labels != before.get_gt_labels()).sum()


def test_drawn_faces_and_csv(tmp_path):
    """Samples without a file, and a file that stands there twice."""
    rows = ['path,expression,subject', 'a.png,fear,anna', 'b.png,anger,bob',
            'a.png,fear,bob', 'c.png,anger,eve', 'd.png,anger,bob']
    (tmp_path / 'labels.csv').write_text('\n'.join(rows))
    for name in 'ab':
        (tmp_path / f'{name}.png').touch()
    bob = dict(data_root=str(tmp_path), subjects=dict(include=['bob']))
    for number, (cls, options) in enumerate((
            (SyntheticFER, dict(size=6, image_size=32)),
            (FERCSV, dict(data_root=str(tmp_path))),
            (FERCSV, bob), (FERCSV, dict(bob, indices=2)))):
        before = cls(**options)
        labels = before.get_gt_labels()
        labels[-1] = 1 - min(labels[-1], 1)
        (tmp_path / str(number)).mkdir()
        path, = write_label_files(label_files(before), labels,
                                  str(tmp_path / str(number)))
        after = cls(noise=dict(type='FileNoise', file=path), **options)
        assert after.get_gt_labels().tolist() == labels.tolist()


def test_a_file_for_each_reader(ferplus, tmp_path):
    dataset = ConcatDataset([FERPlus(data_root=ferplus, indices=rows)
                             for rows in ([0, 1], [3])])
    files = label_files(dataset)
    assert [len(file.own_names) for file in files] == [2, 1]
    paths = write_label_files(files, np.array([7, 6, 5]), str(tmp_path))
    names = [path.rsplit('/', 1)[1] for path in paths]
    assert names == ['labels_0.csv', 'labels_1.csv']
    second = list(read_labels(paths[1]).values())
    assert second[:4] == ['neutral', 'happiness', 'surprise', 'disgust']


def decide(tmp_path, *rows):
    path = tmp_path / 'decisions.csv'
    path.write_text('\n'.join(('file,name,label', *rows)))
    return apply_decisions(dict(a='fear', b='anger'), str(path), 'labels.csv')


def test_decisions_are_laid_over(tmp_path):
    assert decide(tmp_path, 'labels.csv,b,fear', 'labels_1.csv,x,fear') == {
        'a': 'fear', 'b': 'fear'}


@pytest.mark.parametrize('row, message', [
    ('labels_1.csv,a,fear', 'no decision about labels.csv'),
    ('labels.csv,c,fear', 'line 2: no such sample'),
    ('labels.csv,a,joy', "line 2: no label has this class: 'joy'"),
])
def test_bad_decisions(tmp_path, row, message):
    with pytest.raises(AnnotationError, match=message):
        decide(tmp_path, row)


@pytest.mark.parametrize('row, message', [
    ('a,fear', 'line 3: a second row'), ('b,', 'line 3: no label')])
def test_bad_labels(tmp_path, row, message):
    path = tmp_path / 'labels.csv'
    path.write_text(f'name,label\na,fear\n{row}\n')
    with pytest.raises(AnnotationError, match=message):
        read_labels(str(path))


def test_bad_reader():
    class Foreign(list):
        pass

    with pytest.raises(TypeError, match='Foreign cannot read.*Hint'):
        label_files(Foreign())
