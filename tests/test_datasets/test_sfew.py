# Copyright (c) mmfer contributors.
import pytest

from mmfer.datasets import SFEW
from mmfer.structures import AnnotationError

FOLDERS = ('Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise')


def make(root, counts=(1, 2, 3, 4, 5, 6, 7)):
    for name, count in zip(FOLDERS, counts):
        (root / name).mkdir(parents=True)
        for i in range(count):
            (root / name / f'Film_{i:09d}_{i:08d}.png').touch()


@pytest.mark.parametrize('tree', ['Train/Train_Aligned_Faces',
                                  'Train_Aligned_Faces'])
def test_train(tmp_path, tree):
    make(tmp_path / tree)
    dataset = SFEW(str(tmp_path), 'train')
    assert list(dataset.class_counts().items()) == [
        ('anger', 1), ('disgust', 2), ('fear', 3), ('happiness', 4),
        ('neutral', 5), ('sadness', 6), ('surprise', 7)]
    for info in dataset:
        assert f'/{FOLDERS[info["gt_label"]]}/' in info['img_path']


def test_val_does_not_need_train(tmp_path):
    make(tmp_path / 'Val' / 'Val_Aligned_Faces')
    assert len(SFEW(str(tmp_path), 'valid')) == 28


def test_bad_split_missing(tmp_path):
    make(tmp_path / 'Val' / 'Val_Aligned_Faces')
    with pytest.raises(FileNotFoundError, match='Train/Train_Aligned_Faces.*'
                       'Hint: SFEW wants'):
        SFEW(str(tmp_path), 'train')


def test_bad_split_without_labels(tmp_path):
    with pytest.raises(ValueError, match="no split 'test'"):
        SFEW(str(tmp_path), 'test')


@pytest.mark.parametrize('counts, extra, message', [
    ((1, ) * 7, 'Contempt', r"unknown class folders: \['Contempt'\]"),
    ((0, ) * 7, 'Angry', 'no image in any class folder'),
], ids=['unknown_class', 'empty'])
def test_bad_folders(tmp_path, counts, extra, message):
    make(tmp_path / 'Train_Aligned_Faces', counts)
    (tmp_path / 'Train_Aligned_Faces' / extra).mkdir(exist_ok=True)
    with pytest.raises(AnnotationError, match=message):
        SFEW(str(tmp_path))
