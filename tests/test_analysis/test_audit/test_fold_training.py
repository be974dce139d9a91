# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.analysis.audit import fold_config, held_out_scores, train_folds
from mmfer.analysis.predictions import collect_predictions
from mmfer.apis.run import load_config, prepare_config


@pytest.fixture
def cfg(trained):
    """A training set of two parts, one of them twice."""
    cfg = load_config(str(trained.config))
    train = cfg.train_dataloader.dataset.to_dict()
    cfg.train_dataloader.dataset = dict(type='ConcatDataset', datasets=[
        dict(train, indices=9), dict(type='RepeatDataset', times=2,
                                     dataset=dict(train, indices=-7))])
    return cfg


def test_every_part_loses_its_fold(cfg):
    found = fold_config(cfg, fold=1, num_folds=3).train_dataloader.dataset
    first, second = found['datasets'][0], found['datasets'][1]['dataset']
    for part, indices in ((first, 9), (second, -7)):
        assert part['type'] == 'FoldDataset' and part['fold'] == 1
        assert part['dataset']['indices'] == indices
    assert cfg.train_dataloader.dataset['datasets'][0]['type'] == 'FERPlus'


@pytest.mark.parametrize('wrapper', ['LongTailedDataset', 'InMemoryDataset'])
def test_other_wrappers_are_folded_whole(cfg, wrapper):
    held = dict(type=wrapper, dataset=cfg.train_dataloader.dataset.datasets[0])
    cfg.train_dataloader.dataset = dict(
        type='ClassBalancedDataset', oversample_thr=.1, dataset=held)
    found = fold_config(cfg, fold=1, num_folds=3).train_dataloader.dataset
    assert found['type'] == 'ClassBalancedDataset'
    assert found['dataset'] == dict(type='FoldDataset', fold=1, num_folds=3,
                                    dataset=held)


def test_scores_come_to_their_places(trained, cfg, tmp_path):
    """Of one and the same network, asked about fold after fold."""
    got = held_out_scores(cfg, [str(trained.checkpoint)] * 2, str(tmp_path))
    whole = collect_predictions(
        prepare_config(cfg, work_dir=str(tmp_path)), str(trained.checkpoint),
        'train')
    assert len(whole.labels) == 16
    np.testing.assert_allclose(got, whole.scores, atol=1e-5)


def test_bad_wrapper_is_refused_before_training(cfg, tmp_path):
    part = cfg.train_dataloader.dataset.datasets[0]
    cfg.train_dataloader.dataset = dict(type='KFoldDataset', dataset=part)
    with pytest.raises(TypeError, match='cuts datasets.*KFold.*Hint'):
        train_folds(cfg, str(tmp_path), 2, ['false'])
    assert not list(tmp_path.iterdir())


def test_bad_training_is_told(cfg, tmp_path):
    with pytest.raises(RuntimeError, match='fold0: exit code 1.*Hint'):
        train_folds(cfg, str(tmp_path), 2, ['false'])
