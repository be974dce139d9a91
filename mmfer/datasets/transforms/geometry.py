# Copyright (c) mmfer contributors.
"""Affine maps of pixels, points and boxes.

A map is a float64 array of shape ``(2, 3)`` from old to new coordinates; x
goes right, y goes down, pixel centres lie at integers. Sizes are (height,
width).
"""
import math
from typing import Sequence, Tuple

import cv2
import numpy as np

SIZE = Tuple[int, int]


def resize_matrix(old: SIZE, new: SIZE) -> np.ndarray:
    """The map of a resize, which keeps the borders of the image in place.

    Args:
        old (Tuple[int, int]): Size before.
        new (Tuple[int, int]): Size after.
    """
    sy, sx = new[0] / old[0], new[1] / old[1]
    return np.array([[sx, 0., (sx - 1) / 2], [0., sy, (sy - 1) / 2]])


def compose(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """The map that applies ``inner`` first, then ``outer``."""
    product = outer[:, :2] @ inner
    product[:, 2] += outer[:, 2]
    return product


def fit_similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Rotation, scale and shift that bring points nearest to others.

    Least squares without mirroring. In the plane, with points as complex
    numbers around their means, the answer of Umeyama (*Least-squares
    estimation of transformation parameters between two point patterns*,
    PAMI 1991) is one complex factor.

    Args:
        source (np.ndarray): Shape ``(N, 2)``.
        target (np.ndarray): Shape ``(N, 2)``.

    Raises:
        ValueError: If the source points coincide.
    """
    mean_s, mean_t = source.mean(0), target.mean(0)
    s, t = (source - mean_s) @ (1, 1j), (target - mean_t) @ (1, 1j)
    spread = np.vdot(s, s).real
    if spread < 1e-6:
        raise ValueError('the points coincide')
    factor = np.vdot(s, t) / spread
    linear = np.array([[factor.real, -factor.imag],
                       [factor.imag, factor.real]])
    return np.column_stack([linear, mean_t - linear @ mean_s])


def move_points(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points ``(N, 2)`` after a map, float32; a point with a NaN becomes NaN
    in both coordinates."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def move_vectors(vectors: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Displacements in pixels, ``(..., 2)`` in x and y, after a map: turned,
    mirrored and scaled, float32."""
    return (vectors @ matrix[:, :2].T).astype(np.float32)


def move_boxes(boxes: np.ndarray, matrix: np.ndarray,
               size: SIZE) -> np.ndarray:
    """The upright boxes around moved boxes, clipped to the image.

    Args:
        boxes (np.ndarray): Shape ``(M, 4)``: x1, y1, x2, y2 as distances from
            the outer edge of the image, so that the box of a whole image is
            (0, 0, width, height).
        matrix (np.ndarray): The map.
        size (Tuple[int, int]): Size of the new image.

    Returns:
        np.ndarray: Float32 of shape ``(M, 4)``.
    """
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2) - 0.5
    corners = move_points(corners, matrix).reshape(-1, 4, 2) + 0.5
    hull = np.concatenate([corners.min(1), corners.max(1)], axis=1)
    height, width = size
    return hull.clip(0, [width, height, width, height]).astype(np.float32)


def _cut(img: np.ndarray, left: int, top: int, size: SIZE,
         fill: Sequence[int]) -> np.ndarray:
    """The window of an image, filled where it lies outside."""
    height, width = size
    x1, x2 = max(left, 0), min(left + width, img.shape[1])
    y1, y2 = max(top, 0), min(top + height, img.shape[0])
    if x1 >= x2 or y1 >= y2:
        return np.full((height, width, *img.shape[2:]), fill, img.dtype)
    part = img[y1:y2, x1:x2]
    if part.shape[:2] == size:
        return part
    return cv2.copyMakeBorder(part, y1 - top, top + height - y2, x1 - left,
                              left + width - x2, cv2.BORDER_CONSTANT,
                              value=fill)


def move_image(img: np.ndarray, matrix: np.ndarray, size: SIZE,
               fill: Sequence[int], nearest: bool = False) -> np.ndarray:
    """An image after a map.

    Mirrors, cuts and resizes are recognised and done without interpolating
    in vain. Where an image shrinks to less than half its size, the pixels
    that fall together are averaged, so that no detail aliases.

    Args:
        img (np.ndarray): Shape ``(H, W)`` or ``(H, W, C)``.
        matrix (np.ndarray): The map.
        size (Tuple[int, int]): Size of the result.
        fill (Sequence[int]): Pixel for places that no pixel comes from.
        nearest (bool): Whether to take the nearest pixel in place of bilinear
            interpolation. Defaults to False.
    """
    old = img.shape[:2]
    (sx, b, tx), (c, sy, ty) = matrix.tolist()
    flag = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    if b == 0 == c:
        if (sx, tx, sy, ty) == (-1, old[1] - 1, 1, 0) and size == old:
            return cv2.flip(img, 1)
        if sx == 1 == sy and tx.is_integer() and ty.is_integer():
            return _cut(img, -int(tx), -int(ty), size, fill)
        if (matrix == resize_matrix(old, size)).all():
            if nearest:
                # The plain flag is off by up to half a pixel here.
                flag = cv2.INTER_NEAREST_EXACT
            elif max(sx, sy) <= 0.5:
                flag = cv2.INTER_AREA
            return cv2.resize(img, size[::-1], interpolation=flag)
    shrink = int(1 / max(math.hypot(sx, c), math.hypot(b, sy)))
    if shrink > 1 and not nearest:
        small = (max(old[0] // shrink, 1), max(old[1] // shrink, 1))
        img = cv2.resize(img, small[::-1], interpolation=cv2.INTER_AREA)
        matrix = compose(matrix, resize_matrix(small, old))
    return cv2.warpAffine(img, matrix, size[::-1], flags=flag,
                          borderMode=cv2.BORDER_CONSTANT, borderValue=fill)
