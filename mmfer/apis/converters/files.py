# Copyright (c) mmfer contributors.
"""Reading released files without running what they hold."""
import hashlib
import os
import pickle
from typing import Any, Dict, Mapping

import torch

from mmfer.checkpoints import safe_loading
from mmfer.engine.dlib_weights import read_dlib_resnet
from mmfer.errors import CheckpointError, ConfigError, MissingFileError

from ..outputs import writable_file
from .convert import convert_state_dict
from .formats import FORMATS

# What NumPy's arrays are made of in a pickle.
_ARRAY_PARTS = {
    ('numpy', 'ndarray'),
    ('numpy', 'dtype'),
    ('numpy.core.multiarray', '_reconstruct'),
    ('numpy._core.multiarray', '_reconstruct'),
    ('numpy.core.numeric', '_frombuffer'),
    ('numpy._core.numeric', '_frombuffer'),
}


def _encode(text: str, encoding: str = 'latin1') -> bytes:
    """How Python 3 writes the bytes of an array into old pickles."""
    if encoding != 'latin1':
        raise pickle.UnpicklingError(f'bytes encoded as {encoding!r} are no '
                                     'part of a NumPy array')
    return text.encode('latin1')


class ArrayUnpickler(pickle.Unpickler):
    """An unpickler that admits plain containers of NumPy arrays only."""

    def find_class(self, module: str, name: str) -> Any:
        """Look up a part of an array, refuse everything else.

        Raises:
            pickle.UnpicklingError: If it is no part of an array.
        """
        if (module, name) == ('_codecs', 'encode'):
            return _encode
        if (module, name) not in _ARRAY_PARTS:
            raise pickle.UnpicklingError(f'{module}.{name} is no part of a '
                                         'NumPy array')
        return super().find_class(module, name)


def read_released_file(path: str) -> Mapping[str, Any]:
    """What a released file holds, read in safe mode.

    Args:
        path (str): A checkpoint of PyTorch; or, ending in ``.pkl``, a pickle
            of NumPy arrays; or, ending in ``.dat``, the face recognition
            network of dlib.

    Raises:
        FileNotFoundError: If there is no such file.
        CheckpointError: If a checkpoint holds more than plain data, or is
            damaged.
        ValueError: If a pickle does.
    """
    if not os.path.isfile(path):
        raise MissingFileError(f'{path}: no such file',
                               hint='check the path')
    try:
        if path.endswith('.dat'):
            return read_dlib_resnet(path)
        if path.endswith('.pkl'):
            with open(path, 'rb') as file:
                return ArrayUnpickler(file, encoding='latin1').load()
        with safe_loading(path):
            return torch.load(path, map_location='cpu')
    except CheckpointError:
        raise
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError,
            TypeError, KeyError, IndexError, AttributeError,
            ImportError) as error:
        reason = str(error).split('\n')[0]
        raise ConfigError(f'{path} was not read: {reason}. Only files of '
                          'weights are read, as they may hold programs',
                          hint='download the file again; if you '
                          'trust it, save its state dict alone '
                          'with torch.save') from error


def convert_file(format: str, source: str, target: str) -> Dict[str, Any]:
    """Convert a released file into a checkpoint of this project.

    Args:
        format (str): One of ``FORMATS``.
        source (str): The released file.
        target (str): The file to write.

    Returns:
        dict: The meta information written: ``format``, ``released_by``,
        ``licence``, ``preprocessing``, ``source_file``, ``source_sha256``.
    """
    writable_file(target)
    state = convert_state_dict(format, read_released_file(source))
    with open(source, 'rb') as file:
        sha256 = hashlib.sha256(file.read()).hexdigest()
    kind = FORMATS[format]
    meta = dict(
        format=format,
        released_by=kind.source,
        licence=kind.licence,
        preprocessing=kind.preprocessing,
        source_file=os.path.basename(source),
        source_sha256=sha256)
    torch.save(dict(state_dict=state, meta=meta), target)
    return meta
