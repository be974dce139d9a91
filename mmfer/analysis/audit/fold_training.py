# Copyright (c) mmfer contributors.
"""Networks that have not seen the labels they are asked about."""
import os.path as osp
from copy import deepcopy
from typing import Any, Callable, Dict, List, Sequence

import numpy as np
from mmengine.config import Config
from mmengine.dataset import ConcatDataset
from mmengine.registry import init_default_scope

from mmfer.apis.run import prepare_config
from mmfer.checkpoints import find_latest_checkpoint
from mmfer.errors import RunError
from mmfer.registry import DATASETS
from ..comparison import Outcome, train_all
from ..predictions import collect_predictions
from ..verification.parts import REPEATING, dataset_class


def fold_config(cfg: Config, **fold: Any) -> Config:
    """A config whose training set is a part of its own.

    Args:
        cfg (Config): The config; stays as it is.
        **fold: See :class:`~mmfer.datasets.FoldDataset`.
    """
    cfg = deepcopy(cfg)
    cfg.train_dataloader.dataset = _fold(cfg.train_dataloader.dataset, fold)
    return cfg


def _fold(dataset: Dict[str, Any], fold: Dict[str, Any]) -> Dict[str, Any]:
    """A fold of a dataset, or of each inside wrappers that join or repeat.

    Other wrappers stay whole, since what they choose may depend on the
    samples that they see.
    """
    kind = dataset_class(dataset)
    if kind is ConcatDataset:
        return dict(dataset, datasets=[_fold(part, fold)
                                       for part in dataset['datasets']])
    if kind in REPEATING:
        return dict(dataset, dataset=_fold(dataset['dataset'], fold))
    return dict(type='FoldDataset', dataset=dataset, **fold)


def train_folds(cfg: Config, folder: str, num_folds: int,
                command: Sequence[str],
                on_end: Callable[[str, Outcome], None] = lambda *_: None
                ) -> List[str]:
    """Train a network without each fold; finished ones are not repeated.

    Args:
        cfg (Config): The config, as read from its file.
        folder (str): Where the runs go, ``fold0`` and so on.
        num_folds (int): The number of folds.
        command (Sequence[str]): What trains a config, see
            :func:`~mmfer.analysis.comparison.train_all`.
        on_end (Callable): Called after each run.

    Returns:
        list[str]: The last checkpoint of each run.

    Raises:
        TypeError: If the training set cannot be folded; nothing was trained.
        ValueError: If it has too few subjects; nothing was trained.
        RuntimeError: If a run failed.
    """
    configs = {
        osp.join(folder, f'fold{fold}'): fold_config(
            cfg, fold=fold, num_folds=num_folds)
        for fold in range(num_folds)
    }
    # What cannot be folded is refused here, not by each of the trainings.
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    DATASETS.build(
        fold_config(cfg, num_folds=num_folds).train_dataloader.dataset
        .to_dict())
    outcomes = train_all(configs, command, on_end=on_end)
    for run, outcome in outcomes.items():
        if outcome.problem:
            raise RunError(f'{run}: {outcome.problem}',
                           hint='correct the cause and repeat the same '
                           'command')
    return [find_latest_checkpoint(run) for run in configs]


def held_out_scores(cfg: Config, checkpoints: Sequence[str],
                    folder: str) -> np.ndarray:
    """What each network says of the fold it has not seen.

    Args:
        cfg (Config): The config, as read from its file.
        checkpoints (Sequence[str]): Of each fold.
        folder (str): Where the logs go.

    Returns:
        np.ndarray: Class probabilities of the training set, float32 of shape
        ``(N, C)``.
    """
    found: Dict[int, np.ndarray] = {}
    for fold, checkpoint in enumerate(checkpoints):
        part = prepare_config(
            fold_config(cfg, fold=fold, num_folds=len(checkpoints),
                        held_out=True),
            work_dir=osp.join(folder, f'held_out{fold}'))
        predictions = collect_predictions(part, checkpoint, 'train')
        found.update(zip(_places(predictions.dataset), predictions.scores))
    return np.stack([found[place] for place in range(len(found))])


def _places(dataset: Any) -> List[int]:
    """The places of a fold's samples in the whole training set."""
    places, start = [], 0
    for part in getattr(dataset, 'datasets', [dataset]):
        places += (part.indices + start).tolist()
        start += part.whole_size
    return places
