# Copyright (c) mmfer contributors.
import os.path as osp
from typing import List

import cv2
import numpy as np

from mmfer.structures import DetectedFace
from ..pictures import Picture
from .face_detector import DetectorError, FaceDetector, shrink


class YuNetDetector(FaceDetector):
    """YuNet by OpenCV's ``FaceDetectorYN``.

    From `YuNet: A Tiny Millisecond-level Face Detector
    <https://doi.org/10.1007/s11633-023-1423-y>`_.

    Args:
        weights (str): Its ONNX file, ``face_detection_yunet_*.onnx`` of the
            OpenCV model zoo.
        threshold (float): The least score of a face, in [0, 1]. Defaults to
            0.8, our choice.
        longest_side (int): Larger pictures are shrunk to it before the
            search, in pixels. Defaults to 1280, our choice.

    Raises:
        DetectorError: If the file is missing or no YuNet, or OpenCV is too
            old.
    """

    num_landmarks = 5

    def __init__(self,
                 weights: str,
                 threshold: float = 0.8,
                 longest_side: int = 1280) -> None:
        if not hasattr(cv2, 'FaceDetectorYN'):
            raise DetectorError('this OpenCV has no FaceDetectorYN',
                                hint='pip install "opencv-python>=4.8"')
        if not osp.isfile(weights):
            raise DetectorError(
                f'{weights}: no such file; YuNet needs its ONNX file',
                hint='check the path, or take another detector')
        self.longest_side = longest_side
        try:
            self._net = cv2.FaceDetectorYN.create(
                weights, '', (320, 320), score_threshold=threshold)
        except cv2.error as error:
            raise DetectorError(f'{weights}: OpenCV cannot use this file as '
                                f'YuNet ({error.err})',
                                hint='download it again, or '
                                'update OpenCV') from None

    def detect(self, picture: Picture) -> List[DetectedFace]:
        """See :meth:`FaceDetector.detect`."""
        image, factor = shrink(picture.image, self.longest_side)
        self._net.setInputSize(image.shape[1::-1])
        _, rows = self._net.detect(image)
        # Box, five points and score. OpenCV's right eye is that of the
        # person: it comes first and lies on the left of the picture.
        return [] if rows is None else [
            DetectedFace(
                np.concatenate([row[:2], row[:2] + row[2:4]]) / factor,
                row[4:14].reshape(5, 2) / factor, float(row[14]))
            for row in rows.astype(np.float64)
        ]
