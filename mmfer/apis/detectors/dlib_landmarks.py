# Copyright (c) mmfer contributors.
import os.path as osp
from importlib.util import find_spec
from typing import List, Optional

import cv2
import numpy as np

from mmfer.datasets.transforms.geometry import fit_similarity, move_points
from mmfer.structures import DetectedFace
from mmfer.structures.landmarks import five_points
from ..pictures import Picture
from .face_detector import DetectorError, FaceDetector

# The side of the box that is searched, and what is seen around it; in pixels.
_SIDE, _MARGIN = 200, 60
_MODEL = 'models/shape_predictor_68_face_landmarks.dat'


class DlibLandmarks(FaceDetector):
    """68 landmarks of each face that another detector finds, by dlib.

    The predictor is of `One Millisecond Face Alignment with an Ensemble of
    Regression Trees
    <https://www.csc.kth.se/~vahidk/papers/KazemiCVPR14.pdf>`_, the points are
    those of iBUG 300-W. It expects a face in the middle of its box. So the
    face is first laid there by the detector's landmarks or, without any, by
    its box; then once more, upright, by the points that were found: our
    choice.

    Args:
        detector (FaceDetector): What finds the faces.
        weights (str, optional): Another file of a predictor with 68 points.
            Defaults to None, the file in the package
            ``face_recognition_models``, which was trained on 300-W: for
            research only.

    Raises:
        DetectorError: If a package is not installed, or the file is absent
            or no predictor of 68 points.
    """

    num_landmarks = 68

    def __init__(self, detector: FaceDetector,
                 weights: Optional[str] = None) -> None:
        self.detector = detector
        weights = weights or _packaged_weights()
        if not osp.isfile(weights):
            raise DetectorError(f'{weights}: no such file of a predictor of '
                                'landmarks')
        try:
            import dlib
            self._predictor = dlib.shape_predictor(weights)
        except ImportError as error:
            raise _absent(error) from None
        except RuntimeError as error:
            raise DetectorError(f'{weights}: no predictor of dlib '
                                f'({error})') from None
        self._box = dlib.rectangle(_MARGIN, _MARGIN, _MARGIN + _SIDE - 1,
                                   _MARGIN + _SIDE - 1)
        size = _SIDE + 2 * _MARGIN
        # Where there is nothing to see, the predictor tells its mean face.
        mean = self._look(np.zeros((size, size), np.uint8))
        if mean.shape != (68, 2):
            raise DetectorError(f'{weights}: a predictor of {len(mean)} '
                                'points, not 68')
        self._mean = five_points(mean)

    @property
    def cropped(self) -> bool:
        """Whether the detector is given crops of faces."""
        return self.detector.cropped

    def detect(self, picture: Picture) -> List[DetectedFace]:
        """See :meth:`FaceDetector.detect`."""
        grey = cv2.cvtColor(picture.image, cv2.COLOR_BGR2GRAY)
        return [
            face._replace(landmarks=self._find(grey, face))
            for face in self.detector(picture)
        ]

    def _find(self, grey: np.ndarray, face: DetectedFace) -> np.ndarray:
        if face.landmarks is None:
            points = self._search(grey, _box_to_middle(face.box))
        else:
            points = self._search(grey, self._face_to_middle(face.landmarks))
        return self._search(grey, self._face_to_middle(points))

    def _face_to_middle(self, landmarks: np.ndarray) -> np.ndarray:
        """The map that lays a face where the mean face is."""
        return fit_similarity(five_points(landmarks), self._mean)

    def _search(self, grey: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """The points, in pixels of the picture, after a map of it."""
        side = _SIDE + 2 * _MARGIN
        crop = cv2.warpAffine(grey, matrix, (side, side),
                              flags=cv2.INTER_LINEAR,
                              borderMode=cv2.BORDER_REPLICATE)
        back = cv2.invertAffineTransform(matrix)
        return move_points(self._look(crop), back).astype(np.float64)

    def _look(self, crop: np.ndarray) -> np.ndarray:
        found = self._predictor(crop, self._box)
        return np.array([(point.x, point.y) for point in found.parts()],
                        dtype=np.float64)


def _box_to_middle(box: np.ndarray) -> np.ndarray:
    """The map that lays a box, made square, into the middle."""
    centre = (box[:2] + box[2:]) / 2 - .5
    factor = _SIDE / (box[2:] - box[:2]).max()
    middle = _MARGIN + (_SIDE - 1) / 2
    return np.column_stack([factor * np.eye(2), middle - factor * centre])


def _packaged_weights() -> str:
    spec = find_spec('face_recognition_models')
    if spec is None:
        raise _absent('no package face_recognition_models')
    return osp.join(osp.dirname(spec.origin), _MODEL)


def _absent(reason: object) -> DetectorError:
    return DetectorError(f'68 landmarks cannot be found here ({reason})',
                         hint="pip install 'mmfer[landmarks]'")
