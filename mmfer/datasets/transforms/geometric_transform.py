# Copyright (c) mmfer contributors.
from abc import abstractmethod
from typing import NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.structures import AnnotationError
from mmfer.structures.landmarks import mirror_order
from .geometry import (compose, move_boxes, move_image, move_points,
                       move_vectors)

# An integer for squares or (height, width), in pixels.
SIZE_TYPE = Union[int, Sequence[int]]
# A grey value or blue, green and red, 0 to 255.
COLOUR_TYPE = Union[int, Sequence[int]]


def to_size(size: SIZE_TYPE) -> Tuple[int, int]:
    """Height and width from an integer or a pair.

    Raises:
        ValueError: If ``size`` is not one or two positive integers.
    """
    pair = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if len(pair) != 2 or any(type(n) is not int or n < 1 for n in pair):
        raise ValueError('size must be a positive integer or (height, width),'
                         f' got {size!r}')
    return pair


def to_colour(colour: COLOUR_TYPE, name: str) -> Tuple[int, int, int]:
    """Blue, green and red from a grey value or a triple.

    Raises:
        ValueError: If ``colour`` is not one or three integers in [0, 255].
    """
    triple = (tuple(colour) if isinstance(colour, (tuple, list)) else
              (colour, ) * 3)
    if len(triple) != 3 or any(
            type(n) is not int or not 0 <= n <= 255 for n in triple):
        raise ValueError(f'{name} must be one or three integers from 0 to '
                         f'255, got {colour!r}')
    return triple


def to_probability(prob: float) -> float:
    """``prob`` if it is a probability.

    Raises:
        ValueError: If it is not a number in [0, 1].
    """
    if not isinstance(prob, (int, float)) or not 0 <= prob <= 1:
        raise ValueError(f'prob must be a number in [0, 1], got {prob!r}')
    return prob


class Move(NamedTuple):
    """Where the pixels of an image go.

    Args:
        matrix (np.ndarray): The map, see
            :mod:`mmfer.datasets.transforms.geometry`.
        size (Tuple[int, int]): Height and width of the new image.
        mirrors (bool): Whether left becomes right. Defaults to False.
    """

    matrix: np.ndarray
    size: Tuple[int, int]
    mirrors: bool = False


class GeometricTransform(BaseTransform):
    """What all transforms that move pixels share.

    A subclass says where the pixels go, :meth:`get_move`; this class moves
    everything that lies on them and records what was done.

    **Required Keys:** ``img``

    **Modified Keys:** ``img`` (where ``is_flow``, the vectors in it are
    turned as well), ``img_shape``, ``flip``, and where present
    ``gt_landmarks`` (a point with a NaN stays unknown), ``gt_bboxes`` (upright
    hull, clipped to the image), ``gt_mask`` (nearest neighbour, 0 where no
    pixel comes from).

    **Added Keys:** ``affine``, the float64 map of shape ``(2, 3)`` from the
    pixels of the loaded image to those of the current one.

    Args:
        fill (int or Sequence[int]): Grey value or blue, green and red, 0 to
            255, for places that no pixel comes from. Defaults to 0.
    """

    def __init__(self, fill: COLOUR_TYPE = 0) -> None:
        self.fill = to_colour(fill, 'fill')

    @abstractmethod
    def get_move(self, results: dict) -> Optional[Move]:
        """Where the pixels go, or None to leave everything as it is."""

    def transform(self, results: dict) -> dict:
        """Move the image and all that lies on it.

        Raises:
            AnnotationError: If landmarks, boxes or mask do not fit, or
                landmarks cannot be mirrored.
        """
        old = results['img'].shape[:2]
        move = self.get_move(results)
        if move is None:
            return results
        matrix, size, mirrors = move
        results['img'] = move_image(results['img'], matrix, size, self.fill)
        if results.get('is_flow'):
            results['img'] = move_vectors(results['img'], matrix)
        results['img_shape'] = size
        done = results.get('affine')
        results['affine'] = matrix if done is None else compose(matrix, done)
        results['flip'] = results.get('flip', False) != mirrors
        if 'gt_landmarks' in results:
            results['gt_landmarks'] = self._move_landmarks(
                results, matrix, mirrors)
        if 'gt_bboxes' in results:
            boxes = self._array(results, 'gt_bboxes', 4)
            results['gt_bboxes'] = move_boxes(boxes, matrix, size)
        if 'gt_mask' in results:
            mask = results['gt_mask']
            if mask.shape != old or mask.dtype != np.uint8:
                raise AnnotationError(
                    'gt_mask must be uint8 of the height and width of its '
                    f'image, {old}', results.get('img_path'),
                    value=(mask.shape, str(mask.dtype)))
            results['gt_mask'] = move_image(mask, matrix, size, (0, ), True)
        return results

    def _move_landmarks(self, results: dict, matrix: np.ndarray,
                        mirrors: bool) -> np.ndarray:
        points = self._array(results, 'gt_landmarks', 2)
        points = move_points(points, matrix)
        if not mirrors:
            return points
        try:
            return points[list(mirror_order(len(points)))]
        except ValueError as error:
            raise AnnotationError(
                str(error), results.get('img_path'),
                hint='leave FaceFlip out of the pipeline or the landmarks '
                'out of the annotations') from None

    @staticmethod
    def _array(results: dict, key: str, columns: int) -> np.ndarray:
        array = np.asarray(results[key])
        if array.ndim != 2 or array.shape[1] != columns:
            raise AnnotationError(
                f'{key} must have shape (any, {columns})',
                results.get('img_path'), value=array.shape)
        return array
