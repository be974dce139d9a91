# Copyright (c) mmfer contributors.
"""The config of a fold: a normal one, for a normal runner."""
from copy import deepcopy
from typing import Sequence

from mmengine.config import Config, ConfigDict

from mmfer.errors import ConfigError

from .folds import Fold


def dataset_of(cfg: Config, loader: str, split: str) -> ConfigDict:
    """The reader of a loader, without its wrappers, asked for a split.

    Args:
        cfg (Config): The config; the split is written into it.
        loader (str): ``'train_dataloader'`` or ``'test_dataloader'``.
        split (str): The split that holds all samples.

    Raises:
        ConfigError: If there is no such loader, or it joins several readers.
    """
    node = (cfg.get(loader) or {}).get('dataset')
    while node and 'dataset' in node:
        node = node.dataset
    if not node or 'datasets' in node:
        raise ConfigError(f'{loader}: {node.type if node else "nothing"} '
                          'cannot be divided by subjects',
                          hint='give it one dataset; FERCSV reads several '
                          'from one file')
    node.split = split
    return node


def fold_config(cfg: Config, fold: Fold, split: str, seed: int,
                folder: str) -> Config:
    """The config that trains and tests a fold.

    Without inner validation nothing is evaluated in training, and the
    weights of the last epoch are tested; with it, those of the best epoch on
    the inner validation subjects, by the rule of the config's
    ``CheckpointHook``. Test subjects choose nothing.

    Args:
        cfg (Config): The config of the whole; not changed.
        fold (Fold): The fold.
        split (str): See :func:`dataset_of`.
        seed (int): Of the training.
        folder (str): The work folder.

    Raises:
        ConfigError: If inner validation has no rule to choose by.
    """
    cfg = plain_copy(cfg)
    cfg.work_dir = folder
    cfg.experiment_name = f'{fold.name}-seed{seed}'
    cfg.randomness = dict(cfg.get('randomness') or {}, seed=seed)
    dataset_of(cfg, 'train_dataloader', split).subjects = dict(
        exclude=_sorted(fold.test, fold.valid))
    if fold.valid:
        cfg.val_dataloader = deepcopy(cfg.test_dataloader)
        dataset_of(cfg, 'val_dataloader', split).subjects = dict(
            include=_sorted(fold.valid))
        cfg.val_evaluator = cfg.get('val_evaluator') or deepcopy(
            cfg.test_evaluator)
        cfg.val_cfg = cfg.get('val_cfg') or dict()
    else:
        cfg.val_dataloader = cfg.val_evaluator = cfg.val_cfg = None
    dataset_of(cfg, 'test_dataloader', split).subjects = dict(
        include=_sorted(fold.test))
    _keep_one_checkpoint(cfg, bool(fold.valid))
    return cfg


def plain_copy(cfg: Config) -> Config:
    """A copy whose text is not beautified at every print, which takes a tiny
    network as long as some epochs; ``Config.fromfile`` forgets to be told.
    """
    return Config(cfg.to_dict(), filename=cfg.filename,
                  format_python_code=False)


def _sorted(*groups: Sequence[str]) -> list:
    return sorted(subject for group in groups for subject in group)


def _keep_one_checkpoint(cfg: Config, select: bool) -> None:
    """The selected epoch's, or the last one's; folds are not resumed within.
    """
    hooks = cfg.get('default_hooks') or {}
    hook = dict(hooks.get('checkpoint') or dict(type='CheckpointHook'))
    metric = hook.get('save_best')
    if select and not isinstance(metric, str):
        raise ConfigError(
            'inner validation chooses the epoch by one metric, but '
            f'default_hooks.checkpoint.save_best is {metric!r}',
            hint='--cfg-options default_hooks.checkpoint.save_best=expr/uar '
            'default_hooks.checkpoint.rule=greater')
    hook.update(interval=-1, save_last=not select, save_optimizer=False,
                save_param_scheduler=False)
    if not select:
        hook.update(save_best=None, rule=None)
    cfg.default_hooks = dict(hooks, checkpoint=hook)
