# Copyright (c) mmfer contributors.
"""Optical flow, its strain, its cache, and what moving pixels does to it."""
import math

import cv2
import numpy as np
import pytest

from mmfer.datasets import SyntheticFER
from mmfer.datasets.transforms import (ClipTransform, FaceAffine, FaceFlip,
                                       FaceResize, FlowStrain,
                                       OnsetApexFrames, OnsetApexOffsetFrames,
                                       OpenClip, OpenSyntheticClip, ReadFlow,
                                       StandardizeFlow)
from mmfer.datasets.transforms.clips.frame_source import open_frames
from mmfer.datasets.transforms.clips.optical_flow import (flow_from_first,
                                                          strain)
from mmfer.structures import ImageError
from ....clip_toys import write_frames

SHIFT = (2., -1.)


def texture(number, size):
    """A soft pattern that moves by ``SHIFT`` a frame."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    x, y = x - SHIFT[0] * number, y - SHIFT[1] * number
    wave = np.sin(x / 3) + np.cos(y / 4) + np.sin((x + y) / 5)
    grey = (127 + 40 * wave).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, 2)


@pytest.fixture
def clip(tmp_path):
    path = write_frames(tmp_path / 'clip', range(3), size=64, make=texture)
    return dict(clip_path=path, onset=0, apex=1, offset=2)


def flow_of(clip, choice=OnsetApexFrames(), **kwargs):
    return ReadFlow(**kwargs)(choice(OpenClip()(clip)))


@pytest.mark.parametrize('method', ['dis', 'farneback'])
def test_flow_of_a_shift(clip, method):
    results = flow_of(clip, method=method)
    flow = results['img']
    assert flow.shape == (64, 64, 2) and flow.dtype == np.float32
    assert results['img_shape'] == (64, 64)
    inner = flow[16:-16, 16:-16].mean((0, 1))
    np.testing.assert_allclose(inner, SHIFT, atol=.15)


def test_flow_of_several_frames_starts_at_the_first(clip):
    flow = flow_of(clip, OnsetApexOffsetFrames())['img']
    assert flow.shape == (2, 64, 64, 2)
    inner = flow[:, 16:-16, 16:-16].mean((1, 2))
    np.testing.assert_allclose(inner, [SHIFT, 2 * np.array(SHIFT)], atol=.3)


def test_frames_are_prepared_before(clip):
    resize = dict(type='FaceResize', size=32)
    flow = flow_of(clip, transforms=[resize])['img']
    assert flow.shape == (32, 32, 2)
    np.testing.assert_allclose(flow[8:-8, 8:-8].mean((0, 1)),
                               np.array(SHIFT) / 2, atol=.15)


@pytest.mark.parametrize('transform, linear', [
    (FaceFlip(1.), [[-1, 0], [0, 1]]), (FaceResize(32), [[.5, 0], [0, .5]]),
    (FaceAffine(rotate=(90, 90)), [[0, -1], [1, 0]])],
    ids=['flip', 'resize', 'rotate'])
def test_vectors_move_with_the_pixels(clip, transform, linear):
    """As the flow of frames that were moved themselves."""
    flow = np.zeros((64, 64, 2), np.float32) + SHIFT
    moved = transform(dict(img=flow, is_flow=True))['img']
    inner = moved[len(moved) // 2, len(moved) // 2]
    np.testing.assert_allclose(inner, np.array(linear) @ SHIFT, atol=1e-5)
    done = flow_of(clip, transforms=[transform])['img']
    size = len(done)
    np.testing.assert_allclose(
        done[size // 3:-size // 3, size // 3:-size // 3].mean((0, 1)), inner,
        atol=.2)
    # Clips of flow as well, all frames alike.
    pair = ClipTransform([transform])(
        dict(img=np.stack([flow, flow]), is_flow=True))['img']
    np.testing.assert_array_equal(pair, np.stack([moved, moved]))


def test_strain_of_known_fields():
    """A shift has none; stretching and shearing by a are a and a / sqrt 2."""
    y, x = np.mgrid[:9, :9].astype(np.float64)
    zero = np.zeros_like(x)
    fields = np.stack([np.stack(uv, -1) for uv in (
        (zero + 3, zero - 2), (.2 * x, zero), (zero, .2 * y), (.2 * y, zero),
        (-.2 * y, .2 * x))])  # the last is a rotation
    found = strain(fields)
    assert found.shape == (5, 9, 9) and found.dtype == np.float32
    wanted = [0, .2, .2, .2 / np.sqrt(2), 0]
    np.testing.assert_allclose(found.mean((1, 2)), wanted, atol=1e-6)


def test_strain_is_the_third_channel():
    flow = np.random.default_rng(0).normal(size=(2, 6, 5, 2)).astype('f4')
    done = FlowStrain()(dict(img=flow, is_flow=True))
    assert done['img'].shape == (2, 6, 5, 3) and not done['is_flow']
    np.testing.assert_array_equal(done['img'][..., :2], flow)
    np.testing.assert_array_equal(done['img'][..., 2], strain(flow))
    picture = FlowStrain(stretch=True)(dict(img=flow, is_flow=True))['img']
    assert picture.dtype == np.uint8
    assert (picture.min((1, 2)) == 0).all()
    assert (picture.max((1, 2)) == 255).all()
    still = FlowStrain(stretch=True)(
        dict(img=np.zeros((4, 4, 2), np.float32), is_flow=True))['img']
    assert not still.any()


def test_cache(clip, tmp_path):
    """A flow is computed once; each choice and setting has its own."""
    folder = tmp_path / 'flow'
    first = flow_of(clip, cache_dir=str(folder))['img']
    assert len(list(folder.rglob('*.npz'))) == 1
    for number in range(3):
        (tmp_path / f'clip/img{number}.png').write_bytes(b'gone')
    again = flow_of(clip, cache_dir=str(folder))['img']
    np.testing.assert_array_equal(first, again)
    assert not list(folder.rglob('*.part*'))
    with pytest.raises(OSError, match='img0.png'):
        flow_of(clip, cache_dir=str(folder), method='farneback')
    with pytest.raises(OSError, match='img0.png'):
        flow_of(clip, cache_dir=str(folder),
                transforms=[dict(type='FaceResize', size=32)])


def test_cache_knows_drawn_clips_by_what_is_drawn(tmp_path):
    """Not by a name, which the samples of another set may have too."""
    faces = SyntheticFER(size=2, image_size=32)
    folder, flows = tmp_path / 'flow', []
    for number in (0, 1, 0):
        clip = OpenSyntheticClip(8)(
            dict(faces.get_data_info(number), face_name='a'))
        read = ReadFlow(cache_dir=str(folder))
        flows.append(read(OnsetApexFrames()(clip))['img'])
    assert len(list(folder.rglob('*.npz'))) == 2
    np.testing.assert_array_equal(flows[0], flows[2])
    assert not np.array_equal(flows[0], flows[1])


def test_cache_knows_where_a_video_starts(clip, tmp_path):
    """Its frames have other numbers then."""
    path = tmp_path / 'clip.avi'
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25,
                            (64, 64))
    for number in range(3):
        video.write(texture(number, 64))
    video.release()
    keys = {open_frames(str(path), first).key for first in (0, 1)}
    assert len(keys) == 2
    assert open_frames(clip['clip_path']).key == clip['clip_path']


def test_flow_of_an_aligned_face(clip, tmp_path):
    """Its points place the crop, are part of the key, and are used up."""
    align = [dict(type='FaceAlign', recipe='rafdb100', size=32)]
    points = np.array([[20, 20], [40, 20], [30, 30], [22, 43], [38, 43.]])
    clip['gt_landmarks'] = points
    first = flow_of(clip, transforms=align, cache_dir=str(tmp_path))
    frames = ClipTransform(align)(dict(
        img=np.stack([texture(n, 64) for n in (0, 1)]), gt_landmarks=points))
    np.testing.assert_array_equal(first['img'],
                                  flow_from_first(frames['img'])[0])
    assert 'gt_landmarks' not in first
    clip['gt_landmarks'] = points + 5
    other = flow_of(clip, transforms=align, cache_dir=str(tmp_path))
    assert (other['img'] != first['img']).any()
    assert 'gt_landmarks' in flow_of(clip)


@pytest.mark.parametrize('size', [0, 100])
def test_bad_cache_file_is_made_anew(clip, tmp_path, size):
    folder = tmp_path / 'flow'
    first = flow_of(clip, cache_dir=str(folder))['img']
    file, = folder.rglob('*.npz')
    file.write_bytes(file.read_bytes()[:size])
    again = flow_of(clip, cache_dir=str(folder))['img']
    np.testing.assert_array_equal(first, again)
    with np.load(file, allow_pickle=False) as kept:
        np.testing.assert_array_equal(kept['array'][0], first)


def test_bad_use(clip):
    with pytest.raises(ValueError, match="'lk'; known: .*'dis', 'farneback'"):
        ReadFlow(method='lk')
    with pytest.raises(KeyError, match='OnsetApexFrames'):
        ReadFlow()(dict(img_path='a'))
    with pytest.raises(ValueError, match='a.png: FlowStrain wants a flow'):
        FlowStrain()(dict(img=np.zeros((4, 4, 2)), img_path='a.png'))
    with pytest.raises(ImageError, match=r"clip: .*'dis'.* \(8, 8\)"):
        flow_of(clip, transforms=[dict(type='FaceResize', size=8)])
    if not hasattr(cv2, 'optflow'):
        with pytest.raises(ImportError, match='opencv-contrib-python'):
            flow_from_first(np.zeros((2, 32, 32, 3), np.uint8), 'tvl1')


def test_standardised_flow():
    """Neither the motion of the whole, nor stretching, changes it."""
    rng = np.random.RandomState(0)
    flow = rng.randn(7, 9, 2).astype(np.float32)
    strain = rng.rand(7, 9, 1).astype(np.float32)
    make = StandardizeFlow(components=(0, 1))
    done = make(dict(img=np.concatenate([flow, strain], -1)))['img']
    assert done.dtype == np.float32
    still = flow - [np.median(flow[..., 0]), np.median(flow[..., 1])]
    expected = still / math.sqrt((still**2).sum() / (7 * 9 * 2))
    np.testing.assert_allclose(done[..., :2], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(done[..., 2:], strain)
    moved = np.concatenate([3.5 * flow + [128, -4], strain], -1)
    np.testing.assert_allclose(make(dict(img=moved))['img'], done, atol=1e-5)


def test_standardised_picture_files_and_stillness():
    """(u, v, strain) in a file is read as blue, green, red; clips too."""
    img = np.random.RandomState(0).randint(256, size=(4, 5, 5, 3)).astype(
        np.uint8)
    done = StandardizeFlow()(dict(img=img))['img']
    np.testing.assert_array_equal(done[..., 0], img[..., 0])
    other = StandardizeFlow(components=(0, 1))(dict(img=img[..., ::-1]))['img']
    np.testing.assert_allclose(done[..., ::-1], other, atol=1e-6)
    assert (StandardizeFlow()(
        dict(img=np.full((4, 4, 3), 128, np.uint8)))['img'][..., 1:] == 0
            ).all()


@pytest.mark.parametrize('components', [(0, ), (1, 1), (-1, 0), (0, 1, 2)])
def test_bad_components(components):
    with pytest.raises(ValueError, match='components'):
        StandardizeFlow(components)
    with pytest.raises(ValueError, match='a.png: StandardizeFlow'):
        StandardizeFlow()(dict(img=np.zeros((4, 4, 2)), img_path='a.png'))
