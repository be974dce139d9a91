# Copyright (c) mmfer contributors.
"""The runs of a comparison, and their configs."""
import os.path as osp
from copy import deepcopy
from itertools import product
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from mmengine.config import Config, ConfigDict

from mmfer.apis.run import apply_options, load_config
from mmfer.errors import ConfigError
from mmfer.registry import DATASETS

_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


class Cell(NamedTuple):
    """One run.

    Args:
        config (str): The method's config file.
        dataset (str, optional): The file of a dataset, such as those of
            ``configs/_base_/datasets``, or None: that of the config.
        noise (float, optional): The share of training labels changed
            symmetrically, in [0, 1), or None: as the config says.
        seed (int): The seed of the run, and of the noise if ``noise`` says
            so.
    """
    config: str
    dataset: Optional[str]
    noise: Optional[float]
    seed: int

    @property
    def method(self) -> str:
        """The config's name."""
        return osp.splitext(osp.basename(self.config))[0]

    @property
    def ground(self) -> str:
        """What the methods are compared on, in one word."""
        name = 'as configured' if self.dataset is None else osp.splitext(
            osp.basename(self.dataset))[0]
        return name if self.noise is None else (
            f'{name}, noise {100 * self.noise:g} %')

    @property
    def folder(self) -> str:
        """Where the run lies, below the folder of the comparison."""
        ground = self.ground.replace(', noise ', '-noise').replace(
            ' %', '').replace(' ', '-')
        return osp.join(self.method, ground, f'seed{self.seed}')


def make_grid(configs: Sequence[str],
              datasets: Sequence[Optional[str]] = (None, ),
              noise: Sequence[Optional[float]] = (None, ),
              seeds: Sequence[int] = (0, 1, 2)) -> List[Cell]:
    """All runs, so ordered that early ones already compare the methods.

    Args:
        configs (Sequence[str]): Config files.
        datasets (Sequence[str]): Dataset files. Defaults to ``(None, )``.
        noise (Sequence[float]): Shares in [0, 1). Defaults to ``(None, )``.
        seeds (Sequence[int]): Defaults to ``(0, 1, 2)``.

    Raises:
        ValueError: If a share is out of range, or two runs would share a
            folder.
    """
    for share in noise:
        if share is not None and not 0 <= share < 1:
            raise ConfigError(f'noise must lie in [0, 1), got {share}',
                              hint='name shares such as 0.3')
    cells = [
        Cell(config, dataset, share, seed) for seed, dataset, share, config
        in product(seeds, datasets, noise, configs)
    ]
    folders: Dict[str, Cell] = {}
    for cell in cells:
        other = folders.setdefault(cell.folder, cell)
        if other is not cell:
            raise ConfigError(
                f'{other} and {cell} would both lie in {cell.folder}',
                hint='name each config, dataset, share and seed once; '
                'rename one of two files of the same name')
    return cells


def cell_config(cell: Cell,
                cfg_options: Optional[Dict[str, Any]] = None,
                folds: bool = False) -> Config:
    """The config of a run.

    Another dataset takes the place of the config's with all that concerns
    annotations; pipelines, samplers and batch sizes, which belong to a
    method, stay. Every ``num_classes`` of the model follows the dataset.

    Args:
        cell (Cell): The run.
        cfg_options (dict, optional): Dotted keys and values laid over every
            config. Defaults to None.
        folds (bool): Whether the fold held out is that of the seed's number
            where a dataset has folds. Defaults to False.

    Raises:
        FileNotFoundError: If a file is missing.
        ConfigError: If they do not go together.
    """
    cfg = load_config(cell.config)
    cfg.setdefault('randomness', {})['seed'] = cell.seed
    if cell.dataset is not None:
        _replace_dataset(cfg, load_config(cell.dataset), cell.dataset)
    apply_options(cfg, cfg_options or {})
    if folds:
        for loader in _LOADERS:
            if cfg.get(loader) and 'fold' in cfg[loader].dataset:
                cfg[loader].dataset.fold = cell.seed
    if cell.noise is not None:
        _dataset(cfg, 'train_dataloader', cell.config).noise = dict(
            type='SymmetricNoise', ratio=cell.noise, seed=cell.seed)
    return cfg


def _dataset(cfg: Config, loader: str, path: str) -> ConfigDict:
    dataset = cfg[loader].dataset
    if 'dataset' in dataset or 'datasets' in dataset:
        raise ConfigError(f'{path}: {loader} has a {dataset.type}; a '
                          'comparison replaces and changes plain datasets '
                          'only',
                          hint='write a config for each dataset and leave '
                          'out --datasets and --noise')
    return dataset


def _replace_dataset(cfg: Config, other: Config, path: str) -> None:
    for loader in _LOADERS:
        if not cfg.get(loader):
            continue
        if not other.get(loader):
            raise ConfigError(f'{path} has no {loader}',
                              hint='name a file such as those of '
                              'configs/_base_/datasets')
        old = _dataset(cfg, loader, cfg.filename)
        new = deepcopy(_dataset(other, loader, path))
        new.pipeline = old.pipeline
        cfg[loader].dataset = new
    built = DATASETS.build(dict(cfg.val_dataloader.dataset, pipeline=[]))
    _set_classes(cfg.model, len(built.metainfo['classes']))


def _set_classes(node: Any, number: int) -> None:
    if isinstance(node, (list, tuple)):
        for child in node:
            _set_classes(child, number)
    elif isinstance(node, dict):
        for key, child in node.items():
            if key == 'num_classes':
                node[key] = number
            else:
                _set_classes(child, number)
