# Copyright (c) mmfer contributors.
"""Faces of clips: found once, kept in a table, cut out by it."""
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmfer.apis.detectors import GivenBoxes, WholeImage
from mmfer.apis.face_table import FaceTable, find_faces, readers_of
from mmfer.datasets import CASME2, CASME3
from mmfer.errors import ConfigError
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError, DetectedFace

from ..clip_toys import write_frames, write_xlsx

HEADER = ['Subject', 'Filename', 'Onset', 'Apex', 'Offset', 'Emotion', 'AU']
TEMPLATE = np.array([[31.5, 38.], [67.5, 38.], [49.5, 59.], [35., 79.],
                     [64., 79.]])
ALIGN = [dict(type='OpenClip'), dict(type='OnsetApexFrames'),
         dict(type='ReadClip'), dict(type='ClipTransform', transforms=[
             dict(type='FaceAlign', recipe='rafdb100', size=20)])]


def picture(number, size):
    """Grey that grows from left to right and from frame to frame."""
    row = np.linspace(0, 180, size) + 10 * number
    return np.broadcast_to(row[:, None], (size, size, 3)).astype(np.uint8)


def face(x, scale=.2):
    points = TEMPLATE * scale + [x, 5]
    return DetectedFace(np.array([x, 5, x + 99 * scale, 5 + 99 * scale]),
                        points, .9)


@pytest.fixture
def reader(tmp_path):
    """Three clips, frames 3 to 6; a reader of landmarks from faces.csv."""
    init_default_scope('mmpretrain')
    write_xlsx(tmp_path / CASME2.SHEET, [
        HEADER, *([f'{i:02d}', 'a', 3, 5, 6, 'disgust', '4']
                  for i in (1, 2, 3))])
    for i in (1, 2, 3):
        write_frames(tmp_path / f'sub{i:02d}/a', range(3, 7), 64,
                     make=picture)
    return dict(
        type='CASME2', data_root=str(tmp_path), pipeline=ALIGN,
        auxiliary=dict(type='CSVLabels', path=str(tmp_path / 'faces.csv'),
                       targets=['landmarks']))


def search(readers, faces, path):
    table = FaceTable(str(path))
    problems = find_faces(readers, GivenBoxes(faces), table)
    table.close()
    return problems


def test_found_faces_are_cut_out(reader, tmp_path):
    faces = {'sub01/a': [face(2)], 'sub02/a': [face(2), face(20, .4)],
             'sub03/a': [face(9)]}
    assert search([reader, reader], faces, tmp_path / 'faces.csv') == []
    dataset = DATASETS.build(reader)
    largest = dataset.get_data_info(1)['gt_landmarks']
    np.testing.assert_allclose(largest, faces['sub02/a'][1].landmarks,
                               atol=.01)
    for index, x, scale in ((0, 2, .2), (1, 20, .4), (2, 9, .2)):
        clip = dataset[index]['img']
        assert clip.shape == (2, 20, 20, 3)
        # Columns of the crop are those of the face, in all frames.
        columns = (x + scale * (np.arange(20) * 5 + 2)) / 63 * 180
        for frame, number in zip(clip, (3, 5)):
            np.testing.assert_allclose(frame[10, :, 0], columns + 10 * number,
                                       atol=1.5)


def test_goes_on_after_an_interruption(reader, tmp_path):
    path = tmp_path / 'faces.csv'
    faces = {f'sub{i:02d}/a': [face(i)] for i in (1, 2, 3)}
    search([reader], faces, path)
    whole = path.read_text()
    path.write_text(whole[:whole.rindex('sub03/a') + 12])
    # GivenBoxes refuses to search what is not given.
    assert search([reader], {'sub03/a': [face(3)]}, path) == []
    assert path.read_text() == whole


def test_what_is_missing_is_told_every_time(reader, tmp_path):
    path = tmp_path / 'faces.csv'
    (tmp_path / 'sub03/a/img4.png').unlink()
    faces = {'sub01/a': [face(1)], 'sub02/a': [], 'sub03/a': [face(3)]}
    for _ in range(2):
        gap, none = search([reader], faces, path)
        assert none == 'sub02/a: no face found'
        assert 'sub03/a: 1 of the 4 frames' in gap
    landmarks = DATASETS.build(reader).get_data_info(1)['gt_landmarks']
    assert np.isnan(landmarks).all()
    with pytest.raises(ValueError, match='the landmarks hold NaN'):
        DATASETS.build(reader)[1]


def test_clips_of_one_folder(tmp_path):
    init_default_scope('mmpretrain')
    write_xlsx(tmp_path / CASME3.SHEET, [
        HEADER, ['spNO.1', 'a', 1, 2, 3, 'disgust', '4'],
        ['spNO.1', 'a', 5, 6, 7, 'fear', '4']])
    write_frames(tmp_path / 'spNO.1/a/color', range(1, 8), 64, '{}.png')
    reader = dict(type='CASME3', data_root=str(tmp_path), pipeline=ALIGN)
    faces = {f'spNO.1/a/color/{i}': [face(i)] for i in (1, 5)}
    path = tmp_path / 'faces.csv'
    assert search([reader], faces, path) == []
    dataset = CASME3(str(tmp_path), auxiliary=dict(
        type='CSVLabels', path=str(path), targets=['landmarks']))
    for index, x in enumerate((1, 5)):
        np.testing.assert_allclose(
            dataset.get_data_info(index)['gt_landmarks'], face(x).landmarks,
            atol=.01)


def test_readers_of_a_config():
    reader = dict(type='A', pipeline=[])
    cfg = Config(dict(
        train_dataloader=dict(dataset=dict(
            type='ConcatDataset', datasets=[reader, dict(reader, type='B')])),
        test_dataloader=dict(dataset=dict(type='C', dataset=reader))))
    found = readers_of(cfg, ('train', 'val', 'test'))
    assert [one['type'] for one in found] == ['A', 'B', 'A']
    assert len(readers_of(cfg, ['val'])) == 0


def test_bad_table_to_go_on_with(tmp_path):
    path = str(tmp_path / 'faces.csv')
    table = FaceTable(path)
    table.write('a', face(2))
    table.close()
    assert FaceTable(path).found == {'a': True}
    with pytest.raises(AnnotationError, match='than one of 68 landmarks'):
        FaceTable(path, 68)


def test_bad_detector(reader, tmp_path):
    table = FaceTable(str(tmp_path / 'faces.csv'))
    with pytest.raises(ConfigError, match='WholeImage gives no landmarks'):
        find_faces([reader], WholeImage(), table)
    table.close()
