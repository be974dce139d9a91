# Copyright (c) mmfer contributors.
"""Clips in the pipeline: all frames alike, differences, packing."""
import random

import numpy as np
import pytest
import torch

from mmfer.datasets import SyntheticFER, fer_collate
from mmfer.datasets.transforms import (ClipTransform, DrawSyntheticFace,
                                       OnsetApexFrames, OnsetDifference,
                                       OpenSyntheticClip, PackClipInputs,
                                       ReadClip, UniformFrames)
from mmfer.registry import MODELS, TRANSFORMS


@pytest.fixture
def clip():
    random = np.random.default_rng(0)
    return random.integers(0, 256, (4, 20, 18, 3), dtype=np.uint8)


@pytest.mark.parametrize('transform', [
    dict(type='FaceAffine', shift=.2, scale=.2, rotate=30),
    dict(type='FaceFlip'), dict(type='FaceCrop', size=12),
    dict(type='FaceGaussianNoise', prob=1.),
    dict(type='ColorJitter', brightness=.5, contrast=.5, backend='cv2'),
], ids=lambda config: config['type'])
def test_all_frames_are_treated_alike(transform, clip):
    """As each frame by itself, from the same state of the generators; two
    clips are treated differently."""
    same = np.repeat(clip[:1], 4, 0)
    treat, alone = ClipTransform([transform]), TRANSFORMS.build(transform)
    seen = set()
    for seed in range(8):
        for module in (random, np.random):
            module.seed(seed)
        torch.manual_seed(seed)
        done = treat(dict(img=same))['img']
        after = random.random(), np.random.random(), torch.rand(()).item()
        assert (done == done[:1]).all()
        for module in (random, np.random):
            module.seed(seed)
        torch.manual_seed(seed)
        np.testing.assert_array_equal(
            alone(dict(img=clip[0].copy()))['img'], done[0])
        # The streams go on as after one picture.
        assert after == (random.random(), np.random.random(),
                         torch.rand(()).item())
        seen.add(done.tobytes())
    assert len(seen) > 1


def test_keys_are_those_of_the_first_frame(clip):
    points = np.array([[1., 2.]] * 5)
    done = ClipTransform([dict(type='FaceResize', size=10)])(
        dict(img=clip, gt_landmarks=points, subject='samm/006'))
    assert done['img'].shape == (4, 10, 10, 3)
    assert done['img_shape'] == (10, 10) and done['subject'] == 'samm/006'
    np.testing.assert_allclose(done['gt_landmarks'][0],
                               [1.5 * 10 / 18 - .5, 2.5 / 2 - .5])


def test_difference_to_onset(clip):
    done = OnsetDifference()(dict(img=clip))['img']
    assert done.shape == (3, 20, 18, 3) and done.dtype == np.float32
    np.testing.assert_array_equal(done[2], clip[3].astype(int) - clip[0])
    pair = OnsetDifference()(dict(img=clip[:2]))['img']
    np.testing.assert_array_equal(pair, done[0])


@pytest.mark.parametrize('dtype', ['uint8', 'float32'])
def test_packed_batch(clip, dtype):
    """What a video network gets: (N, C, T, H, W)."""
    clip = clip.astype(dtype)
    packed = [PackClipInputs()(dict(img=clip + k, gt_label=k, sample_idx=k,
                                    subject='smic/s01', source_set='smic'))
              for k in range(2)]
    batch = fer_collate(packed)
    assert batch['inputs'].shape == (2, 3, 4, 20, 18)
    assert str(batch['inputs'].dtype) == f'torch.{dtype}'
    sample = batch['data_samples'][1]
    assert (sample.subject, sample.source_set) == ('smic/s01', 'smic')
    processor = MODELS.build(dict(
        type='ClipDataPreprocessor', mean=[1, 2, 3], std=[4, 5, 6]))
    out = processor(batch)['inputs']
    assert out.dtype == torch.float32 and out.is_contiguous()
    wanted = (clip[2, ..., ::-1].astype(np.float32) - [1, 2, 3]) / [4, 5, 6]
    np.testing.assert_allclose(out[0, :, 2], np.moveaxis(wanted, -1, 0),
                               rtol=1e-5)
    picture = PackClipInputs()(dict(img=clip[0]))['inputs']
    assert picture.shape == (3, 20, 18)
    pictures = processor(dict(inputs=picture[None]))['inputs']
    torch.testing.assert_close(pictures[0], processor(
        dict(inputs=batch['inputs'][:1]))['inputs'][0, :, 0])


def test_bad_clips(clip):
    with pytest.raises(ValueError, match=r'wants clips .* \(20, 18, 3\)'):
        ClipTransform([])(dict(img=clip[0]))
    with pytest.raises(ValueError, match='two frames or more'):
        OnsetDifference()(dict(img=clip[:1]))
    with pytest.raises(KeyError, match='ReadClip or'):
        PackClipInputs()({})
    with pytest.raises(TypeError, match='float64'):
        PackClipInputs()(dict(img=clip / 2))
    with pytest.raises(ValueError, match=r'\(20, 18\)'):
        PackClipInputs()(dict(img=clip[0, ..., 0]))
    packed = [PackClipInputs()(dict(img=clip[:n])) for n in (3, 4)]
    processor = MODELS.build(dict(type='ClipDataPreprocessor'))
    with pytest.raises(ValueError, match='clips of several sizes.*one number '
                       'of frames'):
        processor(fer_collate(packed))


# -- drawn faces that move

FACES = dict(size=6, image_size=48, seed=3, sensor_noise=0.)


def drawn(choice, **kwargs):
    return SyntheticFER(
        pipeline=[OpenSyntheticClip(16), choice, ReadClip()],
        **{**FACES, **kwargs})


def test_synthetic_clip_has_exact_truth():
    results = drawn(UniformFrames(12))[1]
    onset, apex, offset = (results[k] for k in ('onset', 'apex', 'offset'))
    assert (onset, offset) == (2, 13) and 5 <= apex <= 9
    frames = results['frames']
    strength = frames.strength(range(16))
    assert strength[[0, 1, 2, 13, 14, 15]].tolist() == [0] * 6
    assert strength[apex] == 1 == strength.max()
    assert (np.diff(strength[2:apex + 1]) > 0).all()
    assert (np.diff(strength[apex:14]) < 0).all()
    still = SyntheticFER(pipeline=[DrawSyntheticFace()], **FACES)[1]
    np.testing.assert_array_equal(frames.read([apex])[0], still['img'])
    assert results['gt_label'] == still['gt_label']
    assert results['img_path'] == still['img_path']
    assert results['source_set'] == 'synthetic'


def test_synthetic_faces_move_to_the_apex_and_back():
    names, rises = set(), []
    for results in drawn(OnsetApexFrames()):
        onset, apex = results['img'].astype(float)
        offset = results['frames'].read([results['offset']])[0]
        np.testing.assert_array_equal(offset, onset)
        rises.append(np.abs(apex - onset).mean())
        names.add(results['face_name'])
    assert len(names) == 6 and (np.array(rises) > .3).sum() >= 4


def test_grain_of_synthetic_clips_changes():
    results = drawn(UniformFrames(12), sensor_noise=6.)[0]
    first, second = results['frames'].read([0, 1])  # both at rest
    assert (first != second).any()


def test_bad_synthetic_clip():
    with pytest.raises(ValueError, match='>= 8, got 7'):
        OpenSyntheticClip(7)
    with pytest.raises(KeyError, match='SyntheticFER.*OpenClip'):
        OpenSyntheticClip()(dict(img_path='a.png'))
