# Copyright (c) mmfer contributors.
from typing import Any, Union

from .face_detector import DetectorError, FaceDetector
from .given_boxes import GivenBoxes
from .mtcnn_detector import MTCNNDetector
from .whole_image import WholeImage
from .yunet_detector import YuNetDetector

__all__ = [
    'DETECTORS', 'DetectorError', 'FaceDetector', 'GivenBoxes',
    'MTCNNDetector', 'WholeImage', 'YuNetDetector', 'build_detector'
]

DETECTORS = {
    'mtcnn': MTCNNDetector,
    'yunet': YuNetDetector,
    'whole-image': WholeImage
}


def build_detector(detector: Union[str, FaceDetector],
                   **kwargs: Any) -> FaceDetector:
    """A face detector by its name, or as it is.

    Args:
        detector (str or FaceDetector): A key of ``DETECTORS``, or a detector.
        **kwargs: Arguments of the detector.

    Raises:
        DetectorError: If there is none of this name, or it cannot be had.
    """
    if isinstance(detector, FaceDetector):
        return detector
    if detector not in DETECTORS:
        raise DetectorError(f'no face detector {detector!r}. Remedy: choose '
                            f'one of {", ".join(DETECTORS)}')
    return DETECTORS[detector](**kwargs)
