# Copyright (c) mmfer contributors.
from typing import Any, Dict, Optional

import numpy as np

from mmfer.registry import TRANSFORMS
from mmfer.structures import AnnotationError
from mmfer.structures.landmarks import five_points
from .geometric_transform import (COLOUR_TYPE, SIZE_TYPE, GeometricTransform,
                                  Move, to_size)
from .geometry import compose, fit_similarity, resize_matrix

# Recipe -> size of the result and where the points go, x and y in its pixels.
# arcface112: the template published with ArcFace (Deng et al., CVPR 2019)
#   for left eye, right eye, nose tip, left and right mouth corner.
# rafdb100: RAF-DB was aligned by both eyes and the middle of the mouth to
#   100x100 pixels; its authors' positions are not known, these are our choice.
# box-margin: no points; the square around the middle of the face box whose
#   side is the longer side of the box plus the margin on both ends.
ALIGN_RECIPES: Dict[str, Dict[str, Any]] = {
    'arcface112': dict(
        size=(112, 112),
        points=((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366),
                (41.5493, 92.3655), (70.7299, 92.2041))),
    'rafdb100': dict(
        size=(100, 100), points=((31.5, 38.), (67.5, 38.), (49.5, 79.))),
    'box-margin': dict(size=(112, 112), margin=0.2),
}  # yapf: disable


@TRANSFORMS.register_module()
class FaceAlign(GeometricTransform):
    """Bring a face to a fixed place by a named recipe.

    The recipe and its parameters are recorded as ``align`` in the sample. See
    :class:`GeometricTransform` for the other keys.

    **Required Keys:** ``gt_landmarks`` of 5 or 68 points for ``arcface112``
    and ``rafdb100``; one box in ``gt_bboxes`` for ``box-margin``.

    Args:
        recipe (str): A key of ``ALIGN_RECIPES``.
        size (int or Sequence[int], optional): Side of the square, or height
            and width; the template is scaled along. Defaults to None, the
            size of the recipe.
        margin (float, optional): For ``box-margin``, what to add at each end
            as a part of the longer side of the box. Defaults to None, the
            margin of the recipe.
        fill (int or Sequence[int]): See :class:`GeometricTransform`.
            Defaults to 0.

    Raises:
        ValueError: If an argument is out of range.
        AnnotationError: If the landmarks or the box are absent, NaN or
            cannot be those of a face.
    """

    def __init__(self,
                 recipe: str,
                 size: Optional[SIZE_TYPE] = None,
                 margin: Optional[float] = None,
                 fill: COLOUR_TYPE = 0) -> None:
        super().__init__(fill)
        if recipe not in ALIGN_RECIPES:
            raise ValueError(f'unknown recipe {recipe!r}; known: '
                             f'{sorted(ALIGN_RECIPES)}')
        table = ALIGN_RECIPES[recipe]
        self.recipe = recipe
        self.size = table['size'] if size is None else to_size(size)
        self.margin = table.get('margin') if margin is None else margin
        if margin is not None and 'margin' not in table:
            raise ValueError(f'recipe {recipe!r} has no margin')
        if self.margin is not None and not -0.5 < self.margin < 10:
            raise ValueError('margin must be a number between -0.5 and 10, '
                             f'got {margin!r}')
        self._template = np.array(table.get('points', ()))
        self._scale = resize_matrix(table['size'], self.size)

    def get_move(self, results: dict) -> Move:
        """See :meth:`GeometricTransform.get_move`."""
        if self.recipe == 'box-margin':
            matrix = self._from_box(results)
        else:
            matrix = compose(self._scale, self._from_points(results))
        results['align'] = dict(recipe=self.recipe, size=self.size)
        if self.margin is not None:
            results['align']['margin'] = self.margin
        return Move(matrix, self.size)

    def _from_points(self, results: dict) -> np.ndarray:
        """The map that brings the landmarks to the template."""
        if 'gt_landmarks' not in results:
            self._refuse(results, 'there are no landmarks')
        try:
            points = five_points(results['gt_landmarks'])
        except ValueError as error:
            self._refuse(results, str(error))
        if len(self._template) == 3:
            points = np.stack([points[0], points[1], points[3:].mean(0)])
        if not np.isfinite(points).all():
            self._refuse(results, 'the landmarks hold NaN', points.tolist())
        across = points[1] - points[0]
        down = points[2:].mean(0) - points[:2].mean(0)
        area = across[0] * down[1] - across[1] * down[0]
        if area < -0.3 * (down @ down):
            self._refuse(results, 'the left eye lies on the right; left and '
                         'right are those of the picture', points.tolist())
        try:
            return fit_similarity(points, self._template)
        except ValueError as error:
            self._refuse(results, str(error), points.tolist())

    def _from_box(self, results: dict) -> np.ndarray:
        """The map that brings the square around the box to the image."""
        boxes = np.asarray(results.get('gt_bboxes', ()), dtype=np.float64)
        if boxes.shape != (1, 4):
            self._refuse(results, 'one face box of shape (1, 4) belongs in '
                         'gt_bboxes', boxes.shape)
        x1, y1, x2, y2 = boxes[0].tolist()
        if not (x1 < x2 and y1 < y2):
            self._refuse(results, 'the face box is empty or holds NaN',
                         boxes[0].tolist())
        side = max(x2 - x1, y2 - y1) * (1 + 2 * self.margin)
        height, width = self.size
        sx, sy = width / side, height / side
        # Boxes are measured from edges, matrices between pixel centres.
        return np.array([
            [sx, 0., (width - 1) / 2 - sx * ((x1 + x2) / 2 - 0.5)],
            [0., sy, (height - 1) / 2 - sy * ((y1 + y2) / 2 - 0.5)],
        ])

    def _refuse(self, results: dict, problem: str, value: Any = None) -> None:
        raise AnnotationError(
            f'FaceAlign {self.recipe!r}: {problem}', results.get('img_path'),
            value=value, hint='correct or add the annotation, or resize '
            'with FaceResize in place of FaceAlign')

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(recipe={self.recipe!r}, '
                f'size={self.size}, margin={self.margin}, fill={self.fill})')
