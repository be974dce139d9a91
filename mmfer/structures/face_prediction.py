# Copyright (c) mmfer contributors.
"""What is found and predicted in pictures that come without annotations."""
from dataclasses import dataclass, field
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np


class DetectedFace(NamedTuple):
    """A face in a picture.

    Args:
        box (np.ndarray): x1, y1, x2, y2 as distances in pixels from the left
            and upper edge of the picture, float64 of shape ``(4, )``.
        landmarks (np.ndarray, optional): Points in pixels, the centre of the
            first pixel is 0, ``(5, 2)`` or ``(68, 2)``, see
            :func:`mmfer.structures.landmarks.five_points`. Defaults to None.
        score (float): How sure the detector is, in [0, 1]. Defaults to 1.
    """

    box: np.ndarray
    landmarks: Optional[np.ndarray] = None
    score: float = 1.


class AttentionMap(NamedTuple):
    """Where a model looked in a face.

    Args:
        values (np.ndarray): In [0, 1], over the crop that the model saw,
            float32 of shape ``(H, W)`` of any size.
        size (Tuple[int, int]): Height and width of that crop in pixels.
        affine (np.ndarray): The map of shape ``(2, 3)`` from pixels of the
            picture to those of the crop.
    """

    values: np.ndarray
    size: Tuple[int, int]
    affine: np.ndarray


@dataclass
class FacePrediction:
    """What a model says about a face.

    Args:
        face (DetectedFace): The face.
        scores (Dict[str, float]): Probabilities of the expressions by name,
            in the order of the model.
        aus (Dict[str, float]): Probabilities of action units by name; empty
            for a model without them.
        va (Tuple[float, float], optional): Valence and arousal in [-1, 1].
            Defaults to None.
        confidence (float, optional): How far the model trusts its
            prediction, in [0, 1]. Defaults to None.
        patch_weights (List[float], optional): Weights of the patches of the
            face, in the order of the model. Defaults to None.
        track (int, optional): The number of the person in a video, kept from
            frame to frame. Defaults to None.
        attention (AttentionMap, optional): Where the model looked. Defaults
            to None.
    """

    face: DetectedFace
    scores: Dict[str, float]
    aus: Dict[str, float] = field(default_factory=dict)
    va: Optional[Tuple[float, float]] = None
    confidence: Optional[float] = None
    patch_weights: Optional[List[float]] = None
    track: Optional[int] = None
    attention: Optional[AttentionMap] = None

    @property
    def expression(self) -> str:
        """The most probable expression."""
        return max(self.scores, key=self.scores.get)

    def to_dict(self) -> Dict[str, Any]:
        """In types that JSON knows, without the attention map; what the
        model does not predict is left out."""
        face = self.face
        known = dict(
            box=_rounded(face.box),
            landmarks=None if face.landmarks is None else [
                _rounded(point) for point in face.landmarks
            ],
            detection_score=float(face.score),
            track=self.track,
            expression=self.expression,
            scores=self.scores,
            confidence=self.confidence,
            aus=self.aus or None,
            va=None if self.va is None else dict(
                zip(('valence', 'arousal'), self.va)),
            patch_weights=self.patch_weights)
        return {k: v for k, v in known.items() if v is not None}


@dataclass
class PicturePrediction:
    """What a model says about a picture or a frame of a video.

    Args:
        source (str): The file; ``'[3]'`` for the fourth of given arrays;
            ``'camera 0'``.
        faces (List[FacePrediction]): The faces, empty for none.
        frame (int, optional): The number of the frame in a video, from 0.
            Defaults to None.
        seconds (float, optional): When the frame is shown. Defaults to None.
        problem (str, optional): Why the picture could not be read. Defaults
            to None, it could.
    """

    source: str
    faces: List[FacePrediction] = field(default_factory=list)
    frame: Optional[int] = None
    seconds: Optional[float] = None
    problem: Optional[str] = None

    def to_dict(self) -> Dict[str, Any]:
        """In types that JSON knows."""
        known = dict(
            source=self.source,
            frame=self.frame,
            seconds=None if self.seconds is None else round(self.seconds, 4),
            problem=self.problem,
            faces=[face.to_dict() for face in self.faces])
        return {k: v for k, v in known.items() if v is not None}


def _rounded(values: np.ndarray) -> List[float]:
    """Pixels to a hundredth."""
    return [round(float(value), 2) for value in values]
