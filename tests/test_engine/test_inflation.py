# Copyright (c) mmfer contributors.
import torch
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.engine.hooks.init_weights_hook import load_part, state_of_part
from mmfer.engine.inflation import inflate_2d


def test_resnet_becomes_r3d():
    """Every tensor is found, and a still clip gives what the picture gave."""
    flat = MODELS.build(dict(
        type='ResNet', depth=18, base_channels=8, stem_channels=8))
    clips = MODELS.build(dict(type='R3D', depth=18, base_channels=8))
    state = {f'backbone.{k}': v for k, v in flat.state_dict().items()}
    state = inflate_2d(state_of_part(dict(state, other=torch.ones(1)),
                                     'backbone'), clips.state_dict())
    found = load_part(clips, state, 'backbone', 'a.pth')
    assert found == len(clips.state_dict())
    image = torch.randn(1, 3, 32, 32)
    still = image[:, :, None].expand(-1, -1, 9, -1, -1)
    torch.testing.assert_close(
        clips.conv1(still)[:, :, 4], flat.conv1(image), atol=1e-5, rtol=1e-4)
    assert torch.equal(clips.bn1.weight, flat.bn1.weight)
