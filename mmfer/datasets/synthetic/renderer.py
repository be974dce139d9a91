# Copyright (c) mmfer contributors.
from typing import Tuple

import cv2
import numpy as np

from . import features, hair, head
from .face import Face
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
    light *= 1 + .15 * p['exposure']
    gains = np.array([1 - .06 * p['warmth'], 1, 1 + .06 * p['warmth']])
    light = (light[..., None] * gains).astype(np.float32)
    return cv2.resize(light, (image_size, image_size))


def _camera(face: Face, picture: np.ndarray) -> np.ndarray:
    """Light, blur and sensor noise."""
    p, size = face.p, len(picture)
    exposed = cv2.multiply(picture, _light_map(face, size), dtype=cv2.CV_32F)
    sigma = p['blur'] * size / 112
    if sigma > .2:
        exposed = cv2.GaussianBlur(exposed, (0, 0), sigma)
    if p['noise'] > .2:
        rng = np.random.Generator(np.random.SFC64(int(p['texture'])))
        grain = rng.standard_normal((size, size), dtype=np.float32)
        grain *= p['noise']
        exposed += grain[..., None]
    return cv2.convertScaleAbs(np.maximum(exposed, 0))


def render_face(parameters: np.ndarray, units: np.ndarray,
                image_size: int) -> Tuple[np.ndarray, np.ndarray]:
    """Draw a face.

    Args:
        parameters (np.ndarray): The face vector, ``(P, )``.
        units (np.ndarray): Action units, ``(K, )`` in [0, 1].
        image_size (int): Height and width of the picture.

    Returns:
        tuple: The picture, uint8 BGR of shape ``(image_size, image_size, 3)``
        and the occlusion mask, uint8 of shape ``(image_size, image_size)``,
        1 where an occluder covers at least half of the pixel.
    """
    canvas_size = max(SMALLEST_CANVAS, 2 * image_size)
    face = Face(parameters, units, canvas_size)
    canvas = head.background(face)
    hair.hair_behind(face, canvas)
    head.shoulders(face, canvas)
    head.skin_layer(face, canvas)
    hair.draw_beard(face, canvas)
    canvas = shade_skin(face, canvas)
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
