# Copyright (c) mmfer contributors.
import pytest
import torch

from mmfer.models.augments import BatchAugments


@pytest.mark.parametrize('dtype, channel, level', [
    (torch.uint8, 2, 255), (torch.float32, 0, 0.)])
def test_motion_to_the_right_turns_round(dtype, channel, level):
    torch.manual_seed(0)
    images = torch.randint(0, 256, (16, 3, 6, 5)).to(dtype)
    done = BatchAugments([dict(type='BatchFlowFlip', channel=channel,
                               level=level)])(images).images
    mirrored = images.flip(3)
    mirrored[:, channel] = level - mirrored[:, channel]
    kinds = []
    for before, after, mirror in zip(images, done, mirrored):
        kinds.append(torch.equal(after, mirror))
        assert kinds[-1] or torch.equal(after, before)
    assert 0 < sum(kinds) < 16 and done.dtype == dtype


def test_bad_channel():
    with pytest.raises(ValueError, match='0, 1 or 2, got 3'):
        BatchAugments([dict(type='BatchFlowFlip', channel=3)])
