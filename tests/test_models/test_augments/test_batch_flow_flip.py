# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch

from mmfer.datasets.transforms import FaceFlip, FlowStrain
from mmfer.models.augments import BatchAugments


def run(images, targets=None, kind='BatchFlowFlip', **options):
    torch.manual_seed(0)
    return BatchAugments([dict(type=kind, **options)])(images, targets)


@pytest.mark.parametrize('dtype, options, total', [
    (torch.uint8, dict(), 255), (torch.float32, dict(), 255),
    (torch.float32, dict(channel=0, level=0), 0)])
def test_motion_to_the_right_turns_round(dtype, options, total):
    # All bytes, among them both ends.
    images = torch.arange(16 * 3 * 6 * 5).view(16, 3, 6, 5) % 256
    images = images.to(dtype)
    before = images.clone()
    done = run(images, **options)
    assert torch.equal(images, before) and done.images.dtype == dtype
    wanted = images.numpy().astype(float)
    for i in done.records['flip'].nonzero().flatten().tolist():
        for y, x, c in np.ndindex(6, 5, 3):
            value = float(images[i, c, y, 4 - x])
            wanted[i, c, y, x] = (total - value if c == options.get(
                'channel', 2) else value)
    np.testing.assert_array_equal(done.images, wanted)


@pytest.mark.parametrize('stretch, level', [(False, 0.), (True, 127.5)])
def test_is_face_flip_before_flow_strain(stretch, level):
    flow = np.random.default_rng(0).normal(size=(7, 9, 2)).astype(np.float32)
    strain = FlowStrain(stretch)

    def picture(**options):
        results = dict(img=flow.copy(), is_flow=True)
        img = strain(FaceFlip(**options)(results))['img']
        return torch.from_numpy(img).permute(2, 0, 1)[None]

    done = run(picture(prob=0.), prob=1., channel=0, level=level)
    torch.testing.assert_close(done.images, picture(prob=1.), rtol=0,
                               atol=1e-6)


def test_records_and_targets_are_those_of_a_flip():
    images = torch.randint(0, 256, (30, 3, 8, 10), dtype=torch.uint8)
    targets = dict(gt_landmarks=10 * torch.rand(30, 5, 2),
                   gt_mask=images[:, 0], gt_label=torch.arange(30))
    flow, face = run(images, targets), run(images, targets, 'BatchFlip')
    assert 5 < face.records['flip'].sum() < 25
    for name in ('flip', 'affine'):
        assert torch.equal(flow.records[name], face.records[name])
    for name in targets:
        assert torch.equal(flow.targets[name], face.targets[name])


def test_is_recorded_after_other_moves():
    images = torch.randint(0, 256, (20, 3, 8, 8), dtype=torch.uint8)
    twice = [dict(type='BatchFlip', prob=1.),
             dict(type='BatchFlowFlip', prob=1.)]
    done = BatchAugments(twice)(images)
    assert not done.records['flip'].any()
    assert torch.equal(done.records['affine'],
                       torch.eye(2, 3).expand(20, 2, 3))
    assert torch.equal(done.images[:, 2], 255 - images[:, 2])
    assert torch.equal(done.images[:, :2], images[:, :2])


def test_opposites_that_are_no_bytes_are_floats():
    images = torch.tensor([0, 1, 128, 255], dtype=torch.uint8)
    done = run(images.expand(1, 3, 1, 4), prob=1., level=128)
    assert done.images[0, 2, 0].tolist() == [1., 128., 255., 256.]
    assert done.images.dtype == torch.float32


def test_bad_arguments():
    with pytest.raises(ValueError, match='0, 1 or 2, got 3'):
        BatchAugments([dict(type='BatchFlowFlip', channel=3)])
    with pytest.raises(ValueError, match='prob'):
        BatchAugments([dict(type='BatchFlowFlip', prob=2.)])
