# Copyright (c) mmfer contributors.
"""Where frames come from, which are chosen, and how they are read."""
import cv2
import numpy as np
import pytest

from mmfer.datasets.transforms import (ApexCentredFrames, ChangeAdaptiveFrames,
                                       OnsetApexFrames, OnsetApexOffsetFrames,
                                       OpenClip, ReadClip, UniformFrames)
from mmfer.datasets.transforms.clips import open_frames
from mmfer.structures import AnnotationError, ImageError
from ....clip_toys import frame, write_frames


def greys(clip):
    return clip[:, 0, 0, 0].tolist()


@pytest.fixture
def folder(tmp_path):
    return write_frames(tmp_path / 'clip', range(46, 87))


def opened(path, onset=-1, apex=-1, offset=-1, **kwargs):
    return OpenClip(**kwargs)(
        dict(clip_path=path, onset=onset, apex=apex, offset=offset))


def test_folder(folder):
    write_frames(folder, [5], name='006_{:05d}.jpg')
    for name in ('Thumbs.db', '._img46.png', 'cover.png'):
        (open(f'{folder}/{name}', 'w')).close()
    frames = open_frames(folder)
    assert frames.numbers.tolist() == [5, *range(46, 87)]
    assert [f[0, 0, 0] for f in frames.read([46, 80])] == [46, 80]
    # A time between two frames is their blend, also across a gap.
    clip = frames.read_at([46, 50.25, 50.75, 86, 25.5])
    assert clip.shape == (5, 8, 8, 3) and clip.dtype == np.uint8
    assert greys(clip)[:4] == [46, 50, 51, 86]
    assert greys(clip)[4] == round((5 + 46) / 2)


def test_video(tmp_path):
    """Every frame of a video is found by its number."""
    path = str(tmp_path / 'clip.avi')
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*'MJPG'), 25,
                             (32, 32))
    for number in range(0, 240, 20):
        writer.write(frame(number, 32))
    writer.release()
    frames = open_frames(path, first=1)
    assert frames.numbers.tolist() == list(range(1, 13))
    found = [int(f.mean().round()) for f in frames.read([1, 4, 12])]
    np.testing.assert_allclose(found, [0, 60, 220], atol=3)


@pytest.mark.parametrize('given, wanted', [
    ((50, 59, 80), (50, 59, 80)), ((-1, -1, -1), (46, 66, 86)),
    ((50, -1, 81), (50, 65, 81)), ((-1, 60, 80), (46, 60, 80))])
def test_unknown_frames(folder, given, wanted):
    results = opened(folder, *given)
    assert tuple(results[k] for k in ('onset', 'apex', 'offset')) == wanted
    assert results['img_path'] == folder


CHOICES = [
    (OnsetApexFrames(), [50, 54]),
    (OnsetApexOffsetFrames(), [50, 54, 80]),
    (UniformFrames(4), [50, 60, 70, 80]),
    (UniformFrames(16), [50 + 2 * i for i in range(16)]),
    (ApexCentredFrames(5), [50, 54, 63, 71, 80]),
    (ApexCentredFrames(6), [50, 52, 54, 63, 71, 80]),
]


@pytest.mark.parametrize('choice, wanted', CHOICES)
def test_choices(folder, choice, wanted):
    results = ReadClip()(choice(opened(folder, 50, 54, 80)))
    assert greys(results['img']) == wanted
    assert results['img_shape'] == results['ori_shape'] == (8, 8)


@pytest.mark.parametrize('choice', [
    UniformFrames(16), ApexCentredFrames(16), ChangeAdaptiveFrames(16)])
def test_short_clips_are_interpolated(folder, choice):
    """T times inside of the clip, in order, ends included, between frames."""
    results = choice(opened(folder, 50, 53, 58))
    times = results['frame_times']
    assert len(times) == 16 and (np.diff(times) > 0).all()
    assert (times[0], times[-1]) == (50, 58)
    assert (times % 1 > 0).sum() > 8
    shown = np.array(greys(ReadClip()(results)['img']))
    assert np.abs(shown - times).max() <= .5
    if isinstance(choice, ApexCentredFrames):
        assert times[7] == 53


def test_frames_lie_dense_where_the_face_moves(tmp_path):
    """All change lies between frames 20 and 30."""
    path = write_frames(
        tmp_path / 'a', range(57),
        make=lambda number, size: frame(6 * min(max(number, 20), 30), size))
    opened_clip = opened(path)
    times = ChangeAdaptiveFrames(9, uniform=0.)(opened_clip)['frame_times']
    assert ((times >= 20) & (times <= 30)).sum() == 7  # all but the ends
    mixed = ChangeAdaptiveFrames(9)(opened_clip)['frame_times']
    assert 5 <= ((mixed >= 20) & (mixed <= 30)).sum() <= 7
    uniform = ChangeAdaptiveFrames(9, uniform=1.)(opened_clip)
    assert uniform['frame_times'].tolist() == \
        UniformFrames(9)(opened_clip)['frame_times'].tolist()
    still = write_frames(tmp_path / 'still', range(9),
                         make=lambda number, size: frame(7, size))
    times = ChangeAdaptiveFrames(5)(opened(still))['frame_times']
    assert times.tolist() == [0, 2, 4, 6, 8]


def test_one_frame_stands_still_if_allowed(tmp_path):
    path = write_frames(tmp_path / 'a', [7])
    results = opened(path, min_frames=1)
    for choice in (OnsetApexFrames(), UniformFrames(3), ApexCentredFrames(4),
                   ChangeAdaptiveFrames(3)):
        clip = ReadClip()(choice(dict(results)))['img']
        assert set(greys(clip)) == {7}
        assert len(clip) == len(choice(results)['frame_times'])
    with pytest.raises(AnnotationError, match='a: a clip of 1 frames .*there '
                       r'is no motion.*\(7, 7, 7\).*min_frames=1'):
        opened(path)


@pytest.mark.parametrize('frames', [
    (40, 60, 80), (50, 60, 90), (60, 50, 80), (50, 81, 80)],
    ids=['before', 'after', 'apex_early', 'apex_late'])
def test_bad_frames_outside(folder, frames):
    with pytest.raises(AnnotationError, match=r'clip: onset, apex and offset '
                       r'do not lie in this order in the frames from 46 to 86'
                       rf': \({frames[0]}, .*Hint: correct the coding'):
        opened(folder, *frames)


def test_bad_gaps(tmp_path):
    path = write_frames(tmp_path / 'a', [0, 10, 11, 14])
    with pytest.raises(ImageError, match='a: 11 of the 15 frames from 0 to 14 '
                       'are missing, the first is 1. Hint'):
        opened(path)
    results = UniformFrames(8)(opened(path, gaps='blend'))
    assert greys(ReadClip()(results)['img']) == list(range(0, 15, 2))
    with pytest.raises(ImageError, match='2 of the 3 .* the first is 12'):
        opened(path, 11, 12, 13, gaps='blend')


def test_bad_folders(tmp_path):
    with pytest.raises(ImageError, match='x: no such folder of frames or vid'):
        opened(str(tmp_path / 'x'))
    with pytest.raises(ImageError, match='no frame in this folder'):
        opened(str(tmp_path))
    path = write_frames(tmp_path / 'a', [1, 2])
    write_frames(path, [2], name='{:03d}.png')
    with pytest.raises(ImageError, match='the number 2: 002.png, img2.png'):
        opened(path)
    path = write_frames(tmp_path / 'b', [1, 2])
    write_frames(path, [3], size=9)
    with pytest.raises(ImageError, match=r'b: the frames differ in size'):
        ReadClip()(UniformFrames(3)(opened(path)))
    (tmp_path / 'b/img2.png').write_bytes(b'')
    with pytest.raises(ImageError, match='img2.png: the file is empty'):
        ReadClip()(UniformFrames(3)(opened(path)))
    (tmp_path / 'c.avi').write_bytes(b'no video')
    with pytest.raises(ImageError, match='c.avi: cannot be opened'):
        opened(str(tmp_path / 'c.avi'))


@pytest.mark.parametrize('make, message', [
    (lambda: OpenClip(gaps='skip'), "'raise' or 'blend'"),
    (lambda: UniformFrames(1), 'num_frames must be an integer >= 2, got 1'),
    (lambda: ApexCentredFrames(3), '>= 4, got 3'),
    (lambda: ChangeAdaptiveFrames(4.), 'got 4.0'),
    (lambda: ChangeAdaptiveFrames(uniform=2), r'\[0, 1\]'),
], ids=['gaps', 'uniform', 'apex', 'float', 'share'])
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize('transform, message', [
    (OpenClip(), 'no clip_path'), (UniformFrames(), 'OpenClip'),
    (ReadClip(), 'UniformFrames')])
def test_bad_order_of_transforms(transform, message):
    with pytest.raises(KeyError, match=message):
        transform(dict(img_path='a.png'))
