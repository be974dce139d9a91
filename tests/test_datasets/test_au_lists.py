# Copyright (c) mmfer contributors.
"""BP4D and DISFA."""
import cv2
import numpy as np
import pytest
from mmengine.config import Config

from mmfer.analysis import verify_config
from mmfer.datasets import BP4D, DISFA, PackedFER, fer_collate
from mmfer.datasets.packing import pack_dataset
from mmfer.structures import AnnotationError, au_names

PATHS = ['F007/T1/643.jpg', 'F007/T1/644.jpg', 'M003/T8/1.jpg']
ROWS = ['0 0 1 0 0 1 0 0 0 0 0 1', '0 0 1 0 0 9 0 0 0 0 0 -1',
        '1 1 1 1 1 1 1 1 1 1 1 1']


def lists(root, paths=PATHS, rows=ROWS, stem='BP4D_train_%s_fold2.txt'):
    (root / 'list').mkdir(exist_ok=True)
    (root / 'list' / (stem % 'img_path')).write_text('\n'.join(paths) + '\n')
    (root / 'list' / (stem % 'label')).write_text('\n'.join(rows) + '\n')
    for path in paths:
        (root / 'img' / path).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / 'img' / path), np.full((8, 8), 7, np.uint8))
    return str(root)


def test_bp4d(tmp_path):
    dataset = BP4D(lists(tmp_path), fold=2)
    infos = [dataset.get_data_info(i) for i in range(3)]
    assert [i['img_path'] for i in infos] == [
        f'{tmp_path}/img/{path}' for path in PATHS]
    np.testing.assert_array_equal(
        [i['gt_au'] for i in infos],
        [[np.nan if cell in ('9', '-1') else float(cell)
          for cell in row.split()] for row in ROWS])
    assert [i['subject'] for i in infos] == ['F007', 'F007', 'M003']
    assert infos[0]['gt_au'].dtype == np.float32
    assert 'gt_label' not in infos[0]
    assert dataset.metainfo['au_names'] == au_names('bp4d')
    assert dataset.protocol()['notes'] == [
        'list fold 2 of 3, official counts unknown']
    assert dataset.protocol()['class_counts'] == {}
    assert not dataset.has_expressions


def test_batches_without_expressions(tmp_path):
    """Also packed, and laid over."""
    (tmp_path / 'a.csv').write_text('path,valence,arousal\n643,.5,1\n')
    auxiliary = dict(type='CSVLabels', path=str(tmp_path / 'a.csv'))
    load = [dict(type='LoadFERImage'), dict(type='FaceResize', size=8)]
    pack = [dict(type='PackFERInputs')]
    cfg = dict(type='BP4D', data_root=lists(tmp_path), fold=2)
    plain = BP4D(str(tmp_path), fold=2, pipeline=load + pack,
                 auxiliary=auxiliary)
    pack_dataset(dict(cfg, pipeline=load), str(tmp_path / 'pack'), (8, 8),
                 workers=0)
    packed = PackedFER(str(tmp_path / 'pack'), pipeline=pack,
                       auxiliary=auxiliary)
    wanted = fer_collate([plain[i] for i in range(3)])['data_samples'].targets
    assert set(wanted) == {'gt_au', 'gt_va', 'va_confidence'}
    for batch in (packed.__getitems__([0, 1, 2]), [packed[i] for i in range(
            3)]):
        found = fer_collate(batch)['data_samples'].targets
        assert set(found) == set(wanted)
        for name in wanted:
            np.testing.assert_array_equal(found[name], wanted[name])
    assert packed.metainfo['au_names'] == plain.metainfo['au_names']


def test_verification_misses_no_expressions(tmp_path):
    cfg = dict(type='BP4D', data_root=lists(tmp_path), fold=2, pipeline=[])
    path = tmp_path / 'cfg.py'
    path.write_text(f'train_dataloader = dict(dataset={cfg!r})\n')
    report = verify_config(Config.fromfile(path))
    checks = {finding['check'] for finding in report['findings']}
    assert not checks & {'no label', 'empty class'}


@pytest.mark.parametrize('paths, rows, message', [
    (PATHS[:2], ROWS, '3 rows for 2 paths'),
    (PATHS, [*ROWS[:2], '1 1'], 'line 3: .*2 numbers where 12 belong'),
    (PATHS, [*ROWS[:2], ROWS[2].replace('1', '2')],
     r'line 3: action units, value 1 .* \[0, 1\]: 2'),
    (PATHS, [*ROWS[:2], 'x' + ROWS[2][1:]], "line 3: .*'x'"),
    (['', ''], ['', ''], 'no sample remains'),
], ids=['length', 'columns', 'range', 'text', 'empty'])
def test_bad_lists(tmp_path, paths, rows, message):
    lists(tmp_path)
    stem = tmp_path / 'list'
    (stem / 'BP4D_train_img_path_fold2.txt').write_text('\n'.join(paths))
    (stem / 'BP4D_train_label_fold2.txt').write_text('\n'.join(rows))
    with pytest.raises(AnnotationError, match=message):
        BP4D(str(tmp_path), fold=2)


def test_bad_list_options(tmp_path):
    with pytest.raises(ValueError, match='fold must be an integer from 1'):
        BP4D(lists(tmp_path), fold=0)
    with pytest.raises(FileNotFoundError, match='BP4D_test_img_path_fold2'):
        BP4D(str(tmp_path), 'test', fold=2)


@pytest.fixture
def disfa(tmp_path):
    """Four people, three frames; the intensity of unit k in frame f of
    person p is (k + f + p) % 6."""
    for p in range(1, 5):
        folder = tmp_path / 'ActionUnit_Labels' / f'SN00{p}'
        folder.mkdir(parents=True)
        for k in (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26):
            (folder / f'SN00{p}_au{k}.txt').write_text(
                ''.join(f'{f},{(k + f + p) % 6}\n' for f in (1, 2, 3)))
        (tmp_path / f'img/SN00{p}').mkdir(parents=True)
        for f in (1, 2, 3):
            (tmp_path / f'img/SN00{p}/{f}.jpg').touch()
    return tmp_path


@pytest.mark.parametrize('intensity', [False, True])
def test_disfa(disfa, intensity):
    dataset = DISFA(str(disfa), split='all', au_intensity=intensity)
    assert dataset.metainfo['au_names'] == au_names('disfa')
    assert len(dataset) == 12
    units = [int(name[2:]) for name in au_names('disfa')]
    for i in range(12):
        info, p, f = dataset.get_data_info(i), i // 3 + 1, i % 3 + 1
        assert info['img_path'] == f'{disfa}/img/SN00{p}/{f}.jpg'
        wanted = [(k + f + p) % 6 for k in units]
        if not intensity:
            wanted = [float(value >= 2) for value in wanted]
        assert info['gt_au'].tolist() == wanted


def test_disfa_folds(disfa):
    tests = []
    for fold in (1, 2, 3):
        train, test = (DISFA(str(disfa), split=split, fold=fold)
                       for split in ('train', 'test'))
        people = [{part.get_data_info(i)['subject']
                   for i in range(len(part))} for part in (train, test)]
        assert not people[0] & people[1] and len(train) + len(test) == 12
        tests += people[1]
    assert sorted(tests) == ['SN001', 'SN002', 'SN003', 'SN004']


def test_disfa_list(tmp_path):
    lists(tmp_path, PATHS[:1], ['0 1 0 0 0 0 0 1'],
          'DISFA_test_%s_fold1.txt')
    dataset = DISFA(str(tmp_path), form='list', split='test')
    assert dataset.metainfo['au_names'] == (
        'AU1', 'AU2', 'AU4', 'AU6', 'AU9', 'AU12', 'AU25', 'AU26')
    assert dataset.get_data_info(0)['gt_au'].tolist() == [0, 1, 0, 0, 0, 0,
                                                          0, 1]


def test_disfa_markers(disfa):
    path = disfa / 'ActionUnit_Labels/SN001/SN001_au4.txt'
    path.write_text('1,9\n2,2\n3,0\n')
    dataset = DISFA(str(disfa), split='all', au_set=[4])
    np.testing.assert_array_equal(
        [dataset.get_data_info(i)['gt_au'][0] for i in range(3)],
        [np.nan, 1, 0])


@pytest.mark.parametrize('text, message', [
    ('1,0\n2,6\n3,0\n', r'au4.txt, line 2: intensity.*\[0, 5\]: 6'),
    ('1,0\n2,0\n', 'au4.txt: other frames than in the file of unit 1'),
    ('1,0\n2\n3,0\n', 'line 2: .*1 numbers where 2 belong'),
])
def test_bad_disfa(disfa, text, message):
    (disfa / 'ActionUnit_Labels/SN001/SN001_au4.txt').write_text(text)
    with pytest.raises(AnnotationError, match=message):
        DISFA(str(disfa), split='all')


def test_bad_disfa_options(disfa):
    with pytest.raises(ValueError, match='form must be'):
        DISFA(str(disfa), form='csv')
    with pytest.raises(ValueError, match='occurrence only'):
        DISFA(str(disfa), form='list', au_intensity=True)
    (disfa / 'ActionUnit_Labels/SN002/SN002_au9.txt').unlink()
    with pytest.raises(FileNotFoundError, match='SN002_au9.txt'):
        DISFA(str(disfa))
