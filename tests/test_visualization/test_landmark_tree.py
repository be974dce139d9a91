# Copyright (c) mmfer contributors.
import importlib.util
import sys
from pathlib import Path

import cv2
import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn

from mmfer.errors import ConfigError
from mmfer.visualization.landmark_tree import draw_landmark_trees

TOOL = Path(__file__).parents[2] / 'tools/visualization' / (
    'draw_landmark_trees.py')
CONFIG = """
custom_imports = dict(imports=['mmfer'])
model = dict(
    type='FERClassifier',
    backbone=dict(type='LandmarkNet', num_landmarks=9, streams=dict(
        structure=dict(type='StructureStream', hidden_channels=4))))
test_dataloader = dict(dataset=dict(type='RAFDB', pipeline=[]))
"""
STREAM = dict(type='StructureStream', embed_channels=4, hidden_channels=4)


def test_draws_each_tree(tmp_path):
    net = MODELS.build(dict(type='LandmarkNet', num_landmarks=9,
                            streams=dict(one=STREAM, two=STREAM)))
    net.filler.mean_face.copy_(torch.rand(9, 2))
    path = tmp_path / 'trees.png'
    draw_landmark_trees(net, str(path))
    figure = cv2.imread(str(path))
    height, width = figure.shape[:2]
    assert width > 1.5 * height > 600
    for half in (figure[:, :width // 2], figure[:, width // 2:]):
        assert 0.005 < (half < 200).any(2).mean() < 0.5
    assert not (figure[:, :width // 2] == figure[:, width // 2:]).all()


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Run the tool on weights of so many hidden channels."""
    spec = importlib.util.spec_from_file_location('draw_trees', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / 'toy.py').write_text(CONFIG)

    def run(channels, *options):
        net = MODELS.build(dict(
            type='LandmarkNet', num_landmarks=9, streams=dict(structure=dict(
                type='StructureStream', hidden_channels=channels))))
        torch.save({f'backbone.{k}': v for k, v in net.state_dict().items()},
                   tmp_path / 'toy.pth')
        monkeypatch.setattr(sys, 'argv', [
            'tool', str(tmp_path / 'toy.py'), str(tmp_path / 'toy.pth'),
            '--out', str(tmp_path / 'trees.png'), *options])
        module.main(module.parse_args())

    return run


def test_tool(tool, tmp_path, capsys):
    tool(4)
    out = tmp_path / 'trees.png'
    assert cv2.imread(str(out)).shape[0] > 400
    assert capsys.readouterr().out.endswith(f'drawn: {out}\n')


def test_bad_weights(tool, tmp_path):
    """Those of another config are not drawn as random ones."""
    with pytest.raises(ConfigError, match='does not fit.*Hint'):
        tool(5)
    assert not (tmp_path / 'trees.png').exists()


def test_bad_options(tool, capsys):
    """A tool that trains nothing has no options of trainings."""
    with pytest.raises(SystemExit):
        tool(4, '--launcher', 'pytorch')
    assert 'unrecognized arguments: --launcher' in capsys.readouterr().err


def test_bad_model(tmp_path):
    with pytest.raises(ValueError, match='LandmarkNet'):
        draw_landmark_trees(nn.Linear(2, 2), str(tmp_path / 'x.png'))
