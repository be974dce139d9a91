# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.datasets import AffWild2
from mmfer.structures import AnnotationError

CLASSES = 'Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other'
UNITS = 'AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26'
NAN = np.nan


def write(root, folder, files):
    path = root / folder
    path.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        (path / name).write_text('\n'.join(lines) + '\n')


@pytest.fixture
def root(tmp_path):
    """Two videos of four frames; one frame has no picture."""
    for video in ('1-30-1280x720', 'v_left'):
        folder = tmp_path / 'cropped_aligned' / video
        folder.mkdir(parents=True)
        for frame in (1, 2, 3, 4):
            (folder / f'{frame:05d}.jpg').touch()
        (folder / '.DS_Store').touch()
    (tmp_path / 'cropped_aligned/v_left/00002.jpg').unlink()
    write(tmp_path, 'EXPR_Recognition_Challenge/Train_Set', {
        '1-30-1280x720.txt': [CLASSES, *'0714'],
        'v_left.txt': [CLASSES, '2', '3', '-1', '6']})
    zeros = ','.join('0' * 12)
    write(tmp_path, 'AU_Detection_Challenge/Train_Set', {
        'v_left.txt': [UNITS, f'1{zeros[1:]}', zeros, ','.join(['-1'] * 12),
                       f'{zeros[:-1]}-1']})
    write(tmp_path, 'VA_Estimation_Challenge/Validation_Set', {
        'v_left.txt': ['valence,arousal', '.5,-1', '0,0', '-5,-5', '-5,.25']})
    rows = [f'v_left/00001.jpg,-.5,.25,4,1{zeros[1:]}',
            f'v_left/00003.jpg,-5,-5,7,{zeros}',
            f"v_left/00004.jpg,.5,.5,-1,{','.join(['-1'] * 12)}",
            f"1-30-1280x720/00001.jpg,-5,-5,-1,{','.join(['-1'] * 12)}"]
    write(tmp_path, 'MTL_Challenge', {
        'train_set.txt': ['image,valence,arousal,expression,aus', *rows]})
    return tmp_path


def frames(dataset):
    return [info['img_path'].split('cropped_aligned/')[1] for info in (
        dataset.get_data_info(i) for i in range(len(dataset)))]


def test_expressions(root):
    dataset = AffWild2(str(root), challenge='EXPR')
    assert frames(dataset) == [
        *(f'1-30-1280x720/0000{i}.jpg' for i in (1, 2, 3, 4)),
        'v_left/00001.jpg', 'v_left/00004.jpg']
    assert dataset.get_gt_labels().tolist() == [0, 7, 1, 4, 2, 6]
    assert dataset.metainfo['classes'][4] == 'happiness'
    assert dataset.notes == [
        'challenge EXPR',
        'annotations in EXPR_Recognition_Challenge/Train_Set',
        '1 frames without expression left out',
        '1 frames without image left out']
    assert dataset.official_counts() is None


def test_steps_and_label_space(root):
    dataset = AffWild2(str(root), challenge='EXPR', frame_step=3)
    assert [name[-5] for name in frames(dataset)] == ['1', '4', '1', '4']
    dataset = AffWild2(str(root), challenge='EXPR', label_space='rafdb')
    assert dataset.dropped == dict(other=1)
    names = dataset.metainfo['classes']
    assert [names[i] for i in dataset.get_gt_labels()] == [
        'neutral', 'anger', 'happiness', 'disgust', 'surprise']


def test_action_units(root):
    dataset = AffWild2(str(root), challenge='AU')
    assert dataset.metainfo['au_names'] == tuple(UNITS.split(','))
    assert frames(dataset) == ['v_left/00001.jpg', 'v_left/00004.jpg']
    first, last = (dataset.get_data_info(i) for i in range(2))
    assert 'gt_label' not in first
    assert first['gt_au'].tolist() == [1] + [0] * 11
    np.testing.assert_array_equal(last['gt_au'], [0] * 11 + [NAN])
    assert '1 frames of which nothing is known left out' in dataset.notes
    assert dataset.get_gt_labels().tolist() == [-1, -1]
    assert set(dataset.class_counts().values()) == {0}


def test_valence_arousal(root):
    dataset = AffWild2(str(root), 'valid', challenge='VA')
    assert frames(dataset) == ['v_left/00001.jpg']
    assert dataset.get_data_info(0)['gt_va'].tolist() == [.5, -1]


def test_multi_task(root):
    dataset = AffWild2(str(root))
    assert dataset.get_gt_labels().tolist() == [4, 7]
    infos = [dataset.get_data_info(i) for i in range(2)]
    assert infos[0]['gt_va'].tolist() == [-.5, .25]
    assert np.isnan(infos[1]['gt_va']).all()
    assert infos[0]['gt_au'].tolist() == [1] + [0] * 11
    assert '2 frames without expression left out' in dataset.notes
    dataset = AffWild2(str(root), challenge='MTL-AUVA')
    assert [name[-5] for name in frames(dataset)] == ['1', '3', '4']
    assert 'gt_label' not in dataset.get_data_info(2)
    assert np.isnan(dataset.get_data_info(2)['gt_au']).all()


@pytest.mark.parametrize('challenge, folder, lines, message', [
    ('EXPR', 'EXPR_Recognition_Challenge/Train_Set', [CLASSES, '8'],
     r'line 2: expression, value 1 .* \[0, 7\]: 8'),
    ('EXPR', 'EXPR_Recognition_Challenge/Train_Set', [CLASSES, '1', 'x'],
     "line 3: expression is not a number: 'x'"),
    ('AU', 'AU_Detection_Challenge/Train_Set', [UNITS[:-5]],
     'line 1: the header must name the units'),
    ('AU', 'AU_Detection_Challenge/Train_Set', [UNITS, '0,1'],
     'line 2: 2 cells under a header of 12'),
], ids=['class', 'text', 'header', 'cells'])
def test_bad_file(root, challenge, folder, lines, message):
    write(root, folder, {'1-30-1280x720.txt': lines})
    with pytest.raises(AnnotationError, match=f'720.txt, {message}'):
        AffWild2(str(root), challenge=challenge)


def test_bad_table(root):
    write(root, 'MTL_Challenge', {'a.txt': ['image,expression', 'a,1']})
    with pytest.raises(AnnotationError, match='the header must name'):
        AffWild2(str(root), ann_file='MTL_Challenge/a.txt')


@pytest.mark.parametrize('options, message', [
    (dict(challenge='MTL2'), 'challenge must be one of'),
    (dict(frame_step=2), 'frame_step'), (dict(split='test'), 'no split')])
def test_bad_options(root, options, message):
    with pytest.raises(ValueError, match=message):
        AffWild2(str(root), **options)


def test_bad_missing_places(root):
    with pytest.raises(FileNotFoundError, match='validation_set.txt'):
        AffWild2(str(root), 'valid')
    with pytest.raises(FileNotFoundError, match='faces.*image_folder'):
        AffWild2(str(root), image_folder='faces')
    write(root, 'EXPR_Recognition_Challenge/Train_Set', {
        'x.txt': [CLASSES, '1']})
    with pytest.raises(FileNotFoundError, match='cropped_aligned/x'):
        AffWild2(str(root), challenge='EXPR')


def test_bad_noise(root):
    with pytest.raises(AnnotationError, match='no expressions, so that label'):
        AffWild2(str(root), challenge='AU',
                 noise=dict(type='SymmetricNoise', ratio=.5))


@pytest.mark.parametrize('folder', [
    'EXPR_Classification_Challenge/Train_Set', 'EXPR_Set/Training_Set',
    '5th ABAW Annotations/EXPR_Recognition_Challenge/Train_Set'])
def test_folders_of_all_editions(root, folder):
    (root / folder).parent.mkdir(parents=True)
    (root / 'EXPR_Recognition_Challenge/Train_Set').rename(root / folder)
    dataset = AffWild2(str(root), challenge='EXPR')
    assert dataset.get_gt_labels().tolist() == [0, 7, 1, 4, 2, 6]
    assert dataset.notes[1] == f'annotations in {folder}'


def test_several_editions(root):
    folder = '3rd/EXPR_Classification_Challenge/Train_Set'
    write(root, folder, {'v_left.txt': [CLASSES, '5']})
    with pytest.raises(AnnotationError, match='several.*annotation_folder='):
        AffWild2(str(root), challenge='EXPR')
    for name in ('3rd', '3rd/EXPR_Classification_Challenge'):
        dataset = AffWild2(str(root), challenge='EXPR',
                           annotation_folder=name)
        assert dataset.get_gt_labels().tolist() == [5]


def test_frames_in_several_folders(root):
    folder = root / 'cropped_aligned_new_50_vids/new'
    folder.mkdir(parents=True)
    (folder / '00001.jpg').touch()
    write(root, 'EXPR_Recognition_Challenge/Train_Set',
          {'new.txt': [CLASSES, '3']})
    assert AffWild2(str(root), challenge='EXPR').class_counts()['fear'] == 1
    with pytest.raises(FileNotFoundError, match='cropped_aligned/new'):
        AffWild2(str(root), challenge='EXPR', image_folder='cropped_aligned')


def test_columns_by_name(root):
    write(root, 'AU_Detection_Challenge/Train_Set', {
        'v_left.txt': [','.join(reversed(UNITS.split(','))),
                       '1' + ',0' * 11]})
    write(root, 'VA_Estimation_Challenge/Train_Set', {
        'v_left.txt': ['Arousal,Valence', '.5,-1']})
    write(root, 'EXPR_Recognition_Challenge/Train_Set', {
        'v_left.txt': ['Other,Fear,Neutral', '1', '0', '-1', '2']})
    write(root, '.', {'training_set_annotations.txt': [
        'expression,image,arousal,valence,'
        + ','.join(f'au_{unit[2:]}' for unit in reversed(UNITS.split(','))),
        '4,v_left/00001.jpg,.25,-.5,1' + ',0' * 11,
        '4,v_left/00002.jpg,.25,-.5,1' + ',0' * 11,
        '4,lost/00001.jpg,.25,-.5,1' + ',0' * 11]})
    units = [0] * 11 + [1]
    info = AffWild2(str(root), challenge='AU').get_data_info(0)
    assert info['gt_au'].tolist() == units
    info = AffWild2(str(root), challenge='VA').get_data_info(0)
    assert info['gt_va'].tolist() == [-1, .5]
    (root / 'EXPR_Recognition_Challenge/Train_Set/1-30-1280x720.txt').unlink()
    dataset = AffWild2(str(root), challenge='EXPR')
    assert dataset.get_gt_labels().tolist() == [3, 0]
    dataset = AffWild2(str(root), ann_file='training_set_annotations.txt')
    info = dataset.get_data_info(0)
    assert len(dataset) == 1 and info['gt_au'].tolist() == units
    assert info['gt_va'].tolist() == [-.5, .25]
    assert dataset.notes[-1] == '2 frames without image left out'


def test_bad_expressions_without_header(root):
    write(root, 'EXPR_Recognition_Challenge/Train_Set',
          {'v_left.txt': ['4', '4']})
    with pytest.raises(AnnotationError, match='line 1: no header'):
        AffWild2(str(root), challenge='EXPR')


def test_bad_table_of_lost_frames(root, monkeypatch):
    write(root, '.', {'a.txt': ['image,valence,arousal,expression,aus',
                                'lost/00001.jpg,0,0,1' + ',0' * 12]})
    monkeypatch.chdir(root)
    with pytest.raises(AnnotationError, match='none .* has an image'):
        AffWild2('.', ann_file='a.txt')
