# Copyright (c) mmfer contributors.
import pytest
from mmcv.transforms import BaseTransform
from mmengine.config import Config

from mmfer.registry import TRANSFORMS
from ...toys import CONFIGS


@TRANSFORMS.register_module()
class _ForgetLandmarks(BaseTransform):

    def transform(self, results):
        results['gt_landmarks'] = results['gt_landmarks'] + float('nan')
        return results


def run_of(toy_runner, *between, **options):
    """A run of a model without trees, with transforms after the drawing."""
    draw, pack = dict(type='DrawSyntheticFace'), dict(type='PackFERInputs')
    return toy_runner(**{
        'model': dict(
            _delete_=True,
            type='FERClassifier',
            data_preprocessor=dict(type='FERDataPreprocessor'),
            backbone=dict(type='LandmarkMLP', channels=(4, )),
            head=dict(type='LinearClsHead', num_classes=8, in_channels=4)),
        'train_cfg__max_epochs': 2,
        'train_dataloader__dataset': dict(
            _delete_=True, type='SyntheticFER', size=16, image_size=32,
            pipeline=[draw, *between, pack]),
        'val_dataloader': None,
        'val_cfg': None,
        'val_evaluator': None,
        'default_hooks__checkpoint': None,
        'custom_hooks': [dict(type='KnownLandmarksHook')],
        **options
    })


def test_known_landmarks_are_told(toy_runner, log_of):
    runner = run_of(toy_runner)
    runner.train()
    assert 'landmarks: 2176 of 2176 in training known' in log_of(runner)


@pytest.mark.parametrize('name, tree', [
    ('', True), ('_structure', True), ('_fixed-order', False),
    ('_structure-fixed-order', False), ('_landmark-mlp', False)])
def test_configs_look_at_landmarks_with_and_without_a_tree(name, tree):
    cfg = Config.fromfile(
        CONFIGS / f'facetoponet/facetoponet_resnet18_1xb64_synthetic{name}.py')
    hooks = [hook.type for hook in cfg.custom_hooks]
    assert 'KnownLandmarksHook' in hooks
    assert hooks.count('LandmarkTreeHook') == tree


# Bad input


@pytest.mark.parametrize('loop', [
    dict(by_epoch=True, max_epochs=1), dict(by_epoch=False, max_iters=2)],
    ids=['epochs', 'iterations'])
def test_bad_unknown_landmarks(toy_runner, loop):
    runner = run_of(toy_runner, dict(type='_ForgetLandmarks'),
                    train_cfg=dict(_delete_=True, **loop))
    with pytest.raises(ValueError, match='no landmark .* is known'):
        runner.train()


def test_bad_model_without_landmarks(toy_runner):
    with pytest.raises(ValueError, match='Hint.*LandmarkNet'):
        toy_runner(custom_hooks=[dict(type='KnownLandmarksHook')]).train()
