# Copyright (c) mmfer contributors.
import json
import os.path as osp

import numpy as np
import pytest
import torch
from mmengine.runner import CheckpointLoader

from mmfer.errors import ConfigError
from mmfer.engine.hooks import LabelSpaceHook
from mmfer.registry import HOOKS
from mmfer.structures import LABEL_SPACES

ORDER_A = list(LABEL_SPACES['ferplus'].classes)
ORDER_B = list(LABEL_SPACES['affectnet8'].classes)
ORDER_C = ORDER_A[::-1]


def _counts(runner):
    folder = osp.join(runner.log_dir, 'vis_data')
    with open(osp.join(folder, 'confusion_matrix.json')) as file:
        return json.load(file)


def test_registered_under_its_bare_name():
    assert HOOKS.get('LabelSpaceHook') is LabelSpaceHook


@pytest.mark.parametrize('order', [ORDER_B, ORDER_C],
                         ids=['affectnet8', 'reversed'])
def test_another_order_is_mapped_by_name(toy_runner, trained, log_of, order):
    path, want = trained
    runner = toy_runner(load_from=path,
                        test_dataloader__dataset__label_space=order)
    assert runner.test() == pytest.approx(want)
    text = log_of(runner)
    assert 'mapped by name' in text
    assert str(ORDER_A) in text and str(order) in text
    assert _counts(runner)['classes'] == ORDER_A
    assert list(runner.visualizer.dataset_meta['classes']) == ORDER_A


def test_without_the_hook_another_order_gives_another_result(
        toy_runner, trained):
    """What the hook is for: MMEngine alone would report this."""
    path, want = trained
    runner = toy_runner(load_from=path, custom_hooks=[],
                        test_dataloader__dataset__label_space=ORDER_C)
    got = runner.test()
    assert got['expr/accuracy'] < want['expr/accuracy'] - 10


def test_a_subset_of_the_classes_is_mapped_by_name(toy_runner, trained,
                                                   tmp_path, toy_root):
    """Seven classes, tested with a model of eight."""
    import shutil
    root = tmp_path / 'seven'
    shutil.copytree(toy_root / 'data' / 'FER2013Test',
                    root / 'data' / 'FER2013Test')
    label = root / 'data' / 'FER2013Test' / 'label.csv'
    rows = [r for r in label.read_text().splitlines()
            if np.argmax([int(v) for v in r.split(',')[-10:]]) != 7]
    label.write_text('\n'.join(rows) + '\n')
    seven = ORDER_B[:7]
    path, want = trained
    runner = toy_runner(
        load_from=path, test_dataloader__dataset__label_space=seven,
        test_dataloader__dataset__data_root=str(root))
    got = runner.test()
    for name in seven:
        key = f'expr/recall_{name}'
        assert got[key] == pytest.approx(want[key])
    assert 'expr/recall_contempt' not in got


def test_the_same_order_passes_without_words(toy_runner, trained, log_of):
    runner = toy_runner(load_from=trained[0])
    runner.test()
    assert 'mapped by name' not in log_of(runner)


def test_a_concatenation_is_mapped_part_by_part(toy_runner, trained):
    path, want = trained
    one = toy_runner().cfg.test_dataloader.dataset
    both = [dict(one, label_space=ORDER_C, indices=indices)
            for indices in (list(range(20)), list(range(20, 44)))]
    runner = toy_runner(
        load_from=path, test_dataloader__dataset=dict(
            _delete_=True, type='ConcatDataset', datasets=both))
    assert runner.test() == pytest.approx(want)
    assert _counts(runner)['classes'] == ORDER_A


def test_validation_is_mapped_to_the_training_order(toy_runner, log_of):
    same = toy_runner()
    same.train()
    other = toy_runner(val_dataloader__dataset__label_space=ORDER_C)
    other.train()
    want, got = (r.message_hub.get_scalar('val/expr/accuracy').data[0]
                 for r in (same, other))
    np.testing.assert_allclose(got, want)
    assert 'the validation set FERPlus has' in log_of(other)


def test_resume_maps_training_and_validation(toy_runner, log_of):
    straight = toy_runner(train_cfg__max_epochs=2)
    straight.train()
    result = CheckpointLoader.load_checkpoint(
        osp.join(straight.work_dir, 'epoch_2.pth'), 'cpu')['state_dict']
    first = toy_runner(train_cfg__max_epochs=1)
    first.train()
    second = toy_runner(
        resume=True, load_from=osp.join(first.work_dir, 'epoch_1.pth'),
        train_cfg__max_epochs=2,
        train_dataloader__dataset__label_space=ORDER_C,
        val_dataloader__dataset__label_space=ORDER_C)
    second.train()
    text = log_of(second)
    assert text.count('mapped by name') == 2
    resumed = second.model.state_dict()
    # The same images with the same labels; sampler and rows agree.
    for key, value in result.items():
        assert torch.equal(resumed[key], value), key
    assert second.train_dataloader.dataset.class_counts() == {
        c: 4 + i for i, c in enumerate(ORDER_A)
    }


def test_fine_tuning_with_another_head_warns(toy_runner, trained, log_of):
    runner = toy_runner(
        load_from=trained[0], train_cfg__max_epochs=1,
        model__head__num_classes=7,
        train_dataloader__dataset__label_space='ferplus7',
        val_dataloader__dataset__label_space='ferplus7')
    runner.train()
    text = log_of(runner)
    assert "Keeping their initialisation: ['head.fc.weight'" in text
    assert 'head.fc.weight: (8, 9) in the checkpoint, (7, 9)' in text


def test_fine_tuning_in_another_order_is_told(toy_runner, trained, log_of):
    runner = toy_runner(
        load_from=trained[0], train_cfg__max_epochs=1,
        train_dataloader__dataset__label_space=ORDER_C,
        val_dataloader__dataset__label_space=ORDER_C)
    runner.train()
    assert 'a loaded head starts in the order' in log_of(runner)


def test_testing_after_training_in_one_process(toy_runner, trained):
    path, want = trained
    runner = toy_runner(train_cfg__max_epochs=1,
                        test_dataloader__dataset__label_space=ORDER_C)
    runner.train()
    runner._test_loop = runner.build_test_loop(runner._test_loop)
    runner.load_checkpoint(path)
    assert runner.test() == pytest.approx(want)


def test_a_bare_state_dict_is_tested_with_a_warning(toy_runner, trained,
                                                    tmp_path, log_of):
    path, want = trained
    bare = str(tmp_path / 'bare.pth')
    torch.save(
        CheckpointLoader.load_checkpoint(path, 'cpu')['state_dict'], bare)
    runner = toy_runner(load_from=bare)
    assert runner.test() == pytest.approx(want)
    assert 'does not tell its classes' in log_of(runner)


def _edit(path, target, change):
    checkpoint = CheckpointLoader.load_checkpoint(path, 'cpu')
    change(checkpoint)
    torch.save(checkpoint, target)
    return str(target)


BAD_TESTS = {
    'class unknown to the checkpoint': (
        dict(test_dataloader__dataset__label_space=['happiness', 'other']),
        None, ValueError, r"\['other'\] cannot be mapped by name"),
    'checkpoint of other classes': (
        {}, lambda c: c['meta']['dataset_meta'].update(
            classes=tuple('abcdefgh')), ValueError, 'cannot be mapped'),
    'fewer classes in the checkpoint': (
        {}, lambda c: c['meta']['dataset_meta'].update(
            classes=tuple(ORDER_A[:7])), ValueError,
        r"\['contempt'\] cannot be mapped"),
    'head of another size': (
        dict(model__head__num_classes=7), None, RuntimeError,
        r'head\.fc\.weight: \(8, 9\) in the checkpoint, \(7, 9\) in the '
        r"model.*It was trained on \['neutral'"),
    'head of another width': (
        dict(model__head__in_channels=10), None, RuntimeError,
        r'\(8, 9\) in the checkpoint, \(8, 10\)'),
    'head missing': (
        {}, lambda c: c['state_dict'].pop('head.fc.bias'), RuntimeError,
        'missing in the checkpoint: head.fc.bias'),
    'weights of something else': (
        {}, lambda c: c.update(state_dict={'fc.w': torch.ones(3)}),
        RuntimeError, r'missing in the checkpoint: .*head\.fc\.weight'),
}


@pytest.mark.parametrize('options, change, error, message',
                         BAD_TESTS.values(), ids=BAD_TESTS)
def test_bad_checkpoint_for_testing(toy_runner, trained, tmp_path, options,
                                    change, error, message):
    path = trained[0]
    if change is not None:
        path = _edit(path, tmp_path / 'edited.pth', change)
    with pytest.raises(error, match=message) as info:
        toy_runner(load_from=path, **options).test()
    assert 'Hint' in str(info.value)


BAD_RESUMES = {
    'unknown key': lambda c: c['state_dict'].update(extra=torch.ones(1)),
    'missing key': lambda c: c['state_dict'].pop('head.fc.weight'),
    'other shape': lambda c: c['state_dict'].update(
        {'head.fc.weight': torch.ones(7, 9)}),
}


@pytest.mark.parametrize('change', BAD_RESUMES.values(), ids=BAD_RESUMES)
def test_bad_checkpoint_for_resuming(toy_runner, trained, tmp_path, change):
    path = _edit(trained[0], tmp_path / 'edited.pth', change)
    with pytest.raises(RuntimeError, match='to resume from does not fit'):
        toy_runner(load_from=path, resume=True).train()


def test_bad_checkpoint_for_fine_tuning(toy_runner, trained, tmp_path):
    path = _edit(trained[0], tmp_path / 'edited.pth',
                 lambda c: c.update(state_dict={'fc.w': torch.ones(3)}))
    with pytest.raises(RuntimeError, match='no weight of the checkpoint'):
        toy_runner(load_from=path).train()


def test_bad_foreign_dataset_in_another_order(toy_runner, trained, toy_root,
                                              tmp_path):
    ann = tmp_path / 'ann.txt'
    ann.write_text('FER2013Test/fer0000000.png 0\n')
    custom = dict(
        _delete_=True, type='CustomDataset', data_root=str(toy_root),
        data_prefix='data', ann_file=str(ann), classes=ORDER_C,
        pipeline=[dict(type='LoadImageFromFile'), dict(type='PackInputs')])
    with pytest.raises(ValueError, match='CustomDataset cannot change'):
        toy_runner(load_from=trained[0],
                   test_dataloader__dataset=custom).test()


def test_bad_fold_in_another_order(toy_runner, trained):
    """A fold would grow to the whole set when it is read again."""
    one = toy_runner().cfg.test_dataloader.dataset
    fold = dict(_delete_=True, type='KFoldDataset', num_splits=2, fold=0,
                test_mode=True, dataset=dict(one, label_space=ORDER_C))
    with pytest.raises(ValueError, match='as for folds and subsets'):
        toy_runner(load_from=trained[0],
                   test_dataloader__dataset=fold).test()


@pytest.mark.parametrize('validate', [True, False])
@pytest.mark.parametrize('number', [2, 7, 9])
def test_bad_head_for_training(toy_runner, validate, number):
    """Before the first step, with the line to type."""
    options = {} if validate else dict(
        val_dataloader=None, val_cfg=None, val_evaluator=None)
    runner = toy_runner(model__head__num_classes=number, **options)
    with pytest.raises(ConfigError, match='model.head.num_classes=8') as info:
        runner.train()
    assert f'is for {number} classes, the training set' in str(info.value)
    assert runner.iter == 0


def test_bad_head_for_validation_and_test(toy_runner):
    for run in ('val', 'test'):
        runner = toy_runner(model__head__num_classes=7)
        with pytest.raises(ConfigError, match='model.head.num_classes=8'):
            getattr(runner, run)()


def test_bad_label_bank_is_found_before_its_labels_are(toy_runner):
    runner = toy_runner(
        model__type='FERClassifier',
        model__label_bank=dict(type='LabelBank', num_classes=3),
        custom_hooks=[dict(type='SampleIndexHook'),
                      dict(type='LabelCorrectionHook', start_epoch=1),
                      dict(type='LabelSpaceHook')])
    with pytest.raises(ConfigError, match='model.label_bank.num_classes=8'):
        runner.train()
