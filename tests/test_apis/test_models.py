# Copyright (c) mmfer contributors.
import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import CheckpointLoader

from mmfer.apis.model_index import find_model, list_models
from mmfer.apis.models import load_model, resolve_model
from mmfer.errors import CheckpointError, ConfigError
from mmfer.structures import LabelSpace


def _weights(path):
    return CheckpointLoader.load_checkpoint(path)['state_dict']


def test_loads_all_weights(trained):
    loaded = load_model(os.fspath(trained.config),
                        os.fspath(trained.checkpoint), 'cpu')
    saved = _weights(os.fspath(trained.checkpoint))
    for key, value in loaded.model.state_dict().items():
        assert torch.equal(value, saved[key]), key
    assert not loaded.model.training
    assert loaded.classes == list(LabelSpace.get('ferplus').classes)
    assert loaded.au_names == []
    assert loaded.training['input_size'] == [24, 24]
    assert loaded.training['align'] == 'as distributed'


def test_names_of_the_index():
    models = list_models()
    assert len(models) > 50
    assert all(Path(model.config).is_file() for model in models.values())
    name = 'eac_resnet18_1xb32_rafdb'
    assert find_model(name).config.endswith(f'configs/eac/{name}.py')
    cfg, checkpoint = resolve_model(name, 'mine.pth')
    assert checkpoint == 'mine.pth' and cfg.model.type == 'FERClassifier'


@pytest.mark.parametrize('name, told', [
    ('eac_resnet18_1xb32_rafd', 'did you mean eac_resnet18_1xb32_rafdb'),
    ('qqqq', 'model-index.yml lists the models'),
    ('eac_resnet18_1xb32_rafdb', 'no weights are published for it'),
])
def test_bad_names(name, told):
    with pytest.raises(ConfigError, match=told):
        resolve_model(name)


@pytest.mark.parametrize('kind, error, told', [
    ('classes', ConfigError, "does not fit .*It was trained on .'neutral'"),
    ('unnamed', ConfigError, '8 classes are known.*tells 7 apart'),
    ('device', ConfigError, 'device nonsense: '),
    ('gone', FileNotFoundError, 'gone.pth: no such checkpoint'),
    ('folder', FileNotFoundError, 'a folder, no checkpoint'),
    ('cut', CheckpointError, 'cut.pth: this checkpoint cannot be read'),
    ('http://127.0.0.1:9/x.pth', CheckpointError, 'cannot be fetched'),
])
def test_bad_checkpoints(trained, tmp_path, kind, error, told):
    path = os.fspath(trained.checkpoint)
    cfg = Config.fromfile(trained.config)
    if kind == 'classes':
        cfg.model.head.num_classes = 7
    if kind == 'unnamed':
        state = _weights(path)
        for name in ('weight', 'bias'):
            key = f'head.fc.{name}'
            state[key] = state[key][:7].clone()
        cfg.model.head.num_classes = 7
        path = os.fspath(tmp_path / 'bare.pth')
        torch.save(state, path)
    if kind in ('gone', 'cut'):
        data = Path(path).read_bytes()[:900]
        path = os.fspath(tmp_path / f'{kind}.pth')
        if kind == 'cut':
            Path(path).write_bytes(data)
    if kind == 'folder':
        path = os.fspath(tmp_path)
    if '://' in kind:
        path = kind
    with pytest.raises(error, match=told) as caught:
        load_model(cfg, path, 'nonsense' if kind == 'device' else 'cpu')
    assert 'Hint: ' in str(caught.value)
