# Copyright (c) mmfer contributors.
import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from mmfer.datasets.transforms import LoadFERImage
from mmfer.registry import TRANSFORMS
from mmfer.structures import ImageError


@pytest.fixture
def rgb():
    y, x = np.mgrid[:40, :32]
    return np.stack([x * 7, y * 6, (x + y) * 3], -1).astype(np.uint8)


def load(path, **kwargs):
    results = LoadFERImage(**kwargs)(dict(img_path=str(path)))
    img = results['img']
    assert img.dtype == np.uint8 and img.ndim == 3 and img.shape[2] == 3
    assert results['img_shape'] == results['ori_shape'] == img.shape[:2]
    return img


def png_bytes(img):
    buffer = io.BytesIO()
    Image.fromarray(img).save(buffer, 'png')
    return buffer.getvalue()


def jpeg_bytes(img, **kwargs):
    buffer = io.BytesIO()
    Image.fromarray(img).save(buffer, 'jpeg', quality=95, **kwargs)
    return buffer.getvalue()


@pytest.mark.parametrize('ext', ['png', 'bmp', 'tiff', 'webp'])
def test_lossless_files_give_bgr(tmp_path, rgb, ext):
    path = tmp_path / f'a.{ext}'
    Image.fromarray(rgb).save(path, **(dict(lossless=True)
                                       if ext == 'webp' else {}))
    np.testing.assert_array_equal(load(path), rgb[..., ::-1])


@pytest.mark.parametrize('ext', ['png', 'jpg', 'tiff'])
def test_grey_files_get_three_channels(tmp_path, rgb, ext):
    path = tmp_path / f'a.{ext}'
    Image.fromarray(rgb[..., 0]).save(path)
    img = load(path)
    assert (img == img[..., :1]).all()
    np.testing.assert_array_equal(img[..., 0], np.array(Image.open(path)))


@pytest.mark.parametrize('kind', ['png', 'png16', 'webp', 'webp-lossless'])
def test_alpha_is_laid_over_the_background(tmp_path, rgb, kind):
    alpha = np.linspace(0, 255, 40 * 32).reshape(40, 32).round()
    rgba = np.dstack([rgb, alpha.astype(np.uint8)])
    path = tmp_path / f'a.{kind[:4].rstrip("1")}'
    if kind == 'png16':
        bgra = rgba[..., [2, 1, 0, 3]].astype(np.uint16) * 257
        cv2.imwrite(str(path.with_suffix('.png')), bgra)
        path = path.with_suffix('.png')
    elif kind == 'png':
        Image.fromarray(rgba).save(path)
    else:
        Image.fromarray(rgba).save(path, quality=100, exact=True,
                                   lossless=kind.endswith('lossless'))
    share = alpha[..., None] / 255
    want = rgb[..., ::-1] * share + np.array([10, 20, 200]) * (1 - share)
    got = load(path, background=(10, 20, 200)).astype(float)
    # Lossy WebP changes the colours themselves.
    assert np.abs(got - want).max() <= (30 if kind == 'webp' else 1)
    assert np.abs(got - want).mean() < (6 if kind == 'webp' else 0.6)


def test_grey_with_alpha_and_palette_with_transparency(tmp_path, rgb):
    alpha = np.full((40, 32), 255, np.uint8)
    alpha[:20] = 0
    Image.fromarray(np.dstack([rgb[..., 0], alpha]), 'LA').save(
        tmp_path / 'la.png')
    img = load(tmp_path / 'la.png', background=77)
    assert (img[:20] == 77).all()
    np.testing.assert_array_equal(img[20:, :, 0], rgb[20:, :, 0])

    palette = Image.new('P', (4, 4), 1)
    palette.putpalette([0, 0, 0, 200, 100, 50])
    palette.putpixel((0, 0), 0)
    palette.save(tmp_path / 'p.png', transparency=0)
    img = load(tmp_path / 'p.png', background=77)
    assert (img[0, 0] == 77).all() and (img[1, 1] == (50, 100, 200)).all()


def test_16_bit_grey_is_scaled(tmp_path, rgb):
    path = tmp_path / 'a.png'
    cv2.imwrite(str(path), rgb[..., 0].astype(np.uint16) * 257)
    np.testing.assert_array_equal(load(path)[..., 1], rgb[..., 0])


@pytest.mark.parametrize('orientation', range(1, 9))
def test_exif_orientation_is_applied(tmp_path, rgb, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / 'a.jpg'
    path.write_bytes(jpeg_bytes(rgb, exif=exif, subsampling=0))
    turn = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, -1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, 1),
    }[orientation]
    want = turn(rgb)[..., ::-1]
    img = load(path)
    assert img.shape == want.shape
    assert np.abs(img.astype(int) - want).mean() < 5


@pytest.mark.parametrize('shape', [(8, 6), (8, 6, 1), (8, 6, 3), (8, 6, 4)],
                         ids=str)
def test_given_arrays_are_taken_and_not_shared(shape):
    array = np.full(shape, 99, np.uint8)
    if shape[2:] == (4, ):
        array[..., 3] = 255
    results = LoadFERImage()(dict(img=array, img_path='row 7'))
    assert results['img'].shape == (8, 6, 3)
    assert results['ori_shape'] == (8, 6)
    assert (results['img'] == 99).all()
    results['img'][:] = 0
    assert (array[..., 0] == 99).all()


def test_jpeg_with_preview_and_with_trailing_bytes(tmp_path, rgb):
    preview = jpeg_bytes(rgb[::4, ::4])
    data = jpeg_bytes(rgb)
    header = b'\xff\xe5' + struct.pack('>H', len(preview) + 2) + preview
    whole = data[:2] + header + data[2:]
    path = tmp_path / 'a.jpg'
    for tail in (b'', b'\0\0', b'left over \xff\xda'):
        path.write_bytes(whole + tail)
        assert load(path).shape == (40, 32, 3)
    path.write_bytes(whole[:-40])
    with pytest.raises(ImageError, match='a.jpg.*truncated'):
        load(path)


def noise(size=200):
    return np.random.default_rng(0).integers(0, 256, (size, size, 3),
                                             dtype=np.uint8)


def webp_bytes(img):
    return cv2.imencode('.webp', img)[1].tobytes()


BAD_FILES = {
    'empty': (b'', 'empty'),
    'text': (b'this is no image\n' * 9, 'decoded'),
    'html-page': (b'<!DOCTYPE html><html>not found</html>', 'decoded'),
    'jpeg-without-end': (jpeg_bytes(noise())[:-2], 'truncated'),
    'jpeg-half': (jpeg_bytes(noise())[:20000], 'truncated'),
    'jpeg-header-only': (jpeg_bytes(noise())[:30], 'truncated'),
    'jpeg-markers-only': (b'\xff\xd8\xff\xd9', 'decoded'),
    'png-without-end': (png_bytes(noise())[:-12], 'truncated'),
    'png-half': (png_bytes(noise())[:60000], 'truncated'),
    'png-header-only': (png_bytes(noise())[:8], 'truncated'),
    'png-bad-pixels': (png_bytes(noise()).replace(b'IDAT', b'JDAT'),
                       'decoded'),
    'webp-half': (webp_bytes(noise())[:3000], 'truncated'),
    'webp-header-only': (webp_bytes(noise())[:14], 'truncated'),
    'bmp-half': (cv2.imencode('.bmp', noise())[1].tobytes()[:5000],
                 'decoded'),
    'tiff-half': (cv2.imencode('.tiff', noise())[1].tobytes()[:5000],
                  'decoded'),
}


@pytest.mark.parametrize('kind', BAD_FILES)
def test_bad_file(tmp_path, kind):
    data, words = BAD_FILES[kind]
    path = tmp_path / 'face 7.img'
    path.write_bytes(data)
    with pytest.raises(ImageError, match=f'face 7.img.*{words}'):
        load(path)


def test_bad_file_missing(tmp_path):
    with pytest.raises(ImageError, match='gone.png.*No such file'):
        load(tmp_path / 'gone.png')


def test_bad_file_is_a_folder(tmp_path):
    with pytest.raises(ImageError, match='directory'):
        load(tmp_path)


@pytest.mark.parametrize('array', [
    np.zeros((4, 4), np.float32),
    np.zeros((4, 4), np.uint16),
    [[1, 2], [3, 4]],
    'a.png',
], ids=['float', 'uint16', 'list', 'string'])
def test_bad_array_type(array):
    with pytest.raises(TypeError, match='row 3: img must be.*uint8'):
        LoadFERImage()(dict(img=array, img_path='row 3'))


@pytest.mark.parametrize(
    'shape', [(0, 4), (4, 0, 3), (4, ), (4, 4, 2), (1, 4, 4, 3)], ids=str)
def test_bad_array_shape(shape):
    with pytest.raises(ValueError, match='img must have shape'):
        LoadFERImage()(dict(img=np.zeros(shape, np.uint8)))


def test_bad_sample_without_image():
    with pytest.raises(KeyError, match='img_path or img'):
        LoadFERImage()(dict(gt_label=3))


@pytest.mark.parametrize('background', [-1, 256, (1, 2), 'black', 0.5],
                         ids=str)
def test_bad_background(background):
    with pytest.raises(ValueError, match='background'):
        TRANSFORMS.build(dict(type='LoadFERImage', background=background))


@pytest.mark.parametrize('ending', ['.png', '.jpg', '.webp', '.bmp', '.tif'])
def test_bad_image_with_too_many_pixels(tmp_path, ending):
    path = str(tmp_path / f'a{ending}')
    cv2.imwrite(path, np.zeros((30, 20, 3), np.uint8))
    load = LoadFERImage(max_pixels=600)
    assert load(dict(img_path=path))['img_shape'] == (30, 20)
    with pytest.raises(ImageError, match='megapixels.*max_pixels'):
        LoadFERImage(max_pixels=599)(dict(img_path=path))


def test_bad_size_is_refused_before_memory_is_taken(tmp_path):
    """A header that announces 4 gigapixels."""
    path = tmp_path / 'a.png'
    cv2.imwrite(str(path), np.zeros((30, 20, 3), np.uint8))
    content = bytearray(path.read_bytes())
    content[16:24] = (65535).to_bytes(4, 'big') * 2
    path.write_bytes(content)
    with pytest.raises(ImageError, match='4295 megapixels'):
        LoadFERImage()(dict(img_path=str(path)))


@pytest.mark.parametrize('content', [
    b'RIFF\x08\0\0\0WEBPVP8X', b'RIFF\x08\0\0\0WEBPVP8L', b'\xff\xd8\xff\xc0',
    b'\x89PNG\r\n\x1a\n', b'GIF89a', b'BM', b'II*\0'])
def test_bad_header_alone(tmp_path, content):
    (tmp_path / 'a.img').write_bytes(content)
    with pytest.raises(ImageError, match='a.img'):
        LoadFERImage()(dict(img_path=str(tmp_path / 'a.img')))
