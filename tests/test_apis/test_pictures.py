# Copyright (c) mmfer contributors.
import cv2
import numpy as np
import pytest

from mmfer.apis.pictures import InputError, open_pictures
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
    (tmp_path / 'notes.txt').write_text('no picture')
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


def test_broken_pictures_do_not_stop_the_others(tmp_path):
    cv2.imwrite(str(tmp_path / 'b.png'), IMAGE)
    (tmp_path / 'a.png').write_bytes(b'')
    first, second = open_pictures(str(tmp_path))
    assert first.image is None and 'a.png: the file is empty' in first.problem
    assert second.image is not None and second.problem is None
    with pytest.raises(ImageError, match='a.png.*Remedy'):
        list(open_pictures(str(tmp_path / 'a.png')))


@pytest.mark.parametrize('name, told', [
    ('gone.jpg', 'gone.jpg: no such file or folder'),
    ('notes.txt', 'neither a picture nor a video by its ending'),
    ('empty', 'empty: holds no picture'),
    ('cut.mp4', 'cut.mp4: cannot be opened'),
])
def test_bad_inputs(tmp_path, name, told):
    (tmp_path / 'notes.txt').write_text('text')
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'cut.mp4').write_bytes(b'\0\0\0 ftypisom')
    with pytest.raises(InputError, match=told) as error:
        open_pictures(str(tmp_path / name))
    assert 'Remedy: ' in str(error.value)


def test_bad_lists_and_cameras(capfd):
    with pytest.raises(InputError, match='the list: holds no picture'):
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
    with pytest.raises(InputError, match='.gif, .heic.* no picture'):
        open_pictures(tmp_path)
