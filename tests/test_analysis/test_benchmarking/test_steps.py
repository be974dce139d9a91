# Copyright (c) mmfer contributors.
import warnings

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope

from mmfer.analysis.benchmarking.steps import (SETTINGS, layout_of,
                                               random_batch, step_timer,
                                               time_steps)
from mmfer.registry import MODELS

from ...toys import small_config


@pytest.fixture
def cfg(tmp_path):
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield small_config(tmp_path / 'none', tmp_path / 'run')


def test_steps_train_on_a_batch_prepared_once(cfg):
    cfg.model.data_preprocessor = cfg.data_preprocessor
    cfg.model.data_preprocessor.type = 'FERDataPreprocessor'
    model = MODELS.build(cfg.model).eval()
    optim = build_optim_wrapper(model, cfg.optim_wrapper)
    own, prepared = model.data_preprocessor, []
    own.register_forward_hook(lambda *a: prepared.append(1))
    before = model.head.fc.weight.detach().clone()
    seconds = time_steps(model, optim, random_batch(cfg, 4, 16), 3)
    assert seconds > 0 and len(prepared) == 1
    assert model.data_preprocessor is own and not model.training
    assert not torch.equal(before, model.head.fc.weight)
    assert model.head.fc.weight.isfinite().all()


def test_random_batch_fits_the_config(cfg):
    data = random_batch(cfg, 5, 16)
    assert data['inputs'].shape == (5, 3, 16, 16)
    assert data['inputs'].dtype == torch.uint8
    for index, sample in enumerate(data['data_samples']):
        assert 0 <= int(sample.gt_label) < 8
        assert sample.sample_idx == index
        assert sample.gt_landmarks.shape == (68, 2)
        # This config trains on distributions.
        assert sample.gt_score.argmax() == sample.gt_label
    cfg.model.head.loss.use_soft = False
    assert 'gt_score' not in random_batch(cfg, 1, 16)['data_samples'][0]


@pytest.mark.parametrize('setting', [s for s in SETTINGS if s != 'compile'])
def test_settings(cfg, setting):
    run = step_timer(cfg, setting, random_batch(cfg, 2, 16), 1, 'cpu')
    assert run() > 0


def test_layout_of_a_config(cfg):
    assert layout_of(cfg) == (True, False)
    cfg.default_hooks.channels_last.enabled = False
    assert layout_of(cfg) == (False, False)
    cfg.default_hooks.channels_last = None
    cfg.custom_hooks.append(dict(type='CompileHook'))
    assert layout_of(cfg) == (False, True)


def test_a_label_bank_takes_part(cfg):
    cfg.model.label_bank = dict(
        type='LabelBank', num_classes=8,
        correction=dict(type='MarginRelabeling', scope='all'))
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # it would say that it is empty
        run = step_timer(cfg, 'float32', random_batch(cfg, 2, 16), 1, 'cpu')
        assert run() > 0


def test_bad_setting(cfg):
    data = random_batch(cfg, 2, 16)
    with pytest.raises(ValueError, match="no setting 'fp8'"):
        step_timer(cfg, 'fp8', data, 1, 'cpu')
    cfg.pop('optim_wrapper')
    with pytest.raises(ValueError, match='Hint'):
        step_timer(cfg, 'config', data, 1, 'cpu')
