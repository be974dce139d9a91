# Copyright (c) mmfer contributors.
"""A model with its weights, ready to predict."""
from typing import Any, Dict, List, NamedTuple, Optional, Union

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmpretrain import get_model
from torch import nn

import mmfer  # noqa: F401
from mmfer.engine.checkpoint_check import (canonical_classes,
                                           checkpoint_classes,
                                           non_finite_weights, try_weights)
from mmfer.errors import CheckpointError, ConfigError
from mmfer.registry import DATASETS
from mmfer.structures import LabelSpace

from .model_index import find_model
from .run import load_config, read_checkpoint


class LoadedModel(NamedTuple):
    """A trained model and what is known about it.

    Args:
        model (nn.Module): In evaluation mode.
        cfg (Config): Its config.
        classes (List[str]): Expressions in the order of its scores.
        au_names (List[str]): Action units in their order, empty for none.
        training (Dict[str, Any]): What :class:`ProtocolHook` wrote into the
            checkpoint, such as ``align`` and ``input_size``; empty for
            others.
    """

    model: nn.Module
    cfg: Config
    classes: List[str]
    au_names: List[str]
    training: Dict[str, Any]


def resolve_model(model: Union[str, Config],
                  checkpoint: Optional[str] = None) -> tuple:
    """Config and checkpoint that a user means.

    Args:
        model (str or Config): A config or its file, or the name of a model
            in ``model-index.yml``.
        checkpoint (str, optional): A file or URL. Defaults to None, that of
            the index.

    Returns:
        tuple[Config, str]: The config and the checkpoint.

    Raises:
        ConfigError: If the config cannot be used, or no checkpoint is known.
    """
    name = 'this config'
    if isinstance(model, str):
        name = model
        if not model.endswith('.py'):
            model, weights = find_model(model)
            checkpoint = checkpoint or weights
        model = load_config(model)
    if checkpoint is None:
        raise ConfigError(f'{name}: no weights are published for it',
                          hint='name a checkpoint, which tools/train.py '
                          'writes')
    return model, checkpoint


def load_model(model: Union[str, Config],
               checkpoint: Optional[str] = None,
               device: Union[str, torch.device, None] = None) -> LoadedModel:
    """Build a model and load its weights, all of them.

    Args:
        model (str or Config): See :func:`resolve_model`.
        checkpoint (str, optional): See :func:`resolve_model`.
        device (str or torch.device, optional): Defaults to None, an
            accelerator if there is one.

    Raises:
        ConfigError: If the config cannot be used, or does not fit the
            checkpoint.
        FileNotFoundError: If the config or the checkpoint is missing.
        CheckpointError: If the checkpoint cannot be read, or holds weights
            that are not finite.
    """
    cfg, checkpoint = resolve_model(model, checkpoint)
    content = read_checkpoint(checkpoint)
    # The checkpoint follows; nothing else is to be fetched.
    built = get_model(cfg, pretrained=False, device='cpu')
    report = try_weights(built, content)
    classes = checkpoint_classes(content)
    if report.missing or report.reshaped:
        trained = f'. It was trained on {classes}' if classes else ''
        raise ConfigError(
            f'{checkpoint} does not fit {cfg.filename}: {report.lines()}'
            f'{trained}', hint='name the config that it was trained with')
    bad = non_finite_weights(built)
    if bad:
        raise CheckpointError(
            f'{checkpoint}: {len(bad)} of its weights are not finite, the '
            f'first is {bad[0]}', hint='take an earlier checkpoint; this '
            'training has diverged')
    classes = classes or _config_classes(cfg)
    wanted = getattr(built.head, 'num_classes', len(classes))
    if len(classes) != wanted:
        raise ConfigError(f'{checkpoint}: {len(classes)} classes are known, '
                          f'{classes}, the model tells {wanted} apart',
                          hint='set label_space of the dataset in the '
                          'config to that of the training')
    built._dataset_meta = dict(classes=tuple(classes))
    built.to(get_device() if device is None else known_device(device)).eval()
    meta = content.get('meta') or {}
    return LoadedModel(built, cfg, classes, au_names_of(built),
                       meta.get('mmfer') or {})


def known_device(device: Union[str, torch.device]
                 ) -> Union[str, torch.device]:
    """``device``, if torch can compute there.

    Args:
        device (str or torch.device): For example ``'cuda:1'``.

    Raises:
        ConfigError: If it cannot.
    """
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ConfigError(f'device {device}: {str(error).splitlines()[0]}',
                          hint='cpu, or a device that torch sees '
                          'here, as cuda:0') from None
    return device


def num_landmarks_of(model: Any) -> int:
    """How many landmarks of each face a model takes, 0 for none.

    Args:
        model (Any): Of a :class:`LoadedModel`; other classifiers than ours
            take none, exported ones neither.
    """
    return getattr(model, 'num_landmarks', 0)


def require_pictures(model: nn.Module) -> None:
    """Make sure that a classifier looks at single pictures.

    Raises:
        ConfigError: If it looks at clips.
    """
    if getattr(model.backbone, 'takes_clips', False):
        raise ConfigError('this model looks at clips, not at single pictures',
                          hint='test it on a set of clips with tools/test.py')


def au_names_of(model: nn.Module) -> List[str]:
    """Names of the action units that a model predicts, in its order."""
    for part in model.modules():
        if hasattr(part, 'au_names'):
            return list(part.au_names)
    return []


def tested_dataset(cfg: Config) -> Dict[str, Any]:
    """The config of the test set, without wrappers around it.

    Raises:
        ConfigError: If there is none.
    """
    dataset = (cfg.get('test_dataloader') or {}).get('dataset')
    while dataset and 'pipeline' not in dataset:
        inner = dataset.get('datasets') or [dataset.get('dataset')]
        dataset = inner[0]
    if not dataset:
        raise ConfigError(f'{cfg.filename}: has no test_dataloader with a '
                          'pipeline',
                          hint='name the config of a training')
    return dataset


def _config_classes(cfg: Config) -> List[str]:
    """The classes that the test set of a config would have."""
    dataset = tested_dataset(cfg)
    reader = DATASETS.get(dataset['type'])
    space = dataset.get('label_space') or getattr(reader, 'LABEL_SPACE', None)
    if space:
        return list(LabelSpace.get(space).classes)
    classes = canonical_classes(dataset.get('metainfo', {}).get('classes'))
    if classes is None:
        raise ConfigError('neither the checkpoint nor the config tells the '
                          'names of the classes',
                          hint='set label_space of the dataset in the config')
    return classes
