# Copyright (c) mmfer contributors.
from typing import Dict, Tuple

import numpy as np

from .face_model import PARAMETERS
from .face_parts import sided_units
from .geometry import EXTRA, face_points
from .palette import face_colours


class Face:
    """One face, ready to be drawn on a square canvas.

    Args:
        parameters (np.ndarray): Its face vector, ``(P, )``.
        units (np.ndarray): Its action units, ``(K, )`` in [0, 1].
        canvas_size (int): Height and width of the canvas.
    """

    def __init__(self, parameters: np.ndarray, units: np.ndarray,
                 canvas_size: int) -> None:
        parameters = np.asarray(parameters, np.float64)
        self.p: Dict[str, float] = dict(zip(PARAMETERS, parameters.tolist()))
        self.size = canvas_size
        self.points = face_points(parameters[None], units[None],
                                  canvas_size)[0]
        # Pixels of the canvas per face unit.
        self.unit = self.p['scale'] * canvas_size
        sided = sided_units(units[None], parameters[PARAMETERS.index('skew'),
                                                    None])
        self.sides: Dict[int, Tuple[float, float]] = {
            k: tuple(v[0].tolist()) for k, v in sided.items()}
        self.au: Dict[int, float] = {
            k: max(v) for k, v in self.sides.items()}
        self.colours = face_colours(self.p)
        roll = np.deg2rad(self.p['roll'])
        # Unit vectors of the head's width and height in the picture.
        self.across = np.array([np.cos(roll), np.sin(roll)])
        self.down = np.array([-np.sin(roll), np.cos(roll)])

    def extra(self, name: str) -> np.ndarray:
        """The points of a name in ``EXTRA``, ``(M, 2)``."""
        return self.points[EXTRA[name]]

    def near(self, point: np.ndarray, right: float,
             below: float) -> np.ndarray:
        """A place beside a point, in face units along the head's axes."""
        return point + self.unit * (right * self.across + below * self.down)

    def eye(self, side: int) -> np.ndarray:
        """The six landmarks of an eye, ``(6, 2)``."""
        return self.points[36 + 6 * side:42 + 6 * side]
