# Copyright (c) mmfer contributors.
from typing import Sequence

import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.datasets.synthetic import (OCCLUDERS, face_points, paste_occluder,
                                      sample_bare_faces)
from mmfer.datasets.synthetic.counter_random import uniforms
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS
from mmfer.structures import AnnotationError
from mmfer.structures.landmarks import five_points
from .face_align import ALIGN_RECIPES
from .geometric_transform import to_probability
from .geometry import fit_similarity, move_points


@TRANSFORMS.register_module()
class PasteOccluder(BaseTransform):
    """Cover a part of a face by an occluder of the synthetic renderer.

    An occluder is drawn as on a :class:`~mmfer.datasets.SyntheticFER` face
    whose eyes and mouth are at those of the given face, in gray on a gray
    image. It depends on the seed and ``sample_idx`` alone, so that a face has
    the same occluder in each epoch, process and run. Transforms that follow
    move the mask with the pixels;
    :class:`~mmfer.evaluation.OcclusionMetric` reads it.

    **Required Keys:** ``img`` (uint8 of shape ``(H, W, 3)``), ``sample_idx``;
    ``gt_landmarks`` of 5 or 68 points are used where present and finite.

    **Modified Keys:** ``img``

    **Added Keys:** ``gt_mask``, uint8 of shape ``(H, W)``, 1 where the
    occluder covers at least half of the pixel (or where the mask was 1
    before), 0 everywhere on faces without an occluder.

    Args:
        prob (float): The proportion of faces that get an occluder. Defaults
            to 0.5.
        occluders (Sequence[str]): Which, equally often: ``'mask'``,
            ``'glasses'`` (a frame only), ``'sunglasses'``, ``'hand'``.
            Defaults to ``('mask', 'sunglasses', 'hand')``.
        seed (int): Selects other faces and occluders, at least 0. Defaults
            to 0.
        recipe (str): A key of ``ALIGN_RECIPES`` with points: where eyes and
            mouth are in images without landmarks. Defaults to
            ``'rafdb100'``, which also fits FER2013 and FERPlus.

    Raises:
        ConfigError: If an argument is out of range, or a sample has no
            ``sample_idx``.
        AnnotationError: If there are landmarks, but not 5 or 68.
    """

    def __init__(self,
                 prob: float = 0.5,
                 occluders: Sequence[str] = ('mask', 'sunglasses', 'hand'),
                 seed: int = 0,
                 recipe: str = 'rafdb100') -> None:
        self.prob = to_probability(prob)
        self.occluders = tuple(occluders)
        if not self.occluders or set(self.occluders) - set(OCCLUDERS[1:]):
            raise ConfigError(f'occluders must be some of {OCCLUDERS[1:]}, '
                              f'got {occluders!r}')
        if seed < 0:
            raise ConfigError(f'seed must be at least 0, got {seed}')
        known = [k for k, v in ALIGN_RECIPES.items() if 'points' in v]
        if recipe not in known:
            raise ConfigError(f'recipe must be one of {known}, got {recipe!r}')
        self.seed, self.recipe = seed, recipe

    def transform(self, results: dict) -> dict:
        """Cover one face, or only add its empty mask."""
        if 'sample_idx' not in results:
            raise ConfigError(
                'PasteOccluder found no sample_idx, by which it chooses the '
                'occluder', hint='use it in the pipeline of a dataset')
        index = np.array([results['sample_idx']])
        height, width = results['img'].shape[:2]
        mask = results.get('gt_mask')
        if mask is None:
            mask = np.zeros((height, width), np.uint8)
        chance, kind = uniforms(self.seed, 'paste', index, 2)[0]
        if chance < self.prob:
            name = self.occluders[int(kind * len(self.occluders))]
            face = sample_bare_faces(self.seed, 'paste', index, name)
            points = face_points(*face)[0].astype(np.float64)
            matrix = fit_similarity(
                _eyes_and_mouth(five_points(points[:68])),
                _eyes_and_mouth(self._target(results)))
            results['img'], hidden = paste_occluder(
                results['img'], face[0][0], face[1][0],
                move_points(points, matrix), matrix)
            mask = np.maximum(mask, hidden)
        results['gt_mask'] = mask
        return results

    def _target(self, results: dict) -> np.ndarray:
        """Return the face's five points, or the three of a recipe, x and y
        as fractions of the longer side of the image."""
        height, width = results['img'].shape[:2]
        side = max(height, width)
        if results.get('gt_landmarks') is not None:
            try:
                points = five_points(results['gt_landmarks'])
            except ValueError as error:
                raise AnnotationError(
                    str(error), results.get('img_path')) from None
            if np.isfinite(points).all():
                return (points + .5) / side
        table = ALIGN_RECIPES[self.recipe]
        scale = np.array([width, height]) / table['size'][::-1] / side
        return (np.array(table['points']) + .5) * scale

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(prob={self.prob}, '
                f'occluders={self.occluders}, seed={self.seed}, '
                f'recipe={self.recipe!r})')


def _eyes_and_mouth(points: np.ndarray) -> np.ndarray:
    """Return eyes and the middle of the mouth, ``(3, 2)``, of five points or
    of these three."""
    if len(points) == 3:
        return points
    return np.stack([points[0], points[1], points[3:].mean(0)])
