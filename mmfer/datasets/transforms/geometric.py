# Copyright (c) mmfer contributors.
from abc import abstractmethod
from typing import NamedTuple, Optional, Sequence, Tuple, Union

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.structures import AnnotationError
from mmfer.structures.landmarks import mirror_order

# An integer for squares or (height, width), in pixels.
SIZE_TYPE = Union[int, Sequence[int]]


class Move(NamedTuple):
    """Where the pixels of an image go.

    Args:
        matrix (np.ndarray): Affine map from old to new pixel coordinates,
            float64 of shape ``(2, 3)``; x goes right, y down, pixel centres
            lie at integers.
        size (Tuple[int, int]): Height and width of the new image.
        mirrors (bool): Whether left becomes right. Defaults to False.
    """

    matrix: np.ndarray
    size: Tuple[int, int]
    mirrors: bool = False


def to_size(size: SIZE_TYPE) -> Tuple[int, int]:
    """Height and width from an integer or a pair.

    Raises:
        ValueError: If ``size`` is not one or two positive integers.
    """
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or any(
            not isinstance(n, int) or isinstance(n, bool) or n < 1
            for n in pair):
        raise ValueError('size must be a positive integer or (height, width),'
                         f' got {size!r}')
    return pair


def resize_matrix(old: Tuple[int, int], new: Tuple[int, int]) -> np.ndarray:
    """The map of a resize that keeps the image's borders in place.

    Args:
        old (Tuple[int, int]): Height and width before.
        new (Tuple[int, int]): Height and width after.

    Returns:
        np.ndarray: Shape ``(2, 3)``.
    """
    sy, sx = new[0] / old[0], new[1] / old[1]
    return np.array([[sx, 0., (sx - 1) / 2], [0., sy, (sy - 1) / 2]])


def compose(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """The map that applies ``inner`` first, then ``outer``: ``(2, 3)``."""
    product = outer[:, :2] @ inner
    product[:, 2] += outer[:, 2]
    return product


def move_points(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points ``(N, 2)`` after an affine map, float32; NaN stays NaN."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def move_boxes(boxes: np.ndarray, matrix: np.ndarray,
               size: Tuple[int, int]) -> np.ndarray:
    """The upright boxes around moved boxes, clipped to the image.

    Args:
        boxes (np.ndarray): Shape ``(M, 4)``: x1, y1, x2, y2 as distances of
            edges from the image's upper left corner, so that the box of a
            whole image is (0, 0, width, height).
        matrix (np.ndarray): Shape ``(2, 3)``, between pixel centres.
        size (Tuple[int, int]): Height and width of the new image.

    Returns:
        np.ndarray: Float32 of shape ``(M, 4)``.
    """
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2)
    corners = move_points(corners - 0.5, matrix).reshape(-1, 4, 2) + 0.5
    hull = np.concatenate([corners.min(1), corners.max(1)], axis=1)
    height, width = size
    return hull.clip(0, [width, height, width, height]).astype(np.float32)


def move_image(img: np.ndarray, matrix: np.ndarray, size: Tuple[int, int],
               interpolation: int, fill: Sequence[int],
               border: int) -> np.ndarray:
    """An image after an affine map.

    Mirrors and resizes take OpenCV's special functions, which are faster
    than a general warp and follow the same coordinates.

    Args:
        img (np.ndarray): Shape ``(H, W)`` or ``(H, W, C)``.
        matrix (np.ndarray): Shape ``(2, 3)``.
        size (Tuple[int, int]): Height and width of the result.
        interpolation (int): A flag of OpenCV.
        fill (Sequence[int]): What to put where no pixel comes from.
        border (int): A border mode of OpenCV.
    """
    old_h, old_w = img.shape[:2]
    height, width = size
    (sx, b, tx), (c, sy, ty) = matrix.tolist()
    if b == 0 and c == 0:
        if (sx, tx, sy, ty) == (1, 0, 1, 0) and size == (old_h, old_w):
            return img
        if (sx, tx, sy, ty) == (-1, old_w - 1, 1, 0) and size == (old_h,
                                                                  old_w):
            return cv2.flip(img, 1)
        if (sx, sy) == (width / old_w, height / old_h) and (tx, ty) == (
            (sx - 1) / 2, (sy - 1) / 2):
            return cv2.resize(img, (width, height),
                              interpolation=interpolation)
    return cv2.warpAffine(img, matrix, (width, height), flags=interpolation,
                          borderMode=border, borderValue=fill)


class GeometricTransform(BaseTransform):
    """What all transforms that move pixels share.

    A subclass says where the pixels go, :meth:`get_move`; this class moves
    everything that lies on them and records what was done.

    **Required Keys:** ``img``

    **Modified Keys:** ``img``, ``img_shape``, ``flip``, and where present
    ``gt_landmarks`` (a point with a NaN stays unknown), ``gt_bboxes``,
    ``gt_mask`` (nearest neighbour, 0 where no pixel comes from).

    **Added Keys:** ``affine``, the float64 map of shape ``(2, 3)`` from the
    pixels of the loaded image to those of the current one.

    Args:
        fill (int or Sequence[int]): Grey value or blue, green and red, 0 to
            255, for places that no pixel comes from. Defaults to 0.
    """

    border = cv2.BORDER_CONSTANT
    interpolation = cv2.INTER_LINEAR

    def __init__(self, fill: Union[int, Sequence[int]] = 0) -> None:
        values = (fill, ) * 3 if isinstance(fill, (int, float)) else fill
        self.fill = tuple(values)
        if len(self.fill) != 3 or any(not 0 <= v <= 255 for v in self.fill):
            raise ValueError('fill must be one or three numbers from 0 to '
                             f'255, got {fill!r}')

    @abstractmethod
    def get_move(self, results: dict) -> Optional[Move]:
        """Where the pixels go, or None to leave everything as it is."""

    def transform(self, results: dict) -> dict:
        """Move the image and all that lies on it.

        Raises:
            AnnotationError: If landmarks cannot be mirrored.
        """
        move = self.get_move(results)
        if move is None:
            return results
        matrix, size, mirrors = move
        results['img'] = move_image(results['img'], matrix, size,
                                    self.interpolation, self.fill,
                                    self.border)
        results['img_shape'] = size
        done = results.get('affine')
        results['affine'] = matrix if done is None else compose(matrix, done)
        results['flip'] = results.get('flip', False) != mirrors
        if 'gt_landmarks' in results:
            self._move_landmarks(results, matrix, mirrors)
        if 'gt_bboxes' in results:
            results['gt_bboxes'] = move_boxes(results['gt_bboxes'], matrix,
                                              size)
        if 'gt_mask' in results:
            results['gt_mask'] = move_image(
                results['gt_mask'], matrix, size, cv2.INTER_NEAREST, (0, ),
                cv2.BORDER_CONSTANT)
        return results

    @staticmethod
    def _move_landmarks(results: dict, matrix: np.ndarray,
                        mirrors: bool) -> None:
        points = move_points(results['gt_landmarks'], matrix)
        if mirrors:
            try:
                points = points[list(mirror_order(len(points)))]
            except ValueError as error:
                raise AnnotationError(
                    str(error), results.get('img_path'),
                    remedy='leave FaceFlip out of the pipeline or leave the '
                    'landmarks out of the annotations') from None
        results['gt_landmarks'] = points
