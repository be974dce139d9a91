# Copyright (c) mmfer contributors.
from typing import Dict, Sequence, Tuple

import numpy as np

from .expressions import UNITS
from .face_model import PARAMETERS
from .geometry import EXTRA, to_pixels
from .face_parts import ONE_SIDED
from .palette import face_colours


class Face:
    """One face, ready to be drawn on a square canvas.

    Args:
        parameters (np.ndarray): Its face vector, ``(P, )``.
        units (np.ndarray): Its action units, ``(K, )`` in [0, 1].
        points (np.ndarray): Its points in shares of the picture,
            ``(POINTS, 2)``, from :func:`face_points`.
        canvas_size (int): Height and width of the canvas.
    """

    def __init__(self, parameters: np.ndarray, units: np.ndarray,
                 points: np.ndarray, canvas_size: int) -> None:
        self.p: Dict[str, float] = dict(zip(PARAMETERS, parameters.tolist()))
        self.size = canvas_size
        self.points = to_pixels(points.astype(np.float64), canvas_size)
        # Pixels of the canvas per face unit.
        self.unit = self.p['scale'] * canvas_size
        # Intensities by FACS number; the mouth's also on each side.
        self.au: Dict[int, float] = dict(zip(UNITS, units.tolist()))
        skew = self.p['skew']
        weak = (1 - max(skew, 0.), 1 - max(-skew, 0.))
        self.sides: Dict[int, Tuple[float, float]] = {
            k: (v * weak[0], v * weak[1]) if k in ONE_SIDED else (v, v)
            for k, v in self.au.items()}
        self.colours = face_colours(self.p)
        roll = np.deg2rad(self.p['roll'])
        # Unit vectors of the head's width and height in the picture.
        self.across = np.array([np.cos(roll), np.sin(roll)])
        self.down = np.array([-np.sin(roll), np.cos(roll)])
        self._cos, self._sin = (self.unit * self.across).tolist()

    def extra(self, name: str) -> np.ndarray:
        """The points of a name in ``EXTRA``, ``(M, 2)``."""
        return self.points[EXTRA[name]]

    def near(self, point: Sequence[float], right: float,
             below: float) -> Tuple[float, float]:
        """A place beside a point, in face units along the head's axes."""
        x, y = point
        return (float(x) + right * self._cos - below * self._sin,
                float(y) + right * self._sin + below * self._cos)

    def eye(self, side: int) -> np.ndarray:
        """The six landmarks of an eye, ``(6, 2)``."""
        return self.points[36 + 6 * side:42 + 6 * side]
