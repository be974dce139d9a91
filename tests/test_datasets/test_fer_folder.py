# Copyright (c) mmfer contributors.
import pytest

from mmfer.datasets import FERFolder
from mmfer.structures import AnnotationError


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def labels(dataset):
    cut = len(dataset.data_root) + 1
    return {i['img_path'][cut:]: dataset.CLASSES[i['gt_label']]
            for i in dataset}


def test_names_of_folders(tmp_path):
    touch(tmp_path, 'Happy/1.jpg', 'ANGRY/x/2.jpg', 'neutral/3.png')
    dataset = FERFolder(str(tmp_path))
    assert dataset.CLASSES == ('neutral', 'happiness', 'anger')
    assert labels(dataset) == {
        'Happy/1.jpg': 'happiness', 'ANGRY/x/2.jpg': 'anger',
        'neutral/3.png': 'neutral'}


def test_splits_share_the_label_order(tmp_path):
    touch(tmp_path, 'train/happy/1.jpg', 'train/sad/1.jpg',
          'train/contempt/1.jpg', 'test/sad/2.jpg', 'test/contempt/2.jpg')
    train = FERFolder(str(tmp_path), 'train')
    test = FERFolder(str(tmp_path), 'test')
    assert train.CLASSES == test.CLASSES == ('happiness', 'sadness',
                                             'contempt')
    assert test.class_counts() == dict(happiness=0, sadness=1, contempt=1)


def test_two_spellings_are_one_class(tmp_path):
    touch(tmp_path, 'happy/1.jpg', 'joy/2.jpg')
    dataset = FERFolder(str(tmp_path))
    assert dataset.class_counts() == dict(happiness=2)


def test_classes_of_your_own(tmp_path):
    touch(tmp_path, 'tired/1.jpg', 'bored/2.jpg')
    dataset = FERFolder(str(tmp_path), classes=['tired', 'bored'])
    assert labels(dataset) == {'tired/1.jpg': 'tired', 'bored/2.jpg': 'bored'}
    assert dataset.get_gt_labels().tolist() == [1, 0]


def test_folders_given_as_dict(tmp_path):
    touch(tmp_path, '1/a.jpg', '2/b.jpg', '3/c.jpg')
    dataset = FERFolder(
        str(tmp_path),
        classes={'1': 'surprise', '2': 'fear', '3': 'surprise'})
    assert dataset.CLASSES == ('surprise', 'fear')
    assert dataset.get_gt_labels().tolist() == [0, 1, 0]


def test_wanted_label_space_drops_the_others(tmp_path):
    touch(tmp_path, 'happy/1.jpg', 'contempt/2.jpg')
    dataset = FERFolder(str(tmp_path), label_space='rafdb')
    assert labels(dataset) == {'happy/1.jpg': 'happiness'}
    assert dataset.dropped == dict(contempt=1)


@pytest.mark.parametrize('files, kwargs, error, message', [
    (['hapy/1.jpg'], {}, AnnotationError,
     r"unknown class folders: \['hapy'\].*'happiness'.*classes="),
    (['1/a.jpg'], {}, AnnotationError, r"\['1'\].*give classes="),
    (['happy/1.jpg', 'sad/1.jpg'], dict(classes=['happy']), AnnotationError,
     r"unknown class folders: \['sad'\].*known are \['happy'\]"),
    (['happy/1.txt'], {}, AnnotationError, 'no image in any class folder'),
    (['1.jpg'], {}, AnnotationError, 'no class folder in it'),
    (['train/happy/1.jpg'], {}, AnnotationError, "split='train'"),
    (['happy/1.jpg'], dict(split='train'), FileNotFoundError,
     'train: no such folder.*data_root/CLASS'),
    (['happy/1.jpg'], dict(split='dev'), ValueError, "no split 'dev'"),
    (['happy/1.jpg'], dict(classes='happy'), ValueError,
     "classes must be a list or a dict.*'happy'"),
    (['happy/1.jpg'], dict(classes=[]), ValueError, 'has no classes'),
    (['contempt/1.jpg'], dict(label_space='rafdb'), ValueError,
     'share no class'),
], ids=['unknown', 'number', 'not_in_classes', 'no_image', 'no_folder',
        'split_folders', 'split_missing', 'split', 'classes_text',
        'classes_empty', 'label_space'])
def test_bad_folder(tmp_path, files, kwargs, error, message):
    touch(tmp_path, *files)
    with pytest.raises(error, match=message):
        FERFolder(str(tmp_path), **kwargs)


def test_bad_root_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match='FERFolder wants'):
        FERFolder(str(tmp_path / 'no'))
