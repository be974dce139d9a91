# Copyright (c) mmfer contributors.
"""Comparison with numbers that the released code of a method computed."""
import runpy

import pytest
import torch
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.apis import convert_state_dict
from mmfer.apis.converters.formats import FORMATS
from mmfer.structures import FERDataSample


class Golden:
    """One file of references and the weights behind it.

    Args:
        folder (Path): The folder of the files.
        name (str): The file without its ending.
        format (str): The converter.
    """

    def __init__(self, folder, name, format):
        path = folder / f'{name}.pt'
        if not path.is_file():
            pytest.skip(f'needs the parity references {path}')
        self.data = torch.load(path, weights_only=True)
        self.rule = runpy.run_path(folder / 'weights_rule.py')
        self.format = format
        self.source = self.rule['rebuild'](self.data['state_dict'])
        self.source.update(self.data['state_dict_overrides'])
        self.keys = FORMATS[format].keys(self.source)
        self.labels = self.data['inputs']['label']

    def images(self):
        return self.rule['images'](
            len(self.labels), self.data['meta']['seed'] + 1)

    def samples(self):
        return [FERDataSample().set_gt_label(int(i)) for i in self.labels]

    def model(self, **config):
        model = MODELS.build(dict(type='FERClassifier', **config))
        model.load_state_dict(convert_state_dict(self.format, self.source))
        return model

    def check_gradients(self, model, expected, rtol=1e-3):
        """Norms of all gradients; below 1e-4 they are rounding noise."""
        own, checked = dict(model.named_parameters()), 0
        for key, (norm, _) in expected.items():
            if norm < 1e-4:
                continue
            grad = own[self.keys[key]].grad
            assert float(grad.double().norm()) == pytest.approx(
                norm, rel=rtol), key
            checked += 1
        assert checked > len(expected) // 2

    def check_parameters(self, model, expected, grads, rtol=1e-4, atol=1e-5):
        """Norms and sums of all parameters and statistics.

        Adam turns rounding noise into steps of full length: parameters
        without a real gradient are left out.
        """
        own = model.state_dict()
        for key, (norm, total) in expected.items():
            if key in grads and grads[key][0] < 1e-4:
                continue
            value = own[self.keys[key]].double()
            assert float(value.norm()) == pytest.approx(
                norm, rel=rtol, abs=atol), key
            scale = value.numel()**0.5 * max(norm, 1e-3)
            assert float(value.sum()) == pytest.approx(
                total, abs=max(rtol * scale, atol)), key
