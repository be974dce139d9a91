# Copyright (c) mmfer contributors.
"""Checkpoint files: complete, safe to read, compared with their checksums,
and found by ``--resume``.

:func:`fix_checkpoints` makes MMEngine write, find and read them this way.
"""
import errno
import logging
import os
import os.path as osp
import re
import zipfile
from contextlib import contextmanager
from importlib import import_module
from threading import RLock
from typing import Any, Callable, Dict, Iterator, List, Optional

from mmfer.errors import CheckpointError, first_line
from mmfer.files import atomic_write

# Safe loading changes the environment of the process.
_LOADING = RLock()


def fix_checkpoints() -> None:
    """Apply everything in this module to MMEngine."""
    _fix_loading()
    _fix_finding()
    _fix_writing()
    _fix_rotation()


# -- torch 2.6 reads plain data only, and MMEngine's checkpoints also hold the
# -- history of logged values and NumPy numbers.


def _known_method(owner: Any, name: str) -> Callable:
    """Stands for getattr in checkpoints: two classes of MMEngine keep some
    of their own methods in their state."""
    from mmengine.logging import HistoryBuffer
    from mmengine.optim import OneCycleParamScheduler
    known = ((HistoryBuffer, ('min', 'max', 'mean', 'current')),
             (OneCycleParamScheduler, ('_annealing_cos', '_annealing_linear')))
    if not any(owner is cls and name in names for cls, names in known):
        raise ValueError(f'GLOBAL builtins.getattr of {owner!r}, {name!r}')
    return getattr(owner, name)


def safe_types() -> List[Any]:
    """Return what a checkpoint of MMEngine may hold in addition to tensors.

    Returns:
        list: Types, and pairs of a function and the name it stands for.
    """
    import numpy as np
    from mmengine.logging import HistoryBuffer
    from mmengine.optim import OneCycleParamScheduler
    multiarray = getattr(np, '_core', None) or np.core
    multiarray = multiarray.multiarray
    codes = np.typecodes['AllInteger'] + np.typecodes['AllFloat'] + '?U'
    types = [HistoryBuffer, OneCycleParamScheduler, np.ndarray, np.dtype]
    types += [type(np.dtype(code)) for code in codes]
    types.append((_known_method, 'builtins.getattr'))
    for core in ('numpy.core', 'numpy._core'):
        for name in ('_reconstruct', 'scalar'):
            types.append(
                (getattr(multiarray, name), f'{core}.multiarray.{name}'))
    return types


def compare_checksums(file: Any) -> bool:
    """Compare the content of a checkpoint with the checksums in it.

    ``torch.save`` writes a zip file with a CRC-32 of every tensor, and
    ``torch.load`` does not read them, so that a flipped bit becomes a wrong
    weight. Comparing a file of 1 GB took 1.3 to 2.0 s, loading it 2.5 to
    3.0 s, on one core of a busy machine.

    Args:
        file (str, Path or file object): A checkpoint; a file object is left
            at its position.

    Returns:
        bool: Whether there are checksums. Files of torch before 1.6, and
        pickles, have none.

    Raises:
        CheckpointError: If a checksum differs.
        zipfile.BadZipFile: If the structure of the file is damaged.
    """
    if not hasattr(file, 'read'):
        with open(file, 'rb') as stream:
            return compare_checksums(stream)
    start = file.tell()
    try:
        if file.read(4) != b'PK\x03\x04':
            return False
        with zipfile.ZipFile(file) as members:
            damaged = members.testzip()
    finally:
        file.seek(start)
    if damaged is not None:
        raise CheckpointError(
            f'{getattr(file, "name", "the checkpoint")}: {damaged} in it '
            'does not match its checksum, the file was damaged on disk or '
            'while it was copied',
            hint='copy or download it again, or take an earlier one')
    return True


@contextmanager
def safe_loading(path: str) -> Iterator[None]:
    """A context in which ``torch.load`` reads plain data that match their
    checksums, whoever calls it.

    Args:
        path (str): The checkpoint, named in errors.

    Raises:
        CheckpointError: If the file is damaged or holds anything else.
    """
    import torch
    from mmengine.logging import print_log
    names = 'TORCH_FORCE_WEIGHTS_ONLY_LOAD', 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'

    def load_compared(file: Any, *args: Any, **kwargs: Any) -> Any:
        if not compare_checksums(file):
            print_log(f'{path}: this file has no checksums (it is of torch '
                      'before 1.6), so damage may go unnoticed', 'current')
        return load(file, *args, **kwargs)

    with _LOADING:
        load, torch.load = torch.load, load_compared
        before = {name: os.environ.pop(name, None) for name in names}
        os.environ[names[0]] = '1'
        try:
            with torch.serialization.safe_globals(safe_types()):
                yield
        except Exception as error:
            raise _explained(error, path) from None
        finally:
            torch.load = load
            os.environ.pop(names[0])
            os.environ.update(
                {k: v for k, v in before.items() if v is not None})


def _explained(error: Exception, path: str) -> Exception:
    """Return what is raised for an error in loading a checkpoint."""
    # A truncated file can be an invalid argument to torch.
    if isinstance(error, CheckpointError) or isinstance(
            error, OSError) and error.errno != errno.EINVAL:
        return error
    foreign = re.search(r'GLOBAL (\S+)', str(error))
    if foreign:
        return CheckpointError(
            f'{path}: this checkpoint holds {foreign[1]}, which is not plain '
            'data; nothing in it was executed',
            hint='save only its state_dict again, where the file is trusted')
    reason = first_line(error)
    if reason.startswith('Weights only'):  # advice that must not be taken
        reason = type(error).__name__
    return CheckpointError(f'{path}: this checkpoint cannot be read, it is '
                           f'damaged or not a checkpoint ({reason})',
                           hint='copy or download it again, or take an '
                           'earlier one')


def _fix_loading() -> None:
    """Load and resume checkpoints in safe mode, in a fork of MMEngine too."""
    import torch
    from mmengine.runner import CheckpointLoader, checkpoint
    load = CheckpointLoader.load_checkpoint

    def load_checkpoint(cls: type,
                        filename: str,
                        map_location: Optional[str] = None,
                        logger: str = 'current') -> dict:
        with safe_loading(filename):
            found = load(filename, map_location, logger)
        if not isinstance(found, dict):
            raise CheckpointError(f'{filename}: this file holds a '
                                  f'{type(found).__name__}, not a checkpoint',
                                  hint='name a file that training wrote')
        if not isinstance(found.get('state_dict', found), dict):
            raise CheckpointError(
                f'{filename}: its state_dict is a '
                f"{type(found['state_dict']).__name__}, not weights",
                hint='name a file that training wrote')
        return found

    CheckpointLoader.load_checkpoint = classmethod(load_checkpoint)
    if hasattr(checkpoint, '_safe_torch_load'):  # OneDL's, which falls back
        checkpoint._safe_torch_load = lambda *args, **kwargs: torch.load(
            *args, **kwargs)


# -- MMEngine opens a checkpoint and `last_checkpoint` for writing in place,
# -- writes an absolute path into the latter, and removes the outdated
# -- checkpoint before the new one exists.


def find_latest_checkpoint(path: str) -> Optional[str]:
    """Find the checkpoint from which a work folder is resumed.

    It is the one that ``last_checkpoint`` names, by a name relative to the
    folder or, written by MMEngine alone, by an absolute path. If that file is
    empty, names nothing, a damaged file, or a file in another folder although
    this one has checkpoints (it was copied), it is the readable checkpoint of
    this folder with the largest number in its name, and a warning says so.

    Args:
        path (str): The work folder.

    Returns:
        str or None: The checkpoint, None if the run has not written any.

    Raises:
        CheckpointError: If there were some and none can be read.
    """
    from mmengine.logging import print_log
    own = sorted(_numbered(path), key=_number, reverse=True)
    name, problem = _recorded(path)
    if '://' in name:  # of another storage
        return name
    if name and not problem:
        # A path relative to the current folder is MMEngine's, too.
        last = next((p for p in (osp.join(path, name), name)
                     if osp.exists(p)), None)
        if last is None:
            problem = f'names {name}, which does not exist'
        elif own and osp.realpath(osp.dirname(last)) != osp.realpath(path):
            problem = f'names {name}, which is not in this folder'
        elif not _is_readable(last):
            problem = f'names {name}, which is damaged'
        else:
            return last
    if not own and not name:
        print_log(f'{path}: there is no checkpoint to resume from', 'current')
        return None
    for checkpoint in own:
        if _is_readable(checkpoint):
            print_log(
                f'{osp.join(path, "last_checkpoint")} {problem}; resuming '
                f'from {checkpoint}, the latest that can be read', 'current',
                logging.WARNING)
            return checkpoint
    raise CheckpointError(
        f'{osp.join(path, "last_checkpoint")} {problem}, and no checkpoint '
        'in that folder can be read',
        hint='name a checkpoint (--resume PATH), or start again in another '
        'folder')


def _recorded(path: str) -> tuple:
    """Return what ``last_checkpoint`` says, and what is wrong with it."""
    try:
        with open(osp.join(path, 'last_checkpoint'), encoding='utf-8') as file:
            name = file.read().strip()
    except FileNotFoundError:
        return '', 'is missing'
    except UnicodeDecodeError:
        return '', 'is damaged'
    return name, '' if name else 'is empty'


def _numbered(path: str) -> List[str]:
    """Return the checkpoints in a folder that the best ones are not of."""
    if not osp.isdir(path):
        return []
    return [osp.join(path, name) for name in os.listdir(path)
            if re.search(r'_\d+\.pth$', name) and name[:5] != 'best_']


def _number(checkpoint: str) -> tuple:
    number = re.search(r'_(\d+)\.pth$', checkpoint)
    return int(number[1]), osp.getmtime(checkpoint)


def _is_readable(checkpoint: str) -> bool:
    """Whether a file is not empty and matches its checksums, or it is a
    folder, as some strategies write."""
    if osp.isdir(checkpoint):
        return True
    try:
        compare_checksums(checkpoint)
        return osp.getsize(checkpoint) > 0
    except Exception:  # of zipfile, zlib, struct and others
        return False


def _fix_finding() -> None:
    """Let all of MMEngine find checkpoints by
    :func:`find_latest_checkpoint`."""
    for module in ('mmengine.runner', 'mmengine.runner.checkpoint',
                   'mmengine.runner.runner',
                   'mmengine.runner._flexible_runner'):
        import_module(module).find_latest_checkpoint = find_latest_checkpoint


def _fix_writing() -> None:
    """Let MMEngine write local files such that they are complete or
    absent."""
    from mmengine.fileio.backends import LocalBackend

    def put(self: LocalBackend, obj: bytes, filepath: Any) -> None:
        filepath = osp.realpath(filepath)
        os.makedirs(osp.dirname(filepath), exist_ok=True)
        with atomic_write(filepath, 'wb') as file:
            file.write(obj)

    LocalBackend.put = put


def _best_checkpoints(hook: Any) -> Dict[str, Optional[str]]:
    """Return the best checkpoint by each metric of a ``CheckpointHook``; the
    metric is called ``''`` where there is one only."""
    if hasattr(hook, 'best_ckpt_path_dict'):
        return dict(hook.best_ckpt_path_dict)
    return {'': hook.best_ckpt_path} if hook.save_best else {}


def _set_best_checkpoint(hook: Any, metric: str, path: Optional[str]) -> None:
    if metric:
        hook.best_ckpt_path_dict[metric] = path
    else:
        hook.best_ckpt_path = path


def _remove_checkpoint(hook: Any, path: str) -> None:
    """Remove a checkpoint, or a folder as some strategies write; on the main
    process."""
    from mmengine.dist import is_main_process
    if not is_main_process():
        return
    if hook.file_backend.isfile(path):
        hook.file_backend.remove(path)
    elif hook.file_backend.isdir(path):
        hook.file_backend.rmtree(path)


def _fix_rotation() -> None:
    """Let ``CheckpointHook`` remove outdated checkpoints last, and record
    the latest by its name in the work folder.

    Before any file is touched it calls ``before_checkpoint(runner)`` of all
    hooks that have such a method, on all processes, where
    ``before_save_checkpoint`` runs on the main process only.
    """
    from mmengine.dist import is_main_process
    from mmengine.hooks import CheckpointHook
    start = CheckpointHook.before_train
    save = CheckpointHook._save_checkpoint
    save_best = CheckpointHook._save_best_checkpoint

    def before_train(self: CheckpointHook, runner: Any) -> None:
        start(self, runner)
        # The paths in a copied work folder are those of the original.
        for key, path in _best_checkpoints(self).items():
            if path:
                path = self.file_backend.join_path(
                    self.out_dir, osp.basename(path))
                _set_best_checkpoint(self, key, path)
                runner.message_hub.update_info(
                    f'best_ckpt_{key}' if key else 'best_ckpt', path)

    def save_checked(self: CheckpointHook, runner: Any) -> None:
        runner.call_hook('before_checkpoint')
        save(self, runner)

    def save_best_checked(self: CheckpointHook, runner: Any,
                          metrics: Dict[str, float]) -> None:
        if not self.save_best:
            return
        runner.call_hook('before_checkpoint')
        before = _best_checkpoints(self)
        for key in before:  # else MMEngine removes it before saving
            _set_best_checkpoint(self, key, None)
        save_best(self, runner, metrics)
        for key, path in _best_checkpoints(self).items():
            old = before.get(key)
            if path is None:
                _set_best_checkpoint(self, key, old)
            elif old and old != path:
                _remove_checkpoint(self, old)

    def save_with_step(self: CheckpointHook, runner: Any, step: int,
                       meta: dict) -> None:
        outdated = None
        if self.max_keep_ckpts > 0 and list(self.keep_ckpt_ids)[-1:] != [step]:
            if len(self.keep_ckpt_ids) == self.max_keep_ckpts:
                outdated = self.keep_ckpt_ids.popleft()
            self.keep_ckpt_ids.append(step)
            runner.message_hub.update_info(
                'keep_ckpt_ids', list(self.keep_ckpt_ids))
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            self.file_client_args,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args)
        if not is_main_process():
            return
        last = self.last_ckpt
        if '://' not in last:
            last = osp.relpath(last, runner.work_dir)
        record = osp.join(runner.work_dir, 'last_checkpoint')
        with atomic_write(record) as file:
            file.write(last)
        if outdated is not None:
            _remove_checkpoint(self, self.file_backend.join_path(
                self.out_dir, self.filename_tmpl.format(outdated)))

    CheckpointHook.before_train = before_train
    CheckpointHook._save_checkpoint = save_checked
    CheckpointHook._save_best_checkpoint = save_best_checked
    CheckpointHook._save_checkpoint_with_step = save_with_step
