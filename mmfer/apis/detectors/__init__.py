# Copyright (c) mmfer contributors.
from typing import Any, Optional, Union

from .dlib_landmarks import DlibLandmarks
from .face_detector import DetectorError, FaceDetector
from .given_boxes import GivenBoxes
from .mtcnn_detector import MTCNNDetector
from .whole_image import WholeImage
from .yunet_detector import YuNetDetector

__all__ = [
    'DETECTORS', 'LANDMARKS', 'DetectorError', 'DlibLandmarks',
    'FaceDetector', 'GivenBoxes', 'MTCNNDetector', 'WholeImage',
    'YuNetDetector', 'build_detector'
]

DETECTORS = {
    'mtcnn': MTCNNDetector,
    'yunet': YuNetDetector,
    'whole-image': WholeImage
}

LANDMARKS = {'dlib68': DlibLandmarks}


def build_detector(detector: Union[str, FaceDetector],
                   landmarks: Optional[str] = None,
                   **kwargs: Any) -> FaceDetector:
    """A face detector by its name, or as it is.

    Args:
        detector (str or FaceDetector): A key of ``DETECTORS``, or a detector.
        landmarks (str, optional): A key of ``LANDMARKS``: what finds the
            landmarks of each face. Defaults to None: the detector, if it
            does.
        **kwargs: Arguments of the detector.

    Raises:
        DetectorError: If there is none of this name, or it cannot be had.
    """
    if not isinstance(detector, FaceDetector):
        if detector not in DETECTORS:
            raise DetectorError(f'no face detector {detector!r}',
                                hint=f'choose one of {", ".join(DETECTORS)}')
        detector = DETECTORS[detector](**kwargs)
    if landmarks is None:
        return detector
    if landmarks not in LANDMARKS:
        raise DetectorError(f'no finder of landmarks {landmarks!r}',
                            hint=f'choose one of {", ".join(LANDMARKS)}')
    return LANDMARKS[landmarks](detector)
