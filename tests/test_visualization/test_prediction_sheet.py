# Copyright (c) mmfer contributors.
import cv2
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS, MODELS

from mmfer.visualization.prediction_sheet import (choose_samples,
                                                  draw_predictions)
from ..toys import make_ferplus, small_config


def test_classes_take_turns():
    labels = [0, 0, 0, 1, 1, 2]
    assert choose_samples(labels, 4) == [0, 3, 5, 1]
    assert choose_samples(labels, 99) == [0, 3, 5, 1, 4, 2]


def test_draws_a_readable_sheet(tmp_path):
    root = make_ferplus(tmp_path / 'data', 'valid', per_class=1)
    cfg = small_config(root, tmp_path)
    init_default_scope('mmpretrain')
    model = MODELS.build(
        dict(cfg.model, data_preprocessor=cfg.data_preprocessor))
    dataset = DATASETS.build(cfg.val_dataloader.dataset)
    path = tmp_path / 'sheet.png'
    draw_predictions(model, dataset, str(path), number=5, columns=3)
    sheet = cv2.imread(str(path))
    assert sheet.shape[1] > 600 and sheet.shape[0] > 600
    # Five faces and their bars are drawn; the sixth place stays white.
    height, width = sheet.shape[:2]
    assert (sheet[height // 2 + 20:, 2 * width // 3 + 20:] == 255).all()
    assert (sheet[:height // 2, :width // 3] < 250).mean() > 0.2
