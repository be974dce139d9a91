# Copyright (c) mmfer contributors.
"""What a reader of a result must know, gathered from a runner."""
import hashlib
import math
import os.path as osp
import platform
from typing import Any, Dict, Iterator, List, Optional

import mmengine
import mmpretrain
import numpy as np
import torch
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmfer.datasets.unwrap import leaf_datasets, wrapper_names
from mmfer.version import __version__
from .model_parts import bare_model


def plain(value: Any) -> Any:
    """``value`` in types that JSON and safe checkpoints know.

    Numbers that are not finite become None.
    """
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (np.ndarray, torch.Tensor, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def _transforms(pipeline: Any) -> Iterator[Any]:
    """Transforms of a pipeline and, after each, those that it wraps."""
    inner = getattr(pipeline, 'transforms', None) or ()
    if hasattr(inner, 'transforms'):
        yield from _transforms(inner)
        return
    for transform in inner:
        yield transform
        yield from _transforms(transform)


def align_recipe(dataset: Any) -> str:
    """How the faces of a dataset are cropped, ``'as distributed'`` where its
    pipeline holds no ``FaceAlign``."""
    recipes = [
        str(getattr(t, 'recipe', None) or repr(t))
        for t in _transforms(getattr(dataset, 'pipeline', None))
        if type(t).__name__ == 'FaceAlign'
    ]
    return ' > '.join(recipes) or 'as distributed'


def _leaf(dataset: Any) -> Dict[str, Any]:
    """The protocol of one reader, also of one that is not ours."""
    if hasattr(dataset, 'protocol'):
        info = dict(dataset.protocol())
    else:
        meta = getattr(dataset, 'metainfo', None) or {}
        classes = [str(c) for c in meta.get('classes') or ()]
        counts = None
        if classes and hasattr(dataset, 'get_gt_labels'):
            numbers = np.bincount(dataset.get_gt_labels(),
                                  minlength=len(classes))
            counts = dict(zip(classes, numbers.tolist()))
        info = dict(
            dataset=type(dataset).__name__,
            data_root=getattr(dataset, 'data_root', None),
            split=getattr(dataset, 'split', None)
            or getattr(dataset, 'ann_file', None)
            or str(getattr(dataset, 'data_prefix', None)),
            label_space='of the dataset',
            classes=classes,
            samples=len(dataset),
            class_counts=counts,
            official_counts=None)
    info['noise'] = info.get('noise') or 'none'
    info['align'] = info.get('align') or align_recipe(dataset)
    info['pipeline'] = [
        ' '.join(repr(t).split())
        for t in getattr(getattr(dataset, 'pipeline', None), 'transforms', ())
    ]
    return info


def describe_data(dataloader: DataLoader, world_size: int) -> Dict[str, Any]:
    """Everything about the data of a loop.

    Args:
        dataloader (DataLoader): The loader.
        world_size (int): The number of processes.
    """
    dataset, sampler = dataloader.dataset, dataloader.sampler
    batch = dataloader.batch_size or getattr(dataloader.batch_sampler,
                                             'batch_size', None)
    settings = {
        key: value
        for key, value in vars(sampler).items()
        if isinstance(value, (bool, int, float, str)) and key not in
        ('rank', 'epoch', 'world_size') and not key.startswith('_')
    }
    return plain(
        dict(
            sets=[_leaf(leaf) for leaf in leaf_datasets(dataset)],
            wrappers=wrapper_names(dataset),
            samples=len(dataset),
            sampler=dict(type=type(sampler).__name__, **settings),
            batch_size=batch,
            world_size=world_size,
            num_workers=dataloader.num_workers))


def split_names(data: Optional[Dict[str, Any]]) -> List[str]:
    """``DATASET/SPLIT`` of every set in :func:`describe_data`'s result, and
    whose samples it holds if not everyone's."""
    return [
        f"{s['dataset']}/{s.get('split')}" +
        (f", subjects {s['subjects']}" if s.get('subjects') else '')
        for s in (data or {}).get('sets', ())
    ]


def _pretrained(cfg: Any, place: str = '') -> Iterator[str]:
    """Places in a model config that ask for pretrained weights."""
    if isinstance(cfg, dict):
        if cfg.get('type') == 'Pretrained':
            yield f"{place}: {cfg.get('checkpoint')}"
        elif cfg.get('pretrained'):
            yield f"{place or 'model'}: pretrained={cfg['pretrained']}"
        for key, value in cfg.items():
            yield from _pretrained(value, f'{place}.{key}' if place else key)
    elif isinstance(cfg, (list, tuple)):
        for value in cfg:
            yield from _pretrained(value, place)


def file_sha256(path: str) -> Optional[str]:
    """The SHA-256 of a local file, None where there is none."""
    if not osp.isfile(path):
        return None
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        for chunk in iter(lambda: file.read(1 << 20), b''):
            digest.update(chunk)
    return digest.hexdigest()


def describe_weights(runner: Runner) -> Dict[str, Any]:
    """The weights a training run starts from, and where they come from.

    A resumed run tells where it once started, as far as the checkpoint knows.
    """
    told = runner.message_hub.get_info('init_weights')
    if isinstance(told, dict) and told.get('source') == 'random':
        return dict(source='random', info='on purpose: init_weights=random')
    if isinstance(told, dict):
        rest = {k: v for k, v in told.items() if k not in ('source', 'sha256')}
        return plain(
            dict(source='init_weights',
                 path=told.get('source'),
                 sha256=told.get('sha256'),
                 info=', '.join(f'{k} {v}' for k, v in rest.items())))
    if runner._load_from is not None:
        return checkpoint_weights(
            runner, 'resume' if runner._resume else 'load_from')
    places = list(_pretrained(runner.cfg.get('model')))
    if places:
        return dict(source='init_cfg', info='; '.join(places))
    return dict(source='random', info='no initial weights are configured')


def checkpoint_weights(runner: Runner, source: str) -> Dict[str, Any]:
    """The checkpoint that a runner was told to load."""
    path = str(runner._load_from)
    return dict(source=source, path=path, sha256=file_sha256(path))


def describe_selection(runner: Runner,
                       val: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """By what rule a checkpoint is chosen, and on which split."""
    hook = next((h for h in runner.hooks if isinstance(h, CheckpointHook)),
                None)
    keys = list(getattr(hook, 'key_indicators', None) or ())
    if not keys or val is None:
        return dict(rule='last epoch', metric=None, on=[])
    better = dict(zip(keys, hook.rules))
    return dict(
        rule='best epoch',
        metric=keys[0],
        better=better[keys[0]] or 'greater',
        on=split_names(val))


def _augments(preprocessor: Any, name: str) -> List[str]:
    """What is done to whole batches under this name, if anything."""
    augments = getattr(getattr(preprocessor, name, None), 'augments', ())
    return [' '.join(repr(augment).split()) for augment in augments]


def describe_run(runner: Runner, loop: Any) -> Dict[str, Any]:
    """Model, randomness, precision and versions.

    A hook with a method ``protocol`` adds to it, in training, what it does to
    the run.

    Args:
        runner (Runner): The runner.
        loop (BaseLoop): The loop that is about to run.
    """
    wrapper = runner.optim_wrapper
    model = bare_model(runner.model)
    parts = [type(model).__name__] + [
        type(getattr(model, name)).__name__
        for name in ('backbone', 'neck', 'head') if getattr(
            model, name, None) is not None
    ]
    precision = 'float16 autocast' if getattr(loop, 'fp16',
                                              False) else 'float32'
    if loop is runner._train_loop:
        dtype = getattr(wrapper, 'dtype', getattr(wrapper, 'cast_dtype', None))
        precision = type(wrapper).__name__ + (f', {dtype}' if dtype else '')
    stated = {}
    if loop is runner._train_loop:
        for hook in runner.hooks:
            if hasattr(hook, 'protocol'):
                stated.update(hook.protocol(runner))
    return plain(
        dict(
            model=' > '.join(parts),
            augments=_augments(model.data_preprocessor, 'augments'),
            second_view=_augments(model.data_preprocessor, 'second_view'),
            **stated,
            config=runner.cfg.filename,
            seed=runner.seed,
            deterministic=runner.deterministic,
            precision=precision,
            versions=dict(
                mmfer=__version__,
                torch=torch.__version__,
                mmengine=mmengine.__version__,
                mmpretrain=mmpretrain.__version__,
                numpy=np.__version__,
                python=platform.python_version())))


def differences(old: Any, new: Any, place: str = '') -> List[str]:
    """What differs between two blocks, as ``place: old -> new``."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            line for key in dict.fromkeys([*old, *new])
            for line in differences(old.get(key), new.get(key),
                                    f'{place}.{key}' if place else key)
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(
            new):
        return [
            line for i, (a, b) in enumerate(zip(old, new))
            for line in differences(a, b, f'{place}[{i}]')
        ]
    return [] if old == new else [f'{place}: {old} -> {new}']
