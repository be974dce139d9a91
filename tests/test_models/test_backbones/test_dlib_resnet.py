# Copyright (c) mmfer contributors.
"""The residual network of dlib's face recognition."""
import pytest
import torch
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401


def _build(**config):
    torch.manual_seed(0)
    return MODELS.build(dict(type='DlibResNet', **config))


def _widths(size, pad, stages):
    model = _build(out_indices=range(stages), pad=pad)
    model.eval()
    with torch.no_grad():
        return [map.shape[-1] for map in model(torch.zeros(1, 3, size, size))]


def test_maps_of_released_geometry():
    # dlib: (n - 7) // 2 + 1, then (n - 3) // 2 + 1, then the wider of the
    # convolution and of the average.
    assert _widths(150, False, 5) == [35, 17, 8, 4, 2]


@pytest.mark.parametrize('size, widths', [(112, [28, 14, 7, 4, 2]),
                                          (96, [24, 12, 6, 3, 2]),
                                          (65, [17, 9, 5, 3, 2])])
def test_padding_halves_each_map_rounded_up(size, widths):
    assert _widths(size, True, 5) == widths


@pytest.mark.parametrize('stages, least', [(1, 11), (2, 19), (3, 31),
                                           (4, 55), (5, 103)])
def test_smallest_input_without_padding(stages, least):
    assert _widths(least, False, stages)[-1] >= 1
    with pytest.raises(ValueError, match=f'{least} px or more.*pad=True'):
        _widths(least - 1, False, stages)


def test_later_stages_are_not_built():
    number = [sum(p.numel() for p in _build(out_indices=out).parameters())
              for out in ((4, ), (3, ))]
    assert number == [5_578_272, 4_397_600]
    with pytest.raises(ValueError, match='from 0 to 4'):
        _build(out_indices=(5, ))


def test_shortcuts_add_the_average_and_zeros():
    block = _build(out_indices=(1, )).layers[1][0]
    for norm in (block.bn1, block.bn2):
        torch.nn.init.zeros_(norm.weight)
    block.eval()
    x = torch.rand(2, 32, 9, 7)
    out = block(x)
    assert out.shape == (2, 64, 4, 3)
    torch.testing.assert_close(out[:, :32, 1, 2], x[:, :, 2:4, 4:6].mean(
        (2, 3)))
    assert not out[:, 32:].any()


def test_frozen_stages_keep_weights_and_statistics():
    model = _build(out_indices=(2, ), frozen_stages=1)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    model.train()
    optimizer = torch.optim.SGD(
        [p for p in model.parameters() if p.requires_grad], lr=0.1)
    model(torch.rand(4, 3, 64, 64))[0].square().sum().backward()
    optimizer.step()
    changed = {k for k, v in model.state_dict().items()
               if not torch.equal(v, before[k])}
    frozen = {k for k in before if k.startswith(('conv1', 'bn1', 'layers.0'))}
    assert not changed & frozen
    assert changed == set(before) - frozen
