# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmpretrain import get_model

from mmfer.analysis.prediction_collector import pool
from mmfer.analysis.predictions import collect_predictions, training_set
from mmfer.apis.run import load_config, prepare_config
from mmfer.errors import ConfigError
from mmfer.registry import DATASETS


def test_equal_to_a_loop(trained, tmp_path):
    """Every other sample, so that places could be mixed up."""
    cfg = prepare_config(load_config(str(trained.config)),
                         work_dir=str(tmp_path))
    cfg.test_dataloader.batch_size = 5
    cfg.model.flip_test = True
    cfg.test_dataloader.dataset.indices = list(range(15, -1, -2))
    got = collect_predictions(cfg, str(trained.checkpoint), features=True)
    model = get_model(load_config(str(trained.config)),
                      pretrained=str(trained.checkpoint)).eval()
    model.flip_test = True
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    with torch.no_grad():
        for i in range(8):
            batch = model.data_preprocessor(pseudo_collate([dataset[i]]))
            sample, = model.predict(**batch)
            feature = model.extract_feat(batch['inputs'])[-1]
            np.testing.assert_allclose(got.scores[i], sample.pred_score,
                                       atol=1e-5)
            np.testing.assert_allclose(got.features[i], feature[0], atol=1e-4)
            assert got.labels[i] == int(sample.gt_label)
            assert got.paths[i] == sample.img_path
    assert len(got.labels) == 8 and got.classes == dataset.metainfo['classes']
    assert np.isnan(got.confidence).all() and not any(got.subjects)


def test_training_set_as_a_test_set(trained):
    cfg = load_config(str(trained.config))
    train = cfg.train_dataloader.dataset.to_dict()
    train['on_error'] = 'skip'
    fold = dict(type='KFoldDataset', num_splits=2, dataset=train)
    cfg.train_dataloader.dataset = dict(type='ConcatDataset', datasets=[
        dict(type='RepeatDataset', times=2, dataset=train), train, fold])
    found = training_set(cfg)
    assert found['type'] == 'ConcatDataset' and len(found['datasets']) == 2
    plain, fold = found['datasets']
    pipeline = cfg.test_dataloader.dataset.pipeline
    for part in (plain, fold['dataset']):
        assert part['pipeline'] == pipeline and part['on_error'] == 'raise'
        assert part['split'] == 'train' and 'test_mode' not in part


def test_features_of_any_shape():
    maps, tokens = torch.rand(2, 3, 4, 5), torch.rand(2, 7, 3)
    assert torch.equal(pool((tokens, maps)), maps.mean((2, 3)))
    assert torch.equal(pool([maps, tokens]), tokens.mean(1))
    assert torch.equal(pool(tokens[:, 0]), tokens[:, 0])


def test_bad_config_without_the_set(trained):
    cfg = load_config(str(trained.config))
    cfg.train_dataloader = None
    with pytest.raises(ConfigError, match='no train_dataloader. Hint'):
        collect_predictions(cfg, str(trained.checkpoint), 'train')
