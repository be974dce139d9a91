# Copyright (c) mmfer contributors.
"""Drawing with subpixel points; colours are BGR or grey, 0 to 255."""
from functools import lru_cache
from typing import Callable, Sequence, Tuple

import cv2
import numpy as np

Colour = Tuple[float, ...]
_SHIFT = 4


def _fixed(points: np.ndarray) -> np.ndarray:
    return (np.asarray(points) * 2**_SHIFT).astype(np.int32)


def fill(image: np.ndarray, outline: np.ndarray, colour: Colour) -> None:
    """Fill a polygon ``(N, 2)``; shrinking the canvas smooths its edge."""
    cv2.fillPoly(image, [_fixed(outline)], colour, cv2.LINE_8, _SHIFT)


def stroke(image: np.ndarray, line: np.ndarray, colour: Colour,
           width: float) -> None:
    """Draw a polyline ``(N, 2)`` of a width in pixels, at least one."""
    width = max(1, int(width + .5))
    cv2.polylines(image, [_fixed(line)], False, colour, width,
                  cv2.LINE_AA if width < 3 else cv2.LINE_8, _SHIFT)


def strokes(image: np.ndarray, lines: np.ndarray, colour: Colour,
            width: float) -> None:
    """Draw many polylines ``(M, N, 2)`` at once, without smoothing."""
    cv2.polylines(image, list(_fixed(lines)), False, colour,
                  max(1, int(width + .5)), cv2.LINE_8, _SHIFT)


def disc(image: np.ndarray, centre: Sequence[float], radius: float,
         colour: Colour) -> None:
    """Fill a circle."""
    x, y = int(centre[0] * 16 + .5), int(centre[1] * 16 + .5)
    r = int(radius * 16 + .5)
    cv2.circle(image, (x, y), r, colour, -1, cv2.LINE_AA, _SHIFT)


def ellipse(image: np.ndarray, centre: Sequence[float], width: float,
            height: float, angle: float, colour: Colour) -> None:
    """Fill an ellipse of two half axes, turned by an angle in degrees."""
    x, y = int(centre[0] * 16 + .5), int(centre[1] * 16 + .5)
    a, b = int(width * 16 + .5), int(height * 16 + .5)
    cv2.ellipse(image, (x, y), (max(a, 1), max(b, 1)), angle, 0, 360, colour,
                -1, cv2.LINE_8, _SHIFT)


@lru_cache(maxsize=None)
def _spline_matrix(count: int, closed: bool, steps: int) -> np.ndarray:
    """The map from control points to a Catmull-Rom curve through them."""
    segments = count if closed else count - 1
    matrix = np.zeros((segments * steps + (not closed), count))
    for row in range(len(matrix)):
        segment, t = row // steps, row % steps / steps
        weights = (-.5 * t + t**2 - .5 * t**3, 1 - 2.5 * t**2 + 1.5 * t**3,
                   .5 * t + 2 * t**2 - 1.5 * t**3, -.5 * t**2 + .5 * t**3)
        for offset, weight in zip((-1, 0, 1, 2), weights):
            place = segment + offset
            place = place % count if closed else min(max(place, 0), count - 1)
            matrix[row, place] += weight
    return matrix


def spline(points: np.ndarray, closed: bool = False,
           steps: int = 4) -> np.ndarray:
    """A smooth curve through points ``(N, 2)``, ``steps`` per segment."""
    return _spline_matrix(len(points), closed, steps) @ points


def draw_inside(image: np.ndarray, outline: np.ndarray,
                draw: Callable[[np.ndarray, np.ndarray], None]) -> None:
    """Draw within a polygon only.

    Args:
        image (np.ndarray): The picture, changed in place.
        outline (np.ndarray): The polygon, ``(N, 2)``.
        draw (Callable): Gets a copy of the surrounding rectangle and the
            ``(2, )`` position of its upper left pixel, and draws on the copy.
    """
    height, width = image.shape[:2]
    x0, y0 = np.maximum(np.floor(outline.min(0)).astype(int) - 1, 0).tolist()
    x1, y1 = (np.ceil(outline.max(0)).astype(int) + 2).tolist()
    window = image[y0:min(y1, height), x0:min(x1, width)]
    if window.size == 0:
        return
    origin = np.array([x0, y0], dtype=np.float64)
    patch, mask = window.copy(), np.zeros(window.shape[:2], np.uint8)
    draw(patch, origin)
    fill(mask, outline - origin, 255)
    cv2.copyTo(patch, mask, window)
