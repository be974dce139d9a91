# Copyright (c) mmfer contributors.
import pytest
from mmengine.config import Config

from mmfer.analysis.comparison import Cell, cell_config, make_grid
from mmfer.errors import ConfigError

from ...toys import CONFIGS, make_ferplus, small_config

SCN = str(CONFIGS / 'scn/scn_resnet18_1xb64_rafdb.py')
FERPLUS = str(CONFIGS / '_base_/datasets/ferplus.py')


def test_methods_meet_on_every_ground_before_the_next_seed():
    cells = make_grid(['x/a.py', 'b.py'], ['d/s.py', 't.py'], [0., .25], [4])
    assert [(c.method, c.ground) for c in cells[:4]] == [
        ('a', 's, noise 0 %'), ('b', 's, noise 0 %'),
        ('a', 's, noise 25 %'), ('b', 's, noise 25 %')]
    assert len(cells) == 8 and cells[2].folder == 'a/s-noise25/seed4'
    assert Cell('a.py', None, None, 0).folder == 'a/as-configured/seed0'


def test_dataset_of_another_file(tmp_path):
    """The method's pipelines stay, annotations and classes change."""
    data = make_ferplus(tmp_path / 'data')
    make_ferplus(data, 'valid', per_class=1)
    other = Config.fromfile(FERPLUS)
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        other[loader].dataset.data_root = str(data)
    other.dump(tmp_path / 'small.py')
    before = Config.fromfile(SCN)
    cfg = cell_config(Cell(SCN, str(tmp_path / 'small.py'), 0.3, 7),
                      {'train_cfg.max_epochs': 3})
    assert cfg.randomness.seed == 7 and cfg.train_cfg.max_epochs == 3
    train = cfg.train_dataloader
    assert train.dataset.type == 'FERPlus'
    assert train.dataset.noise == dict(
        type='SymmetricNoise', ratio=0.3, seed=7)
    assert train.dataset.pipeline == before.train_dataloader.dataset.pipeline
    assert train.batch_size == before.train_dataloader.batch_size
    assert 'noise' not in cfg.val_dataloader.dataset
    assert cfg.model.head.num_classes == 8
    assert cfg.model.label_bank.num_classes == 8


def test_as_configured(tmp_path):
    small_config('data', tmp_path).dump(tmp_path / 'toy.py')
    cfg = cell_config(Cell(str(tmp_path / 'toy.py'), None, None, 2))
    whole = Config.fromfile(tmp_path / 'toy.py')
    whole.randomness.seed = 2
    assert cfg.to_dict() == whole.to_dict()


def test_folds_follow_the_seed():
    """Only where a dataset has folds."""
    def held_out(dataset, folds):
        config = str(CONFIGS / f'baseline/resnet18_1xb64_{dataset}.py')
        cfg = cell_config(Cell(config, None, None, 3), folds=folds)
        return [cfg[f'{split}_dataloader'].dataset.get('fold')
                for split in ('train', 'val', 'test')]
    assert held_out('ckplus48', True) == [3, 3, 3]
    assert held_out('ckplus48', False) == [0, 0, 0]
    assert held_out('ferplus', True) == [None] * 3


@pytest.mark.parametrize('arguments, message', [
    (dict(configs=['a.py'], noise=[1.]), r'noise must lie in \[0, 1\)'),
    (dict(configs=['a.py'], noise=[-.1]), r'noise must lie in \[0, 1\)'),
    (dict(configs=['x/a.py', 'y/a.py']), 'would both lie in a/'),
    (dict(configs=['a.py'], seeds=[0, 0]), 'would both lie in a/'),
])
def test_bad_grid(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_grid(**arguments)


@pytest.mark.parametrize('case', ['no config', 'wrapped', 'no dataset',
                                  'option'])
def test_bad_cell(tmp_path, case):
    if case == 'no config':
        with pytest.raises(FileNotFoundError, match='no such config'):
            cell_config(Cell('absent.py', None, None, 0))
        return
    cfg, options = small_config('data', tmp_path), None
    if case == 'option':
        cell = Cell(str(tmp_path / 'toy.py'), None, None, 0)
        options = {'custom_hooks.99.type': 'EMAHook'}
        message = 'does not fit the config'
    elif case == 'wrapped':
        cfg.train_dataloader.dataset = dict(
            type='RepeatDataset', times=2,
            dataset=cfg.train_dataloader.dataset)
        cell = Cell(str(tmp_path / 'toy.py'), None, 0.1, 0)
        message = 'train_dataloader has a RepeatDataset'
    else:
        cell = Cell(str(tmp_path / 'toy.py'),
                    str(CONFIGS / '_base_/schedules/sgd_step_40e.py'), None, 0)
        message = 'has no train_dataloader'
    cfg.dump(tmp_path / 'toy.py')
    with pytest.raises(ConfigError, match=message):
        cell_config(cell, options)
