# Copyright (c) mmfer contributors.
from typing import List

import numpy as np

from mmfer.structures import DetectedFace
from ..pictures import Picture
from .face_detector import FaceDetector


class WholeImage(FaceDetector):
    """Each picture is the crop of one face already, as in the training set.

    It is resized as the test set of the config, and not aligned.
    """

    cropped = True

    def detect(self, picture: Picture) -> List[DetectedFace]:
        """See :meth:`FaceDetector.detect`."""
        height, width = picture.image.shape[:2]
        return [DetectedFace(np.array([0., 0., width, height]))]
