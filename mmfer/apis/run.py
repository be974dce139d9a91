# Copyright (c) mmfer contributors.
"""From a config file to a runner, as ``tools/train.py`` and others do it."""
import inspect
import os.path as osp
import re
from copy import deepcopy
from datetime import timedelta
from difflib import get_close_matches
from math import inf
from numbers import Real
from sys import float_info
from typing import Any, Dict, Iterable, Iterator, Optional, Tuple
from urllib.error import URLError

import torch
import torch.distributed as torch_dist
from mmengine.config import Config, ConfigDict
from mmengine.hub import get_config
from mmengine.registry import RUNNERS
from mmengine.runner import CheckpointLoader, Runner

from mmfer.compat import require_accelerator
from mmfer.errors import CheckpointError, ConfigError, MissingFileError

from .outputs import require_display, writable_folder

_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
# Top-level settings that a config need not mention to have them set.
_KNOWN_KEYS = tuple(inspect.signature(Runner).parameters) + (
    'custom_imports', 'find_unused_parameters', 'init_weights',
    'model_wrapper_cfg', 'runner_type', 'strategy', 'sync_bn', 'tta_model',
    'tta_pipeline')
# Key, wherever it occurs -> type, least and greatest value, what it must be.
_NUMBERS = dict(
    batch_size=(int, 1, inf, 'is no whole number above 0'),
    lr=(Real, 0, float_info.max, 'is no finite number from 0 up'),
    max_epochs=(int, 1, inf, 'is no whole number above 0'),
    max_iters=(int, 1, inf, 'is no whole number above 0'),
    num_workers=(int, 0, inf, 'is no whole number from 0 up'),
    seed=(int, 0, 2**32 - 1, 'is no whole number from 0 to 4294967295'))


def load_config(path: str,
                cfg_options: Optional[Dict[str, Any]] = None) -> Config:
    """Read a config file, or ``package::path`` of an installed package.

    Args:
        path (str): The file.
        cfg_options (dict, optional): Dotted keys and values laid over it.
            Defaults to None.

    Raises:
        FileNotFoundError: If there is no such file.
        ConfigError: If it cannot be parsed, or an option does not fit it.
    """
    if '::' not in path and not osp.isfile(path):
        raise MissingFileError(f'{path}: no such config',
                               hint='check the path; those that come with '
                               'mmfer lie in configs/')
    try:
        cfg = get_config(path) if '::' in path else Config.fromfile(path)
    except SyntaxError as error:
        raise ConfigError(f'{path}: not valid Python: {error}',
                          hint='correct that line') from error
    except (KeyError, AssertionError, ModuleNotFoundError, OSError) as error:
        raise ConfigError(f'{path}: {error}',
                          hint='correct the path, the config or '
                          'its _base_') from error
    except Exception as error:  # a config is a program
        raise ConfigError(f'{path}: {type(error).__name__}: {error}',
                          hint='correct the config') from error
    apply_options(cfg, cfg_options or {})
    return cfg


def prepare_config(cfg: Config,
                   cfg_options: Optional[Dict[str, Any]] = None,
                   work_dir: Optional[str] = None,
                   launcher: str = 'none',
                   pin_memory: bool = True,
                   persistent_workers: bool = True) -> Config:
    """Lay options over a config and fill in what this machine decides.

    Loaders pin memory only for CUDA and keep workers only if there are some;
    several processes without CUDA are set up to talk by gloo.

    Args:
        cfg (Config): The config; changed in place.
        cfg_options (dict, optional): Dotted keys and values laid over it.
            Defaults to None.
        work_dir (str, optional): The folder of the run. Defaults to None, the
            config's own or ``work_dirs/NAME``.
        launcher (str): What started several processes. Defaults to
            ``'none'``.
        pin_memory (bool): False switches it off. Defaults to True.
        persistent_workers (bool): False switches it off. Defaults to True.

    Returns:
        Config: ``cfg``.

    Raises:
        ConfigError: If an option does not fit the config.
        AcceleratorError: If ``AmpOptimWrapper`` is asked for without one.
    """
    apply_options(cfg, cfg_options or {})
    name = osp.splitext(osp.basename(cfg.filename or 'config'))[0]
    cfg.work_dir = work_dir or cfg.get('work_dir') or osp.join(
        'work_dirs', name)
    cfg.launcher = launcher
    for key in _LOADERS:
        if cfg.get(key):
            _complete_loader(cfg[key], pin_memory, persistent_workers)
    if 'AmpOptimWrapper' in str((cfg.get('optim_wrapper') or {}).get('type')):
        require_accelerator()
    if launcher != 'none' and not torch.cuda.is_available():
        _prepare_gloo(cfg)
    return cfg


def check_values(cfg: Config) -> None:
    """Refuse values that no run can use, wherever they came from.

    Args:
        cfg (Config): The config.

    Raises:
        ConfigError: If a seed, batch size, number of workers, epochs or
            iterations, or a learning rate is out of range, or a text holds
            a NUL byte; it names the key and the value.
    """
    for path, value in _leaves(cfg._cfg_dict):
        key = path.rpartition('.')[2]
        if isinstance(value, str):
            problem = '\0' in value and 'holds a NUL byte'
        elif key in _NUMBERS:
            kind, least, most, problem = _NUMBERS[key]
            # None, or a text that the program reads as it likes, stays.
            if not isinstance(value, Real) or (
                    type(value) is not bool and isinstance(value, kind)
                    and least <= value <= most):
                continue
        else:
            continue
        if problem:
            raise ConfigError(f'{path}={value!r} {problem}',
                              hint='correct it in the config or by '
                              f'--cfg-options {path}=VALUE')


def _leaves(node: Any, path: str = '') -> Iterator[Tuple[str, Any]]:
    """The dotted path and value of all that is no dict, list or tuple."""
    if isinstance(node, dict):
        items: Iterable = node.items()
    elif isinstance(node, (list, tuple)):
        items = enumerate(node)
    else:
        yield path, node
        return
    for key, value in items:
        yield from _leaves(value, f'{path}.{key}' if path else str(key))


def _complete_loader(loader: ConfigDict, pin_memory: bool,
                     persistent_workers: bool) -> None:
    loader.setdefault('collate_fn', dict(type='default_collate'))
    loader.setdefault('pin_memory', torch.cuda.is_available())
    loader.setdefault('persistent_workers', True)
    loader.pin_memory &= pin_memory
    loader.persistent_workers &= persistent_workers and bool(
        loader.get('num_workers', 0))


def _prepare_gloo(cfg: Config) -> None:
    """Let several processes train on a machine without CUDA.

    The runner would bind each process to a CUDA device, and hand device
    numbers to the wrapper of the model.
    """
    if cfg.launcher != 'pytorch':
        raise ConfigError(f'--launcher {cfg.launcher} needs CUDA, and torch '
                          'sees none here',
                          hint='use tools/dist_train.sh or '
                          'tools/dist_test.sh, which work on the CPU')
    wrapper = cfg.get('model_wrapper_cfg') or dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False))
    wrapper.setdefault('device_ids', None)
    cfg.model_wrapper_cfg = wrapper
    if cfg.get('strategy', {}).get('type') == 'FSDPStrategy':
        cfg.strategy.setdefault(
            'model_wrapper', dict(type='MMFullyShardedDataParallel'))
        cfg.strategy.model_wrapper.setdefault('device_id', 'cpu')
    if not torch_dist.is_initialized():
        dist_cfg = cfg.get('env_cfg', {}).get('dist_cfg', {})
        torch_dist.init_process_group(
            'gloo', timeout=timedelta(seconds=dist_cfg.get('timeout', 1800)))


def apply_options(cfg: Config, options: Dict[str, Any]) -> None:
    """Lay dotted keys and values over a config.

    Args:
        cfg (Config): The config; changed in place.
        options (Dict[str, Any]): The keys and values.

    Raises:
        ConfigError: If one does not fit the config, or the config then
            holds a value that no run can use, see :func:`check_values`.
    """
    check_options(cfg, options)
    try:
        cfg.merge_from_dict(options)
    # AttributeError: a number in a list, which MMEngine cannot replace.
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ConfigError(f'--cfg-options {options} does not fit the config: '
                          f'{error}',
                          hint='compare with the config, which '
                          '"mmengine.Config.fromfile(path).pretty_text" '
                          'prints whole') from error
    check_values(cfg)


def loader_of(cfg: Config, split: str) -> ConfigDict:
    """The data loader of a split.

    Args:
        cfg (Config): A config.
        split (str): ``'train'``, ``'val'`` or ``'test'``.

    Raises:
        ConfigError: If the config has none.
    """
    loader = cfg.get(f'{split}_dataloader')
    if not loader:
        raise ConfigError(f'{cfg.filename}: it has no {split}_dataloader',
                          hint='name a config that has one, or another split')
    return loader


def check_options(cfg: Config, options: Iterable[str]) -> None:
    """Refuse dotted keys that are most likely misspelt.

    A key may name something that the config does not mention, such as a
    default of a class; but not an unknown top-level setting, nor something
    that the config spells almost alike.

    Raises:
        ConfigError: If a key is refused; tells the nearest known one.
    """
    for option in options:
        node: Any = cfg._cfg_dict
        parts = option.split('.')
        for depth, part in enumerate(parts):
            if not isinstance(node, dict):  # a list, or a value to replace
                break
            if part in node:
                node = node[part]
                continue
            near = [key for key in node if _plain(key) == _plain(part)]
            if depth == 0 and part in _KNOWN_KEYS:
                break
            if not near and (depth == 0 or depth < len(parts) - 1):
                known = [*node, *_KNOWN_KEYS] if depth == 0 else list(node)
                near = get_close_matches(part, known, 1, 0.8)
            if near or depth == 0:
                where = '.'.join(parts[:depth]) or 'the config'
                raise ConfigError(
                    f'--cfg-options {option}: {where} has no {part!r}',
                    hint=f'did you mean {near[0]!r}?' if near else
                    f'use one of {sorted(node)}')
            break


def _plain(key: Any) -> str:
    return re.sub('[_-]', '', str(key)).lower().rstrip('s')


def set_training(cfg: Config,
                 resume: Optional[str] = None,
                 amp: bool = False,
                 validate: bool = True,
                 auto_scale_lr: bool = False) -> None:
    """Lay the options of ``tools/train.py`` over a config.

    Args:
        cfg (Config): The config; changed in place.
        resume (str, optional): A checkpoint to resume from, or ``'auto'``
            for the latest in the work folder. Defaults to None.
        amp (bool): Whether to train in float16 with loss scaling. Defaults
            to False.
        validate (bool): Whether to validate. Defaults to True.
        auto_scale_lr (bool): Whether to scale the learning rate by the real
            batch size. Defaults to False.

    Raises:
        FileNotFoundError: If the checkpoint is missing.
        ConfigError: If the config has no batch size to scale from.
    """
    if not validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    if amp:
        require_accelerator()
        if cfg.optim_wrapper.get('type') == 'AutocastOptimWrapper':
            cfg.optim_wrapper.update(enabled=True, dtype='float16')
        else:
            cfg.optim_wrapper.type = 'AmpOptimWrapper'
            cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')
    if resume:
        cfg.resume = True
        cfg.load_from = None if resume == 'auto' else check_file(resume)
    if auto_scale_lr:
        if not cfg.get('auto_scale_lr', {}).get('base_batch_size'):
            raise ConfigError('--auto-scale-lr: the config does not say for '
                              'which batch size its learning rate is',
                              hint='--cfg-options '
                              'auto_scale_lr.base_batch_size=64')
        cfg.auto_scale_lr.enable = True


def set_testing(cfg: Config,
                checkpoint: str,
                amp: bool = False,
                tta: bool = False) -> None:
    """Lay the options of ``tools/test.py`` over a config.

    Args:
        cfg (Config): The config; changed in place.
        checkpoint (str): The checkpoint, a path or URL.
        amp (bool): Whether to test in mixed precision. Defaults to False.
        tta (bool): Whether to average over the config's ``tta_pipeline``, or
            over a picture and its mirror if it has none. Defaults to False.

    Raises:
        FileNotFoundError: If the checkpoint is missing.
    """
    cfg.load_from = check_file(checkpoint)
    cfg.resume = False
    # It would build the training data before a test.
    cfg.custom_hooks = [
        hook for hook in cfg.get('custom_hooks', [])
        if hook['type'] != 'EarlyStoppingHook'
    ]
    if amp:
        cfg.test_cfg.fp16 = True
    if tta:
        pipeline = cfg.test_dataloader.dataset.pipeline
        mirror = [dict(type='RandomFlip', prob=prob) for prob in (1., 0.)]
        flip = dict(type='TestTimeAug', transforms=[mirror, [pipeline[-1]]])
        default = deepcopy(pipeline[:-1]) + [flip]
        cfg.test_dataloader.dataset.pipeline = cfg.get(
            'tta_pipeline') or default
        wrapper = cfg.get('tta_model') or dict(type='AverageClsScoreTTA')
        cfg.model = ConfigDict(**wrapper, module=cfg.model)


def set_drawing(cfg: Config,
                show: bool = False,
                show_dir: Optional[str] = None,
                interval: int = 1,
                wait_time: float = 2) -> None:
    """Draw predictions while testing, in a window or into a folder.

    Raises:
        ConfigError: If the config has no visualization hook.
        OutputError: If there is no display, or the folder cannot be written.
    """
    if 'visualization' not in cfg.get('default_hooks', {}):
        raise ConfigError('--show, --show-dir: the config has no hook that '
                          'draws',
                          hint='add default_hooks = '
                          "dict(visualization=dict(type='VisualizationHook'))")
    if show:
        require_display('--show-dir')
    if show_dir:
        writable_folder(show_dir)
    cfg.default_hooks.visualization.update(
        enable=True,
        show=show,
        out_dir=show_dir,
        interval=interval,
        wait_time=wait_time)


def check_file(path: str) -> str:
    """``path``, if it is a URL that can be fetched or an existing file.

    Raises:
        FileNotFoundError: If it is neither.
        CheckpointError: If the URL cannot be fetched.
    """
    if '://' in path:
        read_checkpoint(path)  # kept on disk from then on
    elif osp.isdir(path):
        raise MissingFileError(f'{path}: a folder, no checkpoint',
                               hint='name a file in it that ends in .pth')
    elif not osp.isfile(path):
        raise MissingFileError(f'{path}: no such checkpoint',
                               hint='check the path; training writes them '
                               'to its --work-dir')
    return path


def read_checkpoint(path: str) -> Dict[str, Any]:
    """What a checkpoint holds, on the CPU.

    Args:
        path (str): A file or URL.

    Raises:
        FileNotFoundError: If there is no such file.
        CheckpointError: If it cannot be read or fetched.
    """
    if '://' not in path:
        check_file(path)
    try:
        return CheckpointLoader.load_checkpoint(path, map_location='cpu')
    except URLError as error:
        raise CheckpointError(f'{path}: cannot be fetched ({error.reason})',
                              hint='check the network, or name a '
                              'file on this machine') from None


def build_runner(cfg: Config) -> Runner:
    """Build the runner of a config.

    From then on, numbers too small for full precision count as zero on the
    CPU, which computes with them many times more slowly.

    Raises:
        OutputError: If its work folder cannot be written.
    """
    writable_folder(cfg.work_dir)
    torch.set_flush_denormal(True)
    if 'runner_type' in cfg:
        return RUNNERS.build(cfg)
    return Runner.from_cfg(cfg)
