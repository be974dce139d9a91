# Copyright (c) mmfer contributors.
import cv2
import numpy as np
import pytest

from mmfer.datasets import CKPlus
from mmfer.structures import AU_SETS, AnnotationError

NUM_FRAMES = 6


def write(path, text=''):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def points(frame):
    """68 landmarks that tell which frame they belong to."""
    return ''.join(f'   {i + frame:.7e}   {2 * i:.7e}\n' for i in range(68))


@pytest.fixture
def root(tmp_path):
    """Seven subjects, one sequence per emotion and one without a label."""
    for person in range(7):
        subject = f'S{person:03d}'
        for sequence in ('001', '002'):
            for frame in range(1, NUM_FRAMES + 1):
                stem = f'{subject}/{sequence}/{subject}_{sequence}_{frame:08d}'
                write(tmp_path / f'cohn-kanade-images/{stem}.png')
                write(tmp_path / f'Landmarks/{stem}_landmarks.txt',
                      points(frame))
            write(tmp_path / f'FACS/{stem}_facs.txt',
                  '   1.0e+00   3.0e+00\n  1.2e+01 0.0e+00\n 5.4e+01 2\n')
            (tmp_path / 'Emotion' / subject / sequence).mkdir(parents=True)
        stem = f'{subject}/001/{subject}_001_{NUM_FRAMES:08d}'
        write(tmp_path / f'Emotion/{stem}_emotion.txt',
              f'   {person + 1:.7e}\n')
    return tmp_path


def path_of(root, folder, kind='', subject='S000'):
    stem = f'{subject}/001/{subject}_001_{NUM_FRAMES:08d}'
    return root / f'{folder}/{stem}{kind}'


def frames(dataset):
    return [int(info['img_path'][-12:-4]) for info in dataset]


def test_last_frames_and_label_order(root):
    dataset = CKPlus(str(root), 'all')
    assert dataset.CLASSES == ('anger', 'contempt', 'disgust', 'fear',
                               'happiness', 'sadness', 'surprise')
    assert frames(dataset) == [4, 5, 6] * 7
    for info in dataset:
        assert info['subject'] == f'S{info["gt_label"]:03d}'
        assert '/001/' in info['img_path']


def test_neutral_first_frame(root):
    dataset = CKPlus(str(root), 'all', last_frames=1, neutral=True)
    assert dataset.CLASSES[:2] == ('neutral', 'anger')
    assert frames(dataset) == [1, 6] * 7
    labels = dataset.get_gt_labels().tolist()
    assert labels == [x for i in range(7) for x in (0, i + 1)]
    assert np.isnan(dataset[0]['gt_au']).all()
    assert not np.isnan(dataset[1]['gt_au']).any()


def test_frames_after_the_peak_are_not_read(root):
    subject = 'cohn-kanade-images/S000/001'
    write(root / f'{subject}/S000_001_00000007.png')
    assert frames(CKPlus(str(root), 'all'))[:3] == [4, 5, 6]


def test_action_units(root):
    dataset = CKPlus(str(root), 'all', au_set=(12, 1, 2))
    assert dataset.metainfo['au_names'] == ('AU12', 'AU1', 'AU2')
    assert dataset[0]['gt_au'].tolist() == [1, 1, 0]
    graded = CKPlus(str(root), 'all', au_set=(12, 1, 2), au_intensity=True)
    np.testing.assert_array_equal(graded[0]['gt_au'], [np.nan, 3, 0])
    assert len(CKPlus(str(root), 'all')[0]['gt_au']) == len(AU_SETS['ckplus'])


def test_landmarks_belong_to_the_frame(root):
    info = CKPlus(str(root), 'all')[1]
    assert info['gt_landmarks'].shape == (68, 2)
    assert info['gt_landmarks'][3].tolist() == [3 + 5, 6]


def test_missing_optional_files_are_nan_and_counted(root):
    path_of(root, 'FACS', '_facs.txt').unlink()
    path_of(root, 'Landmarks', '_landmarks.txt').unlink()
    dataset = CKPlus(str(root), 'all')
    assert np.isnan(dataset[0]['gt_au']).all()
    assert np.isnan(dataset[2]['gt_landmarks']).all()
    assert dataset.notes[1:] == ['FACS: 1 files missing',
                                 'Landmarks: 1 files missing']


def test_without_optional_folders(root):
    (root / 'FACS').rename(root / 'x')
    (root / 'Landmarks').rename(root / 'y')
    dataset = CKPlus(str(root), 'all')
    assert 'gt_au' not in dataset[0] and 'gt_landmarks' not in dataset[0]
    assert 'au_names' not in dataset.metainfo
    assert dataset.notes[1] == 'FACS: folder absent, not read'


def test_folds_are_subject_disjoint(root):
    seen = []
    for fold in range(7):
        test = CKPlus(str(root), 'test', fold=fold, num_folds=7)
        train = CKPlus(str(root), 'train', fold=fold, num_folds=7)
        subjects = {info['subject'] for info in test}
        assert not subjects & {info['subject'] for info in train}
        assert len(test) + len(train) == 21
        seen += subjects
    assert sorted(seen) == [f'S{i:03d}' for i in range(7)]


def test_official_counts(root):
    counts = CKPlus(str(root), 'all').official_counts()
    assert counts['anger'] == 135 and sum(counts.values()) == 981
    counts = CKPlus(
        str(root), 'all', last_frames=1, neutral=True).official_counts()
    assert counts['neutral'] == 327 and sum(counts.values()) == 654
    assert CKPlus(str(root), 'test', num_folds=7).official_counts() is None


def test_images_are_read(root):
    image = np.full((5, 4, 3), 7, np.uint8)
    for path in (root / 'cohn-kanade-images').rglob('*.png'):
        cv2.imwrite(str(path), image)
    dataset = CKPlus(
        str(root), 'all', pipeline=[dict(type='LoadImageFromFile')])
    np.testing.assert_array_equal(dataset[0]['img'], image)


@pytest.mark.parametrize('folder, kind, text, message', [
    ('Emotion', '_emotion.txt', '', 'one number from 1 to 7 belongs here'),
    ('Emotion', '_emotion.txt', '3.0\n4.0', r"one number.*'3.0', '4.0'"),
    ('Emotion', '_emotion.txt', '3 4', 'line 1: 2 columns where 1 belong'),
    ('Emotion', '_emotion.txt', 'happy', "line 1: .* not a number: 'happy'"),
    ('Emotion', '_emotion.txt', '8', r"lies outside \[1, 7\]: '8'"),
    ('Emotion', '_emotion.txt', '0', r"lies outside \[1, 7\]: '0'"),
    ('Emotion', '_emotion.txt', '2.5', 'the emotion is not an integer'),
    ('FACS', '_facs.txt', '1 2\n12', 'line 2: 1 columns where 2 belong'),
    ('FACS', '_facs.txt', 'AU1 2', "the action unit is not a number: 'AU1'"),
    ('FACS', '_facs.txt', '1 -1', r"the intensity lies outside \[0, 5\]"),
    ('FACS', '_facs.txt', '0 1', r'the action unit lies outside \[1, 99\]'),
    ('Landmarks', '_landmarks.txt', '1 2\n' * 67, 'landmarks belong here: 67'),
    ('Landmarks', '_landmarks.txt', '1 2\n' * 69, 'landmarks belong here: 69'),
    ('Landmarks', '_landmarks.txt', '1 2\n' * 5 + 'nan 2\n',
     "line 6: a landmark is not a number: 'nan'"),
    ('Landmarks', '_landmarks.txt', '1 2 3\n' * 68, '3 columns where 2'),
], ids=['emotion_empty', 'emotion_two_lines', 'emotion_two_numbers',
        'emotion_text', 'emotion_high', 'emotion_zero', 'emotion_fraction',
        'facs_cells', 'facs_text', 'facs_negative', 'facs_zero', 'points_67',
        'points_69', 'points_nan', 'points_3d'])
def test_bad_file(root, folder, kind, text, message):
    path_of(root, folder, kind).write_text(text)
    with pytest.raises(AnnotationError, match=rf'{kind}.*{message}'):
        CKPlus(str(root), 'all')


@pytest.mark.parametrize('folder', ['cohn-kanade-images', 'Emotion'])
def test_bad_tree_missing_folder(root, folder):
    (root / folder).rename(root / 'x')
    with pytest.raises(FileNotFoundError, match=f'{folder}: no such folder'):
        CKPlus(str(root))


def test_bad_tree_no_emotions(root):
    for path in (root / 'Emotion').rglob('*.txt'):
        path.unlink()
    with pytest.raises(AnnotationError, match='no emotion file'):
        CKPlus(str(root))


def test_bad_tree_frames_of_a_sequence_missing(root):
    (root / 'cohn-kanade-images/S003/001').rename(root / 'x')
    with pytest.raises(FileNotFoundError, match='S003/001: no such folder'):
        CKPlus(str(root))


def test_bad_tree_peak_missing(root):
    path_of(root, 'cohn-kanade-images', '.png').unlink()
    with pytest.raises(FileNotFoundError, match='00000006.png: the labelled'):
        CKPlus(str(root))


@pytest.mark.parametrize('name', ['S000_001_00000005_emotion.txt',
                                  'S001_001_00000006_emotion.txt',
                                  'A_emotion.txt'],
                         ids=['two_files', 'two_subjects', 'name'])
def test_bad_emotion_files(root, name):
    write(root / 'Emotion/S000/001' / name, '1')
    with pytest.raises(AnnotationError, match=f'one file named.*{name}'):
        CKPlus(str(root))


def test_bad_emotion_file_of_another_subject(root):
    path = path_of(root, 'Emotion', '_emotion.txt')
    path.rename(path.with_name(path.name.replace('S000', 'S001')))
    with pytest.raises(AnnotationError, match='one file named'):
        CKPlus(str(root))


def test_bad_short_sequence(root):
    with pytest.raises(AnnotationError, match='S000/001: the sequence is '
                       'shorter than 6 labelled frames and 1 neutral: 6'):
        CKPlus(str(root), 'all', last_frames=6, neutral=True)
    assert len(CKPlus(str(root), 'all', last_frames=6)) == 42


@pytest.mark.parametrize('kwargs, error, message', [
    (dict(last_frames=0), ValueError, 'last_frames must be positive'),
    (dict(fold=7, num_folds=7), ValueError, 'from 0 to 6, got 7'),
    (dict(num_folds=8), ValueError, '8 folds cannot be made of 7 subjects'),
    (dict(au_set='ck'), KeyError, "unknown set of action units 'ck'"),
    (dict(au_set=(1, 3)), KeyError, r'unknown action units \[3\]'),
], ids=['last_frames', 'fold', 'num_folds', 'au_set', 'au_number'])
def test_bad_argument(root, kwargs, error, message):
    with pytest.raises(error, match=message):
        CKPlus(str(root), **kwargs)
