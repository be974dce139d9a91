# Copyright (c) mmfer contributors.
import cv2
import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn

from mmfer.visualization.landmark_tree import draw_landmark_trees

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


def test_bad_model(tmp_path):
    with pytest.raises(ValueError, match='LandmarkNet'):
        draw_landmark_trees(nn.Linear(2, 2), str(tmp_path / 'x.png'))
