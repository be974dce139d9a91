# Copyright (c) mmfer contributors.
import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.dataset import ConcatDataset

from mmfer.engine.class_check import check_classes
from mmfer.errors import ConfigError
from mmfer.registry import DATASETS, MODELS
from mmfer.structures import au_names

CLASSES = ('happy', 'sad', 'surprise')
LINEAR = dict(type='LinearClsHead', num_classes=3, in_channels=4)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    """Three folders of faces, of three classes."""
    folder = tmp_path_factory.mktemp('classes')
    for name in CLASSES:
        (folder / name).mkdir()
        cv2.imwrite(str(folder / name / '0.png'), np.zeros((4, 4), np.uint8))
    return str(folder)


def faces(root, **options):
    return DATASETS.build(
        dict(type='FERFolder', data_root=root, label_space=list(CLASSES),
             **options))


def check(head, dataset, **model):
    cfg = Config(dict(model=dict(
        type='FERClassifier', backbone=dict(type='LeNet5'), head=head,
        **model)))
    check_classes(MODELS.build(cfg.model), dataset, 'training', cfg)


MULTI = dict(
    type='MultiTaskFERHead', num_classes=3, in_channels=4, task_heads=dict(
        expr=dict(type='LinearClsHead'),
        au=dict(type='AUHead', au_set=[1, 2])))
FITTING = {
    'linear': LINEAR,
    'vision transformer': dict(LINEAR, type='VisionTransformerClsHead'),
    'weights': dict(LINEAR, loss=dict(
        type='CrossEntropyLoss', class_weight=[1., 2., 3.])),
    'no number of its own': dict(type='ClsHead'),
    'tasks': MULTI,
    'ours': dict(type='CosineHead', num_classes=3, in_channels=4),
}
BAD = {
    'linear': (dict(LINEAR, num_classes=8), 'model.head.num_classes=3'),
    'too few': (dict(LINEAR, num_classes=2), 'model.head.num_classes=3'),
    'vision transformer': (
        dict(LINEAR, type='VisionTransformerClsHead', num_classes=8),
        'model.head.num_classes=3'),
    'tasks': (dict(MULTI, num_classes=8), 'Hint: model.head.num_classes=3,'),
    'one of the tasks': (
        dict(MULTI, task_heads=dict(expr=dict(
            type='LinearClsHead', num_classes=7))),
        'Hint: model.head.task_heads.expr.num_classes=3,'),
    'loss': (
        dict(LINEAR, loss=dict(type='LabelSmoothLoss', num_classes=8,
                               label_smooth_val=0.1)),
        'Hint: model.head.loss.num_classes=3,'),
    'default of the loss': (
        dict(LINEAR, loss=dict(type='SeesawLoss')),
        'Hint: model.head.loss.num_classes=3,'),
    'weights': (
        dict(LINEAR,
             loss=dict(type='CrossEntropyLoss', class_weight=[1.] * 8)),
        'Hint: 3 values for model.head.loss.class_weight,'),
    'counts': (
        dict(type='CosineHead', num_classes=3, in_channels=4,
             loss=dict(type='LDAMLoss', counts=[3, 4])),
        'Hint: 3 values for model.head.loss.counts,'),
}


@pytest.mark.parametrize('head', FITTING.values(), ids=FITTING)
def test_fitting_models_pass(root, head):
    check(head, faces(root))


@pytest.mark.parametrize('head, message', BAD.values(), ids=BAD)
def test_bad_models(root, head, message):
    with pytest.raises(ConfigError) as error:
        check(head, faces(root))
    assert message in str(error.value) and '\n' not in str(error.value)


def test_bad_label_bank(root):
    bank = dict(type='LabelBank', num_classes=8)
    with pytest.raises(ConfigError,
                       match='Hint: model.label_bank.num_classes=3,'):
        check(LINEAR, faces(root), label_bank=bank)


def test_a_preprocessor_counts_where_it_makes_one_hot_labels(root):
    options = dict(type='ClsDataPreprocessor', num_classes=1000)
    check(LINEAR, faces(root), data_preprocessor=options)
    with pytest.raises(ConfigError,
                       match='Hint: model.data_preprocessor.num_classes=3,'):
        check(LINEAR, faces(root),
              data_preprocessor=dict(options, to_onehot=True))


def test_bad_foreign_datasets(root):
    """With names of classes, and with labels alone."""
    named = DATASETS.build(dict(type='CustomDataset', data_root=root))
    plain = DATASETS.build(
        dict(type='CustomDataset', data_root=root, with_label=True))
    plain._metainfo.pop('classes', None)
    for dataset in (named, plain):
        check(LINEAR, dataset)
        with pytest.raises(ConfigError, match='model.head.num_classes=3'):
            check(dict(LINEAR, num_classes=2), dataset)


def test_bad_action_units(root):
    """The same number of other units would be learnt without a word."""
    for units, passes in (([1, 2], True), ([1, 12], False), ([1], False)):
        part = faces(root, metainfo=dict(au_names=au_names(units)))
        dataset = ConcatDataset([part, part])
        if passes:
            check(MULTI, dataset)
            continue
        with pytest.raises(ConfigError, match='Hint: model.head.task_heads.au'
                           rf'.au_set=\[{", ".join(map(str, units))}\],'):
            check(MULTI, dataset)
