# Copyright (c) mmfer contributors.
from functools import lru_cache
from typing import Tuple

import cv2
import numpy as np

from . import features, hair, head
from .face import Face
from .face_model import PARAMETERS
from .occluders import draw_occluder
from .shading import shade_skin

# Pictures are drawn on a larger canvas and shrunk.
SMALLEST_CANVAS = 224


def _light_map(face: Face, image_size: int) -> np.ndarray:
    """What light and colour temperature multiply the picture by."""
    p = face.p
    grid = np.linspace(-1, 1, 16)
    angle = np.deg2rad(p['light_angle'])
    slope = grid[None] * np.cos(angle) + grid[:, None] * np.sin(angle)
    light = 1 + .75 * p['light'] * np.tanh(1.5 * slope)
    light *= .98 + .13 * p['exposure']
    gains = np.array([1 - .06 * p['warmth'], 1, 1 + .06 * p['warmth']])
    light = (light[..., None] * gains).astype(np.float32)
    return cv2.resize(light, (image_size, image_size))


@lru_cache(maxsize=4)
def _grain(image_size: int) -> np.ndarray:
    """A field of noise, cut out anew for every picture."""
    rng = np.random.Generator(np.random.SFC64(0))
    grain = rng.standard_normal((2 * image_size, 2 * image_size, 3))
    return (.85 * grain[..., :1] + .5 * grain).astype(np.float32)


def _camera(face: Face, picture: np.ndarray) -> np.ndarray:
    """Blur, light and sensor noise."""
    p, size = face.p, len(picture)
    sigma = p['blur'] * size / 112
    if sigma > .3:
        picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    exposed = cv2.multiply(picture, _light_map(face, size), dtype=cv2.CV_32F)
    place = int(p['texture'])
    x, y = place % size, place // size % size
    grain = _grain(size)[y:y + size, x:x + size] * np.float32(p['noise'])
    return cv2.add(exposed, grain, dtype=cv2.CV_8U)


def render_face(parameters: np.ndarray, units: np.ndarray,
                points: np.ndarray,
                image_size: int) -> Tuple[np.ndarray, np.ndarray]:
    """Draw a face.

    Args:
        parameters (np.ndarray): The face vector, ``(P, )``.
        units (np.ndarray): Action units, ``(K, )`` in [0, 1].
        points (np.ndarray): Its points in shares of the picture,
            ``(POINTS, 2)``, from :func:`face_points`.
        image_size (int): Height and width of the picture.

    Returns:
        tuple: The picture, uint8 BGR of shape ``(image_size, image_size, 3)``
        and the occlusion mask, uint8 of shape ``(image_size, image_size)``,
        1 where an occluder covers at least half of the pixel.
    """
    canvas_size = max(SMALLEST_CANVAS, 2 * image_size)
    face = Face(parameters, units, points, canvas_size)
    canvas = head.background(face)
    hair.hair_behind(face, canvas)
    head.shoulders(face, canvas)
    head.skin_layer(face, canvas)
    hair.draw_beard(face, canvas)
    shade_skin(face, canvas)
    features.draw_nose(face, canvas)
    features.draw_mouth(face, canvas)
    features.draw_eyes(face, canvas)
    features.draw_brows(face, canvas)
    hair.hair_front(face, canvas)
    mask = np.zeros((image_size, image_size), np.uint8)
    if face.p['occluder'] > 0:
        hidden = np.zeros((canvas_size, canvas_size), np.uint8)
        draw_occluder(face, canvas, hidden)
        hidden = cv2.resize(hidden, (image_size, image_size),
                            interpolation=cv2.INTER_AREA)
        mask[:] = hidden >= 128
    picture = cv2.resize(canvas, (image_size, image_size),
                         interpolation=cv2.INTER_AREA)
    return _camera(face, picture), mask


def paste_occluder(image: np.ndarray, parameters: np.ndarray,
                   units: np.ndarray, points: np.ndarray,
                   matrix: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Draw the occluder of a synthetic face on any image of a face.

    Args:
        image (np.ndarray): BGR, uint8 of shape ``(H, W, 3)``; it is not
            written to.
        parameters (np.ndarray): The face vector, ``(P, )``, of a head that
            is not turned.
        units (np.ndarray): Action units, ``(K, )`` in [0, 1].
        points (np.ndarray): Its points after the similarity ``matrix``, as
            fractions of the longer side of the image, ``(POINTS, 2)``.
        matrix (np.ndarray): The similarity that brought the face to its
            place, ``(2, 3)``.

    Returns:
        tuple: The image, uint8 of shape ``(H, W, 3)``, gray where the given
        one was gray; and the mask, uint8 of shape ``(H, W)``, 1 where the
        occluder covers at least half of the pixel.
    """
    height, width = image.shape[:2]
    factor = max(2, -(-SMALLEST_CANVAS // max(height, width)))
    vector = np.array(parameters, dtype=np.float64)
    vector[PARAMETERS.index('scale')] *= np.hypot(*matrix[:, 0])
    vector[PARAMETERS.index('roll')] = np.rad2deg(
        np.arctan2(matrix[1, 0], matrix[0, 0]))
    face = Face(vector, units, points, factor * max(height, width))
    canvas = cv2.resize(image, (factor * width, factor * height))
    hidden = np.zeros(canvas.shape[:2], np.uint8)
    draw_occluder(face, canvas, hidden)
    drawn, hidden = (
        cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
        for part in (canvas, hidden))
    if (image == image[..., :1]).all():
        drawn = cv2.cvtColor(
            cv2.cvtColor(drawn, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return (np.where(hidden[..., None] > 0, drawn, image),
            (hidden >= 128).astype(np.uint8))
