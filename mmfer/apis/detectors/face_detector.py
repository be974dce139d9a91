# Copyright (c) mmfer contributors.
from abc import ABC, abstractmethod
from typing import List, Tuple

import cv2
import numpy as np

from mmfer.errors import UserError
from mmfer.structures import DetectedFace

from ..pictures import Picture


class DetectorError(UserError, RuntimeError):
    """A face detector that cannot be had or used."""


class FaceDetector(ABC):
    """What finds the faces in a picture."""

    #: How many landmarks each face has at least, 0 for none.
    num_landmarks = 0
    #: Whether pictures are crops of faces already; these are not aligned.
    cropped = False

    @property
    def most_landmarks(self) -> int:
        """How many landmarks a face has at most."""
        return self.num_landmarks

    @abstractmethod
    def detect(self, picture: Picture) -> List[DetectedFace]:
        """The faces in any order; boxes may reach beyond the picture."""

    def __call__(self, picture: Picture) -> List[DetectedFace]:
        """The faces in a picture.

        Args:
            picture (Picture): The picture.

        Returns:
            list[DetectedFace]: From left to right, their boxes clipped to the
            picture; what lies outside is left out.
        """
        height, width = picture.image.shape[:2]
        faces = []
        for face in self.detect(picture):
            box = np.asarray(face.box, dtype=np.float64).clip(
                0, [width, height, width, height])
            if box[0] < box[2] and box[1] < box[3]:
                faces.append(face._replace(box=box))
        return sorted(faces, key=lambda face: tuple(face.box))


def shrink(image: np.ndarray, longest_side: int) -> Tuple[np.ndarray, float]:
    """An image whose longer side is at most so long, and the factor."""
    factor = min(1., longest_side / max(image.shape[:2]))
    if factor == 1:
        return image, factor
    return cv2.resize(
        image, None, fx=factor, fy=factor,
        interpolation=cv2.INTER_AREA), factor
