# Copyright (c) mmfer contributors.
"""What a model says of a whole set; the start of every analysis."""
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
from mmengine.config import Config
from torch import nn

from mmfer.apis.models import tested_dataset
from mmfer.apis.run import build_runner, loader_of, set_testing
from mmfer.engine.model_parts import bare_model
from mmfer.errors import ConfigError
from .prediction_collector import PredictionCollector
from .verification import leaf_configs


class Predictions(NamedTuple):
    """What a model says of the N samples of a set, in their order.

    Args:
        classes (tuple[str]): The C class names.
        labels (np.ndarray): The given labels, int64 of shape ``(N, )``.
        scores (np.ndarray): Class probabilities, float32 of shape ``(N, C)``.
        confidence (np.ndarray): ``pred_confidence`` of the model, float32 of
            shape ``(N, )``; NaN where it has none.
        features (np.ndarray): What goes into the head, float32 of shape
            ``(N, D)``; D = 0 where features were not asked for.
        paths (list[str]): The image of each sample.
        subjects (list[str]): The person on each, empty where unknown.
        dataset (Any): The set.
        model (nn.Module): The model.
    """
    classes: Tuple[str, ...]
    labels: np.ndarray
    scores: np.ndarray
    confidence: np.ndarray
    features: np.ndarray
    paths: List[str]
    subjects: List[str]
    dataset: Any
    model: nn.Module


def collect_predictions(cfg: Config,
                        checkpoint: str,
                        split: str = 'test',
                        features: bool = False) -> Predictions:
    """Run a model over a set, as ``tools/test.py`` does.

    Weights and label order are checked against the config, see
    :class:`~mmfer.engine.hooks.LabelSpaceHook`.

    Args:
        cfg (Config): A config that :func:`~mmfer.apis.run.prepare_config`
            has completed; its test set and evaluator are replaced in place.
        checkpoint (str): The checkpoint.
        split (str): ``'train'`` (each sample once, in order, by the pipeline
            of the test set), ``'val'`` or ``'test'``. Defaults to
            ``'test'``.
        features (bool): Whether to keep features. Defaults to False.

    Raises:
        ConfigError: If the config lacks the set, or the test set, or a
            sample has no label.
        FileNotFoundError: If the checkpoint is missing.
        NonFiniteError: If predictions are not finite.
    """
    for needed in ('test', split):
        loader_of(cfg, needed)
    set_testing(cfg, checkpoint)
    if split == 'train':
        cfg.test_dataloader.dataset = training_set(cfg)
    elif split == 'val':
        cfg.test_dataloader = cfg.val_dataloader
    runner = build_runner(cfg)
    model = bare_model(runner.model)
    collector = PredictionCollector(model if features else None)
    runner.test_evaluator.metrics = [collector]
    runner.test()
    return _stack(collector.rows, runner.test_dataloader.dataset, model)


def _stack(rows: List[dict], dataset: Any, model: nn.Module) -> Predictions:
    """The rows of a collector as arrays."""
    columns: Dict[str, Sequence[Any]] = {
        name: [row[name] for row in rows]
        for name in rows[0]
    }
    labels = np.array(columns['label'], dtype=np.int64)
    scores = np.stack(columns['scores'])
    if (labels < 0).any():
        place = int((labels < 0).argmax())
        raise ConfigError(f"{columns['path'][place] or place}: it has no "
                          'expression label',
                          hint='analyze a set with expressions')
    classes = dataset.metainfo.get('classes') or range(scores.shape[1])
    return Predictions(
        classes=tuple(map(str, classes)),
        labels=labels,
        scores=scores,
        confidence=np.array(columns['confidence'], dtype=np.float32),
        features=np.stack(columns['feature']),
        paths=columns['path'],
        subjects=columns['subject'],
        dataset=dataset,
        model=model)


def training_set(cfg: Config) -> Dict[str, Any]:
    """The config of the training set to be looked at as a test set.

    Wrappers that repeat samples are taken off, transforms are those of the
    test set, and an unreadable image is an error.

    Args:
        cfg (Config): With training and test set.

    Raises:
        ConfigError: If the test set has no pipeline.
    """
    pipeline = tested_dataset(cfg)['pipeline']
    parts: List[Dict[str, Any]] = []
    for leaf in leaf_configs(cfg.train_dataloader.dataset):
        part = _with_pipeline(leaf, pipeline)
        if part not in parts:
            parts.append(part)
    return parts[0] if len(parts) == 1 else dict(
        type='ConcatDataset', datasets=parts)


def _with_pipeline(dataset: Dict[str, Any],
                   pipeline: List[dict]) -> Dict[str, Any]:
    """A dataset with other transforms, also inside a wrapper."""
    if 'dataset' in dataset:
        return dict(
            dataset, dataset=_with_pipeline(dataset['dataset'], pipeline))
    strict = {'on_error': 'raise'} if 'on_error' in dataset else {}
    return dict(dataset, pipeline=pipeline, **strict)
