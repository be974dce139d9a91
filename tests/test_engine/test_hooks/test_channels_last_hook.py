# Copyright (c) mmfer contributors.
import torch
from mmengine.runner import Runner

from ...toys import make_ferplus, small_config


def test_weights_and_maps_are_channels_last(tmp_path):
    root = make_ferplus(tmp_path / 'data', per_class=1)
    make_ferplus(root, 'valid', per_class=1)
    runner = Runner.from_cfg(small_config(root, tmp_path / 'run', epochs=1))
    seen = []
    runner.model.backbone.register_forward_hook(
        lambda m, i, out: seen.append(out[0].is_contiguous(
            memory_format=torch.channels_last)))
    runner.train()
    assert seen and all(seen)
    weight = runner.model.backbone.conv1.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
