# Copyright (c) mmfer contributors.
"""Statistics of batch normalization measured on training samples."""
import random

import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from mmfer.engine.norm_calibration import calibrate_norms, training_batches


class _Preprocessor(nn.Module):

    def forward(self, data, training=False):
        assert training
        return dict(inputs=data)


class _Net(BaseModel):
    """Two normalizations in a part, one outside of it."""

    def __init__(self):
        super().__init__()
        self.data_preprocessor = _Preprocessor()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(),
            nn.Conv2d(4, 5, 3), nn.BatchNorm2d(5, affine=False),
            nn.Flatten(), nn.Linear(20, 6), nn.BatchNorm1d(6))
        self.head = nn.BatchNorm1d(6)

    def forward(self, inputs, mode='predict'):
        return self.head(self.backbone(inputs))


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = _Net()
    for module in model.modules():
        for name, value in (*module.named_parameters(recurse=False),
                            *module.named_buffers(recurse=False)):
            if value.is_floating_point() and value.ndim == 1:
                value.data.uniform_(0.5, 2.)
    return model


def test_function_stays_and_statistics_are_those_of_all_samples(model):
    x = torch.randn(50, 3, 6, 6)
    expected = model.eval()(x)
    others = [{k: v.clone() for k, v in part.state_dict().items()}
              for part in (model.head, model.backbone[4])]
    model.train()
    calibrate_norms(model, 'backbone', x.split(16))
    assert model.training
    model.eval()
    torch.testing.assert_close(model(x), expected)
    # The first one sees what the first convolution gives of all samples.
    maps = model.backbone[0](x).detach().double().numpy()
    maps = maps.transpose(1, 0, 2, 3).reshape(4, -1)
    norm = model.backbone[1]
    np.testing.assert_allclose(norm.running_mean, maps.mean(1), rtol=1e-5,
                               atol=1e-6)
    np.testing.assert_allclose(norm.running_var, maps.var(1), rtol=1e-5)
    # In training mode the same batch is normalized alike.
    whole = nn.Sequential(*model.backbone[:2])
    found = whole.train()(x)
    torch.testing.assert_close(found, whole.eval()(x), rtol=1e-2, atol=1e-3)
    for part, before in zip((model.head, model.backbone[4]), others):
        for key, value in part.state_dict().items():
            assert torch.equal(value, before[key]), key


def test_a_channel_without_variance_keeps_its_value(model):
    nn.init.zeros_(model.backbone[0].weight)
    x = torch.randn(8, 3, 6, 6)
    expected = model.eval()(x)
    calibrate_norms(model, 'backbone', [x])
    assert not model.backbone[1].running_var.any()
    torch.testing.assert_close(model(x), expected, rtol=1e-4, atol=1e-4)


def test_samples_are_spread_and_generators_restored():

    class Numbers(TensorDataset):

        def __getitem__(self, index):
            random.random(), np.random.rand(), torch.rand(1)
            return super().__getitem__(index)[0] + torch.rand(1)

        __getitems__ = None

    del Numbers.__getitems__
    loader = DataLoader(Numbers(torch.arange(1000.)), batch_size=7)
    states = random.random, np.random.rand, lambda: torch.rand(1).item()
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(5)
    expected = [draw() for draw in states]
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(5)
    batches = list(training_batches(loader, 100, seed=0))
    assert [draw() for draw in states] == expected
    assert [len(batch) for batch in batches] == [64, 36]
    rows = torch.cat(batches).floor().flatten()
    assert rows[0] == 0 and rows[-1] == 999
    assert set(rows.diff().tolist()) == {10., 11.}
    again = torch.cat(list(training_batches(loader, 100, seed=0)))
    assert torch.equal(again, torch.cat(batches))
    assert len(torch.cat(list(training_batches(loader, 5000, 0)))) == 1000
