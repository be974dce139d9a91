# Copyright (c) mmfer contributors.
"""AFEW-VA and OMG-Emotion."""
import csv
import json

import numpy as np
import pytest

from mmfer.datasets import AFEWVA, OMGEmotion
from mmfer.structures import AnnotationError


def clip(root, name, frames, actor=None, points=True):
    folder = root / name
    folder.mkdir(parents=True)
    content = dict(video_id=name, frames={})
    for i, (valence, arousal) in enumerate(frames):
        frame = dict(valence=valence, arousal=arousal)
        if points:
            frame['landmarks'] = [[i + k, k / 2] for k in range(68)]
        content['frames'][f'{i:05d}'] = frame
        (folder / f'{i:05d}.png').touch()
    if actor:
        content['actor'] = actor
    (folder / f'{folder.name}.json').write_text(json.dumps(content))


@pytest.fixture
def afew(tmp_path):
    clip(tmp_path, '001', [(10, -10), (3, 0)], 'ann')
    clip(tmp_path, '02/050', [(-5.0, 2.5)], 'ben')
    clip(tmp_path, '02/051', [(0, 0)] * 3, 'ann')
    return tmp_path


def test_afew_va(afew):
    dataset = AFEWVA(str(afew), 'all')
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    np.testing.assert_allclose(
        [info['gt_va'] for info in infos],
        [[1, -1], [.3, 0], [-.5, .25], [0, 0], [0, 0], [0, 0]])
    assert infos[2]['img_path'] == f'{afew}/02/050/00000.png'
    assert [info['subject'] for info in infos] == [
        'ann', 'ann', 'ben', 'ann', 'ann', 'ann']
    assert infos[1]['gt_landmarks'][3].tolist() == [4, 1.5]
    assert 'gt_label' not in infos[0]
    assert dataset.notes == ['3 clips, official counts unknown']


def test_afew_va_folds(afew):
    sizes = [len(AFEWVA(str(afew), 'test', fold=fold, num_folds=2))
             for fold in (0, 1)]
    assert sorted(sizes) == [1, 5]
    assert len(AFEWVA(str(afew), fold=0, num_folds=2)) == 6 - sizes[0]


def test_afew_va_partial_landmarks(afew):
    clip(afew, '052', [(1, 1)], points=False)
    dataset = AFEWVA(str(afew), 'all')
    assert not any('gt_landmarks' in dataset.get_data_info(i)
                   for i in range(7))
    assert '052' in {dataset.get_data_info(i)['subject'] for i in range(7)}


@pytest.mark.parametrize('text, message', [
    ('{', 'no annotation of AFEW-VA'), ('[]', 'no annotation of AFEW-VA'),
    ('{"frames": {"00000": {"valence": 1}}}', 'arousal'),
    ('{"frames": {"00000": {"valence": 11, "arousal": 0}}}',
     r'\[-10, 10\]: 11'),
    ('{"frames": {"7": {"valence": 1, "arousal": 0}}}',
     "a frame without picture: '7'"),
])
def test_bad_afew_va(afew, text, message):
    (afew / '001/001.json').write_text(text)
    with pytest.raises(AnnotationError, match=f'001.json.*{message}'):
        AFEWVA(str(afew), 'all')


def test_bad_afew_va_folder(tmp_path):
    (tmp_path / 'clips').mkdir()
    with pytest.raises(AnnotationError, match='no clip'):
        AFEWVA(str(tmp_path))


HEADER = 'link,start,end,video,utterance,arousal,valence,EmotionMaxVote\n'


@pytest.fixture
def omg(tmp_path):
    (tmp_path / 'omg_TrainVideos.csv').write_text(
        HEADER + 'l,0,1,a1,utterance_1.mp4,.25,-.5,3\n'
        'l,0,1,a1,utterance_2.mp4,1,.5,0\n,,,,,.4,.1,\n')
    for number, frames in ((1, 3), (2, 1)):
        folder = tmp_path / f'frames/a1/utterance_{number}'
        folder.mkdir(parents=True)
        for frame in range(frames):
            (folder / f'{frame:05d}.jpg').touch()
    return tmp_path


def test_omg(omg):
    dataset = OMGEmotion(str(omg))
    infos = [dataset.get_data_info(i) for i in range(2)]
    assert infos[0]['img_path'].endswith('a1/utterance_1/00001.jpg')
    assert infos[0]['gt_va'].tolist() == [-.5, .25]
    names = [dataset.metainfo['classes'][info['gt_label']] for info in infos]
    assert names == ['happiness', 'anger']
    assert '1 rows without video left out' in dataset.notes
    every = OMGEmotion(str(omg), frames='all')
    assert every.get_gt_labels().tolist() == [3, 3, 3, 0]
    assert every.official_counts() is None


def test_omg_missing_frames(omg):
    (omg / 'frames/a1/utterance_2/00000.jpg').unlink()
    with pytest.raises(FileNotFoundError, match='utterance_2: no frame'):
        OMGEmotion(str(omg))
    dataset = OMGEmotion(str(omg), missing='skip')
    assert len(dataset) == 1
    assert '1 utterances without frames left out' in dataset.notes


@pytest.mark.parametrize('split, name, rows', [
    ('train', 'omg_TrainVideos.csv', 2444),
    ('valid', 'omg_ValidationVideos.csv', 617)])
def test_real_omg(shared, tmp_path, split, name, rows):
    """The real tables, with empty files in place of frames."""
    path = shared / 'data/labels/omg' / name
    (tmp_path / name).symlink_to(path)
    with open(path) as file:
        wanted = list(csv.DictReader(file))
    assert len(wanted) == rows
    wanted = [row for row in wanted if row['video']]
    for row in wanted:
        folder = tmp_path / 'frames' / row['video'] / row['utterance'][:-4]
        folder.mkdir(parents=True)
        (folder / '1.jpg').touch()
    dataset = OMGEmotion(str(tmp_path), split)
    assert len(dataset) == len(wanted)
    assert dataset.class_counts() == dataset.official_counts()
    for i in range(0, len(dataset), 37):
        info, row = dataset.get_data_info(i), wanted[i]
        assert info['gt_label'] == int(row['EmotionMaxVote'])
        np.testing.assert_allclose(
            info['gt_va'], [float(row['valence']), float(row['arousal'])],
            rtol=1e-6)


@pytest.mark.parametrize('row, message', [
    ('l,0,1,a1,utterance_1.mp4,.25,-.5,7', "line 2: EmotionMaxVote.*'7'"),
    ('l,0,1,a1,utterance_1.mp4,.25,-.5,', "line 2: EmotionMaxVote.*''"),
    ('l,0,1,a1,utterance_1.mp4,.25,-2,3', r'line 2: valence, arousal.*: -2'),
    ('l,0,1,a1,utterance_1.mp4,.25', 'line 2: 6 cells'),
])
def test_bad_omg(omg, row, message):
    (omg / 'omg_TrainVideos.csv').write_text(HEADER + row + '\n')
    with pytest.raises(AnnotationError, match=message):
        OMGEmotion(str(omg))


def test_bad_omg_options(omg):
    with pytest.raises(ValueError, match='frames must be one of'):
        OMGEmotion(str(omg), frames='first')
    with pytest.raises(FileNotFoundError, match='omg_ValidationVideos.csv'):
        OMGEmotion(str(omg), 'valid')
