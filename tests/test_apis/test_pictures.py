# Copyright (c) mmfer contributors.
from fractions import Fraction

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from mmfer.apis.pictures import InputError, VideoFrames, open_pictures
from mmfer.structures import ImageError

IMAGE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


def write_video(path, frames, fps=10):
    """An AVI file of given BGR frames."""
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'MJPG'), fps,
        frames[0].shape[1::-1])
    assert writer.isOpened()
    for frame in frames:
        writer.write(frame)
    writer.release()


def test_pictures_of_all_kinds(tmp_path):
    cv2.imwrite(str(tmp_path / 'b.png'), IMAGE)
    cv2.imwrite(str(tmp_path / 'a.png'), IMAGE[..., 0])
    (tmp_path / 'notes.txt').write_text('no image')
    alpha = np.dstack([IMAGE, np.zeros((4, 4), np.uint8)])
    path = str(tmp_path / 'b.png')
    for given, names in (
            (path, [path]), (IMAGE, ['[0]']),
            (tmp_path / 'b.png', [path]),
            (tmp_path, [str(tmp_path / 'a.png'), path]),
            (str(tmp_path), [str(tmp_path / 'a.png'), path]),
            ([tmp_path / 'b.png', IMAGE], [path, '[1]']),
            ([path, alpha, IMAGE[..., 0]], [path, '[1]', '[2]'])):
        pictures = open_pictures(given)
        assert pictures.total == len(names)
        assert pictures.fps is None and not pictures.live
        found = list(pictures)
        assert [picture.source for picture in found] == names
        assert all(picture.image.shape == (4, 4, 3) for picture in found)
    assert not list(open_pictures([alpha]))[0].image.any()


def test_video(tmp_path):
    path = str(tmp_path / 'v.avi')
    write_video(path, [np.full((16, 32, 3), 40 * i, np.uint8)
                       for i in range(5)])
    frames = open_pictures(path)
    assert frames.fps == 10 and frames.total == 5 and not frames.live
    for i, picture in enumerate(frames):
        assert (picture.source, picture.frame) == (path, i)
        assert picture.seconds == pytest.approx(i / 10)
        assert abs(picture.image.mean() - 40 * i) < 3
    assert i == 4


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('name, codec', [('v.mp4', 'mpeg4'),
                                         ('v.mkv', 'mpeg4'),
                                         ('v.mov', 'mpeg4')])
def test_frames_of_a_variable_rate_are_timed_by_their_stamps(
        tmp_path, name, codec):
    av = pytest.importorskip('av')
    times = [0, 40, 80, 480, 500, 1700, 1733]  # milliseconds
    with av.open(str(tmp_path / name), 'w') as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        stream.codec_context.time_base = Fraction(1, 1000)
        for time in times:
            frame = av.VideoFrame.from_ndarray(
                np.full((48, 64, 3), time % 256, np.uint8), format='bgr24')
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    found = [picture.seconds for picture in open_pictures(tmp_path / name)]
    assert found == pytest.approx([time / 1000 for time in times], abs=1e-3)


def test_frames_without_increasing_stamps_follow_at_the_frame_rate(tmp_path):
    """Numbered images, which OpenCV opens as a video."""
    for i in range(4):
        cv2.imwrite(str(tmp_path / f'{i}.png'), IMAGE)
    frames = VideoFrames(str(tmp_path / '%d.png'))
    assert [picture.seconds for picture in frames] == pytest.approx(
        [i / frames.fps for i in range(4)])


def test_pil_images_of_all_modes(tmp_path):
    """Each shows what the same image shows as a file."""
    rng = np.random.default_rng(0)
    rgb = Image.fromarray(rng.integers(0, 256, (6, 5, 3), dtype=np.uint8))
    alpha = Image.fromarray(rng.integers(0, 256, (6, 5), dtype=np.uint8))
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    palette = rgb.quantize(16)
    transparent = palette.copy()
    transparent.info['transparency'] = 3
    images = dict(
        rgb=rgb, rgba=rgba, gray=rgb.convert('L'), palette=palette,
        transparent=transparent, bits=rgb.convert('1'))
    for name, image in images.items():
        image.save(tmp_path / f'{name}.png')
    files, given = (
        [picture.image for picture in open_pictures(inputs)] for inputs in (
            [tmp_path / f'{name}.png' for name in images],
            list(images.values())))
    for name, want, got in zip(images, files, given):
        np.testing.assert_array_equal(want, got, name)
    one, = open_pictures(rgb)
    np.testing.assert_array_equal(one.image, np.array(rgb)[..., ::-1])
    assert one.source == '[0]'


def test_pil_images_are_turned_upright(tmp_path):
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / f'{orientation}.png'
        Image.fromarray(IMAGE).save(path, exif=exif)
        with Image.open(path) as image:
            got, want = (list(open_pictures(inputs))[0].image
                         for inputs in (image, path))
        np.testing.assert_array_equal(got, want)
    gray = np.array([[0, 257], [65535, 300]], np.uint16)
    deep, = open_pictures(Image.fromarray(gray))
    assert deep.image[..., 0].tolist() == [[0, 1], [255, 1]]


def test_bad_pil_image(tmp_path):
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / 'a.bmp')
    data = (tmp_path / 'a.bmp').read_bytes()
    (tmp_path / 'a.bmp').write_bytes(data[:200])
    with Image.open(tmp_path / 'a.bmp') as image:
        first, second = open_pictures([image, IMAGE])
    assert first.image is None and '[0]: cannot be decoded' in first.problem
    assert second.image is not None


def test_broken_pictures_do_not_stop_the_others(tmp_path):
    cv2.imwrite(str(tmp_path / 'b.png'), IMAGE)
    (tmp_path / 'a.png').write_bytes(b'')
    first, second = open_pictures(str(tmp_path))
    assert first.image is None and 'a.png: the file is empty' in first.problem
    assert second.image is not None and second.problem is None
    with pytest.raises(ImageError, match='a.png.*Hint'):
        list(open_pictures(str(tmp_path / 'a.png')))


@pytest.mark.parametrize('name, told', [
    ('gone.jpg', 'gone.jpg: no such file or folder'),
    ('notes.txt', 'neither an image nor a video by its ending'),
    ('empty', 'empty: holds no image'),
    ('cut.mp4', 'cut.mp4: cannot be opened'),
])
def test_bad_inputs(tmp_path, name, told):
    (tmp_path / 'notes.txt').write_text('text')
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'cut.mp4').write_bytes(b'\0\0\0 ftypisom')
    with pytest.raises(InputError, match=told) as error:
        open_pictures(str(tmp_path / name))
    assert error.value.hint


@pytest.mark.parametrize('given, message', [
    (torch.zeros(3, 8, 8, dtype=torch.uint8),
     r'torch.Tensor of shape \(3, 8, 8\): neither a path nor an array'),
    ([torch.zeros(8, 8, 3)], r'torch.Tensor of shape \(8, 8, 3\): neither'),
    (IMAGE / 255, r'\[0\]: img must be an array of uint8.*float64'),
    (np.zeros((2, 8, 8, 3), np.uint8), r'shape.*got \(2, 8, 8, 3\).*batch'),
    ([IMAGE, np.zeros((8, 8, 2), np.uint8)], r'\[1\]: img must have shape'),
    (Image.new('F', (8, 8)), r"\[0\]: a PIL image of mode 'F'"),
    (None, 'None: neither a path nor an array'),
    (True, 'True: neither a path nor an array'),
    (2.5, '2.5: neither a path nor an array'),
    (b'a.jpg', 'builtins.bytes: neither a path nor an array'),
    ({'a.jpg': 1}, 'builtins.dict: neither a path nor an array'),
    ([['a.jpg']], 'builtins.list: neither a path nor an array'),
])
def test_bad_kinds_of_input(given, message):
    with pytest.raises(InputError, match=message) as error:
        open_pictures(given)
    assert error.value.hint and '\n' not in str(error.value)


def test_bad_lists_and_cameras(capfd):
    with pytest.raises(InputError, match='the list: holds no image'):
        open_pictures([])
    with pytest.raises(InputError, match='3: neither a path nor an array'):
        open_pictures([3])
    with pytest.raises(InputError, match='camera 987: cannot be opened'):
        open_pictures(987)
    assert not capfd.readouterr().err, 'OpenCV complains beside us'


def test_images_with_other_endings(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.jpg'), IMAGE)
    (tmp_path / 'a.jpg').rename(tmp_path / 'a.jfif')
    for name in ('b.heic', 'c.gif'):
        (tmp_path / name).write_bytes(b'x')
    pictures = open_pictures(tmp_path)
    assert pictures.notes == (f'{tmp_path}: 2 files with other endings '
                              'skipped: .gif, .heic', )
    assert [picture.image.shape for picture in pictures] == [(4, 4, 3)]
    assert open_pictures(tmp_path / 'a.jfif').total == 1
    with pytest.raises(InputError, match='b.heic: images .* not read.*jpg'):
        open_pictures(tmp_path / 'b.heic')
    (tmp_path / 'a.jfif').unlink()
    with pytest.raises(InputError, match='.gif, .heic.* no image'):
        open_pictures(tmp_path)
