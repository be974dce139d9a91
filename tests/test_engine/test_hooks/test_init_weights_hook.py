# Copyright (c) mmfer contributors.
import hashlib
import json
import os
from importlib.util import find_spec

import pytest
import torch
from mmengine.runner import Runner

from mmfer.engine.hooks import init_weights_hook
from mmfer.engine.protocol import describe_weights
from mmfer.engine.protocol_text import _weights
from mmfer.errors import ConfigError
from ...toys import make_ferplus, small_config


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    root = make_ferplus(tmp_path_factory.mktemp('data'), per_class=1)
    return make_ferplus(root, 'valid', per_class=1)


def _runner(data, work_dir, init_weights, **options):
    cfg = small_config(data, work_dir, epochs=1, **options)
    cfg.init_weights = init_weights
    return Runner.from_cfg(cfg)


def _start(runner):
    """Everything of ``runner.train`` before the first iteration."""
    runner._train_loop = runner.build_train_loop(runner._train_loop)
    runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    runner.call_hook('before_run')
    runner._init_model_weights()
    runner.load_or_resume()
    runner.call_hook('before_train')


def _backbone(data, tmp_path):
    runner = _runner(data, tmp_path / 'source', 'random')
    return {
        key: torch.randn_like(value) if value.is_floating_point() else value
        for key, value in runner.model.backbone.state_dict().items()
    }


@pytest.mark.parametrize('layout', [
    'plain', 'state_dict', 'model_state_dict', 'module', 'whole model'
])
def test_loads_every_tensor(data, tmp_path, layout):
    state = _backbone(data, tmp_path)
    file = os.fspath(tmp_path / 'weights.pth')
    torch.save({
        'plain': state,
        'state_dict': dict(state_dict=state),
        'model_state_dict': dict(model_state_dict=state, epoch=3),
        'module': {f'module.{k}': v for k, v in state.items()},
        'whole model': dict(state_dict={
            'head.fc.weight': torch.zeros(1000, 64),
            **{f'backbone.{k}': v for k, v in state.items()}
        }),
    }[layout], file)
    runner = _runner(data, tmp_path / 'run', file)
    _start(runner)
    for key, value in runner.model.backbone.state_dict().items():
        assert torch.equal(value, state[key]), key
    told = runner.message_hub.get_info('init_weights')
    assert told['source'] == file and len(told['sha256']) == 64
    assert told['tensors'] == len(state)


def test_another_part_than_the_backbone(data, tmp_path):
    file = os.fspath(tmp_path / 'head.pth')
    torch.save({'weight': torch.ones(8, 64), 'bias': torch.ones(8)}, file)
    runner = _runner(data, tmp_path / 'run',
                     dict(checkpoint=file, target='head.fc'))
    _start(runner)
    assert (runner.model.head.fc.weight == 1).all()


@pytest.mark.parametrize('whole', [True, False])
def test_a_part_with_another_name_in_the_file(data, tmp_path, whole):
    """As a second network that starts from the trained first one."""
    state = dict(weight=torch.ones(8, 64), bias=torch.ones(8))
    file = os.fspath(tmp_path / 'other.pth')
    torch.save({f'classifier.{k}': v for k, v in state.items()}
               if whole else state, file)
    runner = _runner(data, tmp_path / 'run', dict(
        checkpoint=file, target='head.fc', source='classifier'))
    _start(runner)
    assert (runner.model.head.fc.weight == 1).all()


def test_several_parts(data, tmp_path):
    state, files = _backbone(data, tmp_path), []
    for name, part in (('body', state), ('fc', dict(
            weight=torch.ones(8, 64), bias=torch.ones(8)))):
        files.append(os.fspath(tmp_path / f'{name}.pth'))
        torch.save(part, files[-1])
    runner = _runner(
        data, tmp_path / 'run',
        [files[0], dict(checkpoint=files[1], target='head.fc')])
    _start(runner)
    assert (runner.model.head.fc.weight == 1).all()
    for key, value in runner.model.backbone.state_dict().items():
        assert torch.equal(value, state[key]), key
    told = runner.message_hub.get_info('init_weights')
    assert told['source'] == ' + '.join(files)
    assert told['target'] == 'backbone + head.fc'
    assert told['tensors'] == f'{len(state)} + 2'
    hashes = []
    for file in files:
        with open(file, 'rb') as stream:
            hashes.append(hashlib.sha256(stream.read()).hexdigest())
    assert told['sha256'] == ' + '.join(hashes)
    text = _weights(describe_weights(runner))
    assert text.endswith(f'sha256 {hashes[0][:12]} + {hashes[1][:12]}')


def test_a_file_of_two_parts_is_hashed_once(data, tmp_path, monkeypatch):
    file, hashed = os.fspath(tmp_path / 'whole.pth'), []
    original = init_weights_hook.file_sha256
    monkeypatch.setattr(init_weights_hook, 'file_sha256',
                        lambda path: hashed.append(path) or original(path))
    runner = _runner(data, tmp_path / 'run', [
        file, dict(checkpoint=file, target='head')])
    torch.save(runner.model.state_dict(), file)
    _start(runner)
    assert hashed == [file]
    one, other = runner.message_hub.get_info('init_weights')['sha256'].split(
        ' + ')
    assert one == other and len(one) == 64


def test_random_is_told_in_the_protocol(data, tmp_path):
    runner = _runner(data, tmp_path / 'run', 'random')
    runner.train()
    block = json.loads((tmp_path / 'run/protocol.json').read_text())
    assert 'random' in json.dumps(block)


def test_a_resumed_run_needs_no_initial_weights(data, tmp_path):
    _runner(data, tmp_path / 'run', 'random').train()
    cfg = small_config(data, tmp_path / 'run', epochs=2)
    cfg.init_weights = 'weights/gone.pth'
    cfg.resume = True
    Runner.from_cfg(cfg).train()
    assert (tmp_path / 'run/epoch_2.pth').exists()


@pytest.mark.parametrize('case', [
    'missing file', 'unknown part', 'too few tensors', 'wrong shapes',
    'truncated', 'not a checkpoint'
])
def test_bad_initial_weights(data, tmp_path, case):
    state, file = _backbone(data, tmp_path), tmp_path / 'weights.pth'
    target, words = 'backbone', dict(
        [('missing file', 'init_weights=random'), ('unknown part', 'nothing'),
         ('too few tensors', 'lack'), ('wrong shapes', 'do not fit'),
         ('truncated', 'weights.pth'), ('not a checkpoint', 'weights.pth')])
    if case == 'unknown part':
        target = 'nothing'
    if case == 'too few tensors':
        state = dict(list(state.items())[:-3])
    if case == 'wrong shapes':
        state = {k: torch.zeros(1, 1) for k in state}
    if case != 'missing file':
        torch.save(state, file)
    if case == 'truncated':
        file.write_bytes(file.read_bytes()[:-200])
    if case == 'not a checkpoint':
        file.write_text('hello')
    runner = _runner(data, tmp_path / 'run',
                     dict(checkpoint=os.fspath(file), target=target))
    with pytest.raises(Exception, match=words[case]):
        _start(runner)


def test_named_parts_start_fresh(data, tmp_path):
    state = _backbone(data, tmp_path)
    dropped = [key for key in state if key.startswith('layer4.')]
    file = os.fspath(tmp_path / 'weights.pth')
    torch.save({k: v for k, v in state.items() if k not in dropped}, file)
    runner = _runner(data, tmp_path / 'run',
                     dict(checkpoint=file, fresh=['layer4']))
    _start(runner)
    own = runner.model.backbone.state_dict()
    for key, value in state.items():
        if value.is_floating_point():
            assert torch.equal(own[key], value) == (key not in dropped), key
    provenance = runner.message_hub.get_info('init_weights')
    assert provenance['fresh'] == ['layer4']
    counters = [key for key in dropped if 'num_batches' in key]
    assert provenance['tensors'] == len(state) - len(dropped) + len(counters)


def test_calibration_keeps_the_function_and_runs_once(data, tmp_path):
    source = _runner(data, tmp_path / 'source', 'random').model
    for norm in source.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2.)
    file = os.fspath(tmp_path / 'weights.pth')
    torch.save(source.state_dict(), file)
    wanted = dict(checkpoint=file, calibrate=6)
    runner = _runner(data, tmp_path / 'run', wanted)
    _start(runner)
    runner.call_hook('before_train_epoch')
    model = runner.model
    batch = next(iter(runner.val_dataloader))
    inputs = model.data_preprocessor(batch)['inputs']
    source.eval(), model.eval()
    with torch.no_grad():
        torch.testing.assert_close(
            model.backbone(inputs)[-1], source.backbone(inputs)[-1],
            rtol=1e-3, atol=1e-4)
    norm, old = model.backbone.norm1, source.backbone.norm1
    assert (norm.running_mean - old.running_mean).abs().max() > 0.01
    assert runner.message_hub.get_info('init_weights')['calibrated_on'] == 6
    # The second epoch and a run from a checkpoint leave them alone.
    norm.running_mean.zero_()
    runner.call_hook('before_train_epoch')
    assert not norm.running_mean.any()
    torch.save(model.state_dict(), tmp_path / 'epoch_1.pth')
    resumed = _runner(data, tmp_path / 'run', wanted,
                      load_from=os.fspath(tmp_path / 'epoch_1.pth'))
    _start(resumed)
    resumed.call_hook('before_train_epoch')
    assert not resumed.model.backbone.norm1.running_mean.any()


def test_refuses_a_negative_number_of_faces(data, tmp_path):
    runner = _runner(data, tmp_path / 'run',
                     dict(checkpoint='dlib', calibrate=-1))
    with pytest.raises(ConfigError, match='calibrate must be a number'):
        _start(runner)


@pytest.mark.skipif(
    find_spec('face_recognition_models') is None,
    reason='needs the weights of the extra landmarks')
def test_the_network_of_an_installed_package(data, tmp_path):
    runner = _runner(data, tmp_path / 'run', 'dlib', model__backbone=dict(
        _delete_=True, type='DlibResNet', out_indices=(1, ), pad=True))
    _start(runner)
    provenance = runner.message_hub.get_info('init_weights')
    assert provenance['source'].endswith('resnet_model_v1.dat')
    assert len(provenance['sha256']) == 64
    weight = runner.model.backbone.conv1.weight
    assert weight.shape == (32, 3, 7, 7) and weight.std() > 0.01
