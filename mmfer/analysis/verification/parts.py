# Copyright (c) mmfer contributors.
"""The datasets of a config, each built once and without transforms."""
import copy
import json
import os.path as osp
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from mmengine.config import Config
from mmengine.dataset import (BaseDataset, ClassBalancedDataset, ConcatDataset,
                              RepeatDataset)

from mmfer.datasets import BaseFERDataset
from mmfer.errors import UserError
from mmfer.registry import DATASETS

SPLITS = ('train', 'val', 'test')
# Wrappers that give the samples of one dataset, some of them several times.
REPEATING = (RepeatDataset, ClassBalancedDataset)


class NoDatasetError(UserError, ValueError):
    """A config in which there is no dataset to check."""


class Part:
    """One dataset of a config and the splits in which it is used.

    Args:
        config (dict): The config of the dataset, without wrappers.

    Attributes:
        splits (list[str]): The splits that use it, of ``SPLITS``.
        dataset (BaseDataset, optional): None if it cannot be built.
        status (str): ``'checked'``, ``'absent'`` (its folder or annotation
            file is not on disk) or ``'broken'``.
        problem (str): Why it is absent or broken.
        title (str): Its name in the report.
        classes (tuple[str], optional): The class names, None where the
            dataset does not tell them.
    """

    def __init__(self, config: Dict[str, Any]) -> None:
        self.config = config
        self.splits: List[str] = []
        self.dataset: Optional[Any] = None
        self.status = 'checked'
        self.problem = ''
        self.title = ''
        self.classes: Optional[Tuple[str, ...]] = None

    @property
    def split(self) -> str:
        """The splits in one word, for example ``'val+test'``."""
        return '+'.join(self.splits)

    @property
    def trains(self) -> bool:
        """Whether it is used for training."""
        return 'train' in self.splits

    @property
    def type_name(self) -> str:
        """The name of the dataset's class."""
        kind = self.config.get('type')
        return kind.split('.')[-1] if isinstance(kind, str) else getattr(
            kind, '__name__', str(kind))

    @property
    def family(self) -> Tuple[str, str]:
        """The dataset's class and its folder."""
        root = getattr(self.dataset, 'data_root', None) or ''
        return self.type_name, osp.abspath(root)

    def build(self) -> None:
        """Build the dataset and read its annotations."""
        try:
            self.dataset = _read(DATASETS.build(copy.deepcopy(self.config)))
            self.classes = getattr(self.dataset, 'metainfo', {}).get('classes')
        except FileNotFoundError as error:
            self.status, self.problem = 'absent', str(error)
        # Whatever a reader trips over belongs into the report.
        except Exception as error:
            self.status = 'broken'
            self.problem = f'{type(error).__name__}: {error}'


def collect_parts(cfg: Config,
                  splits: Optional[Sequence[str]] = None) -> List[Part]:
    """Build the datasets of a config.

    ``ConcatDataset``, ``RepeatDataset`` and ``ClassBalancedDataset`` are
    taken off. A dataset that stands in several dataloaders is built once.

    Args:
        cfg (Config): A config with ``train_dataloader``, ``val_dataloader``
            or ``test_dataloader``.
        splits (Sequence[str], optional): The splits to look at, of
            ``SPLITS``. Defaults to None, all that the config has.

    Raises:
        NoDatasetError: If the config has no dataset, or not the asked split.
    """
    configs = _dataset_configs(cfg)
    for split in splits or ():
        if split not in configs:
            raise NoDatasetError(
                f'the config has no {split}_dataloader with a dataset; it has '
                f'{list(configs)}')
    parts: Dict[str, Part] = {}
    for split, config in configs.items():
        if splits and split not in splits:
            continue
        for leaf in leaf_configs(config):
            key = json.dumps(_identity(leaf), sort_keys=True, default=str)
            part = parts.setdefault(key, Part(leaf))
            if split not in part.splits:
                part.splits.append(split)
    for part in parts.values():
        part.build()
    _set_titles(list(parts.values()))
    return list(parts.values())


def _dataset_configs(cfg: Config) -> Dict[str, Dict[str, Any]]:
    """The dataset of each dataloader."""
    configs = {}
    for split in SPLITS:
        loader = cfg.get(f'{split}_dataloader')
        if loader is None:
            continue
        if not isinstance(loader, dict):
            raise NoDatasetError(f'{split}_dataloader must be a dict, got '
                                 f'{loader!r}')
        if not isinstance(loader.get('dataset'), dict):
            raise NoDatasetError(f'{split}_dataloader.dataset must be a dict, '
                                 f'got {loader.get("dataset")!r}')
        configs[split] = loader['dataset']
    if not configs:
        raise NoDatasetError(
            'no dataset in the config: it needs train_dataloader, '
            'val_dataloader or test_dataloader with a dataset')
    return configs


def dataset_class(config: Dict[str, Any]) -> Any:
    """The class of a dataset or a wrapper, None if it is unknown.

    Args:
        config (dict): Its config.
    """
    kind = config.get('type')
    return DATASETS.get(kind) if isinstance(kind, str) else kind


def leaf_configs(config: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    """The configs of the datasets inside wrappers, without transforms.

    ``ConcatDataset``, ``RepeatDataset`` and ``ClassBalancedDataset`` are
    taken off; other wrappers, such as ``KFoldDataset``, are kept.

    Args:
        config (dict): The config of a dataset or a wrapper.
    """
    config = dict(config)
    cls = dataset_class(config)
    if cls is ConcatDataset and 'datasets' in config:
        for dataset in config['datasets']:
            yield from leaf_configs(dataset)
    elif cls in REPEATING and 'dataset' in config:
        yield from leaf_configs(config['dataset'])
    elif 'dataset' in config:  # for example KFoldDataset, which is kept
        for leaf in leaf_configs(config['dataset']):
            yield dict(config, dataset=leaf)
    else:
        if 'pipeline' in config:
            config['pipeline'] = []
        if isinstance(cls, type) and issubclass(cls, BaseDataset):
            config['lazy_init'] = True
        yield config


def _identity(config: Dict[str, Any]) -> Dict[str, Any]:
    """What decides which samples a dataset has."""
    if 'dataset' in config:
        return dict(config, dataset=_identity(config['dataset']))
    return {
        key: value
        for key, value in config.items()
        if key not in ('pipeline', 'test_mode', 'on_error', 'lazy_init',
                       '_scope_')
    }


def _read(dataset: Any) -> Any:
    """Read the annotations; returns the dataset inside a kept wrapper."""
    inner = dataset
    while hasattr(inner, 'dataset'):
        inner = inner.dataset
    if isinstance(inner, BaseFERDataset):
        inner.require_first_image = False
    if isinstance(inner, BaseDataset):
        inner.serialize_data = False  # admits an empty list of samples
        dataset.full_init()
    while hasattr(dataset, 'dataset'):
        dataset = dataset.dataset
    if not hasattr(dataset, 'get_data_info'):
        raise TypeError(f'{type(dataset).__name__} has no get_data_info, so '
                        'its annotations cannot be read')
    return dataset


def _set_titles(parts: Sequence[Part]) -> None:
    titles: List[str] = []
    for part in parts:
        title = f'{part.split}: {part.type_name}'
        split = part.config.get('split', getattr(part.dataset, 'split', None))
        if split:
            title += f' {split}'
        number = titles.count(title) + 1
        titles.append(title)
        part.title = title if number == 1 else f'{title} #{number}'
