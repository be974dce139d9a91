# Copyright (c) mmfer contributors.
import importlib.util
import sys
from pathlib import Path

import cv2
import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn

from mmfer.visualization.landmark_tree import draw_landmark_trees

TOOL = Path(__file__).parents[2] / 'tools/visualization' / (
    'draw_landmark_trees.py')
CONFIG = """
custom_imports = dict(imports=['mmfer'])
model = dict(
    type='FERClassifier',
    backbone=dict(type='LandmarkNet', num_landmarks=9, streams=dict(
        structure=dict(type='StructureStream', hidden_channels=4))))
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


def test_tool(tmp_path, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location('draw_trees', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    (tmp_path / 'toy.py').write_text(CONFIG)
    net = MODELS.build(dict(
        type='LandmarkNet', num_landmarks=9, streams=dict(
            structure=dict(type='StructureStream', hidden_channels=4))))
    torch.save({f'backbone.{k}': v for k, v in net.state_dict().items()},
               tmp_path / 'toy.pth')
    out = tmp_path / 'trees.png'
    monkeypatch.setattr(sys, 'argv', [
        'tool', str(tmp_path / 'toy.py'), str(tmp_path / 'toy.pth'), '--out',
        str(out)])
    tool.main(tool.parse_args())
    assert cv2.imread(str(out)).shape[0] > 400
    assert capsys.readouterr().out.endswith(f'drawn: {out}\n')


def test_bad_model(tmp_path):
    with pytest.raises(ValueError, match='LandmarkNet'):
        draw_landmark_trees(nn.Linear(2, 2), str(tmp_path / 'x.png'))
