# Copyright (c) mmfer contributors.
import json

import cv2
import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from mmfer.evaluation import (count_confusions, draw_confusion_matrix,
                              save_confusion_matrix)

CLASSES = ['happiness', 'sadly_angry', 'fear']
MATRIX = np.array([[8, 2, 0], [1, 1, 0], [0, 0, 0]])


def test_counts_equal_scikit_learn():
    labels, predicted = np.random.default_rng(0).integers(0, 4, (2, 60))
    assert np.array_equal(
        count_confusions(labels, predicted, 5),
        confusion_matrix(labels, predicted, labels=range(5)))


def test_counts_of_nothing_are_zero():
    counts = count_confusions(np.array([]), np.array([]), 3)
    assert counts.dtype == np.int64
    assert np.array_equal(counts, np.zeros((3, 3)))


def _cell_texts(figure):
    return {tuple(map(int, t.get_position())): t.get_text()
            for t in figure.axes[0].texts}


def test_cells_hold_row_shares_and_counts():
    texts = _cell_texts(draw_confusion_matrix(MATRIX, CLASSES))
    # (column, row), as matplotlib's x and y
    assert texts[0, 0] == '80%\n8' and texts[1, 0] == '20%\n2'
    assert texts[0, 1] == '50%\n1'


def test_a_class_without_samples_has_an_empty_row():
    texts = _cell_texts(draw_confusion_matrix(MATRIX, CLASSES))
    assert not any(row == 2 for _, row in texts)


def test_many_classes_are_drawn_without_text():
    names = [str(i) for i in range(31)]
    figure = draw_confusion_matrix(np.eye(31), names)
    assert not _cell_texts(figure) and figure.get_figwidth() < 8
    assert _cell_texts(draw_confusion_matrix(np.eye(30), names[:30]))


def test_labels_name_class_and_support():
    axes = draw_confusion_matrix(MATRIX, CLASSES).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == [
        'happiness (10)', 'sadly angry (2)', 'fear (0)'
    ]


def test_files(tmp_path):
    path = tmp_path / 'new' / 'folder' / 'confusion_matrix'
    save_confusion_matrix(MATRIX, CLASSES, str(path), 'title', accuracy=75.0)
    content = json.loads(path.with_suffix('.json').read_text())
    assert content['counts'] == MATRIX.tolist()
    assert content['rows'] == 'truth' and content['classes'] == CLASSES
    assert content['accuracy'] == 75.0
    picture = cv2.imread(str(path.with_suffix('.png')))
    assert min(picture.shape[:2]) > 300 and picture.std() > 10


@pytest.mark.parametrize('matrix, classes', [
    (MATRIX, CLASSES[:2]),
    (MATRIX[:2], CLASSES),
    (np.zeros((0, 0)), []),
    (-MATRIX, CLASSES),
], ids=['too few names', 'not square', 'empty', 'negative counts'])
def test_bad_confusion_matrix(matrix, classes):
    with pytest.raises(ValueError, match='confusion matrix'):
        draw_confusion_matrix(matrix, classes)
