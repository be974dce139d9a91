# Copyright (c) mmfer contributors.
"""Faces of a video, kept apart and steadied from frame to frame."""
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence

import numpy as np

from mmfer.errors import ConfigError
from mmfer.structures import FacePrediction


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes.

    Args:
        first (np.ndarray): x1, y1, x2, y2, shape ``(M, 4)``.
        second (np.ndarray): Shape ``(N, 4)``.

    Returns:
        np.ndarray: In [0, 1], shape ``(M, N)``.
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = (high - low).clip(0).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1)
             for boxes in (first, second)]
    return shared / (areas[0][:, None] + areas[1][None] - shared).clip(1e-9)


@dataclass
class _Track:
    """A person: the last box, the mean so far, when last seen."""
    number: int
    box: np.ndarray
    values: Dict[str, np.ndarray]
    frame: int


class TemporalSmoothing:
    """Follow each face through a video and average what is predicted.

    Faces are matched with those of the frames before by the overlap of their
    boxes, the best pair first. Scores, action units, valence, arousal and
    confidence become exponential moving averages; boxes stay as found.

    Args:
        momentum (float): What the average keeps at each frame, in [0, 1); 0
            follows faces without averaging.
        min_overlap (float): The least overlap of one face in two frames, in
            (0, 1]. Defaults to 0.3, our choice.
        patience (int): For how many frames a face may be lost. Defaults to
            15, our choice.

    Raises:
        ValueError: If ``momentum`` is out of range.
    """

    def __init__(self,
                 momentum: float,
                 min_overlap: float = 0.3,
                 patience: int = 15) -> None:
        if not 0 <= momentum < 1:
            raise ConfigError(f'smoothing must lie in [0, 1), got {momentum}',
                              hint='0.8 keeps four fifths at each frame')
        self.momentum = momentum
        self.min_overlap = min_overlap
        self.patience = patience
        self._tracks: List[_Track] = []
        self._frame = self._known = 0

    def __call__(self, faces: Sequence[FacePrediction]) -> None:
        """Number and smooth the faces of the next frame, in place."""
        self._tracks = [
            track for track in self._tracks
            if self._frame - track.frame - 1 <= self.patience
        ]
        for face, track in zip(faces, self._match(faces)):
            new = _values(face)
            if track is None:
                track = _Track(self._known, face.face.box, new, self._frame)
                self._known += 1
                self._tracks.append(track)
            else:
                track.values = {
                    name: self.momentum * track.values[name] +
                    (1 - self.momentum) * value
                    for name, value in new.items()
                }
                track.box, track.frame = face.face.box, self._frame
            face.track = track.number
            _write(face, track.values)
        self._frame += 1

    def _match(self, faces: Sequence[FacePrediction]
               ) -> List[Optional[_Track]]:
        """The track of each face, None for a new one."""
        found: List[Optional[_Track]] = [None] * len(faces)
        if not faces or not self._tracks:
            return found
        shared = overlaps(
            np.stack([face.face.box for face in faces]),
            np.stack([track.box for track in self._tracks]))
        while shared.max() >= self.min_overlap:
            row, column = np.unravel_index(shared.argmax(), shared.shape)
            found[row] = self._tracks[column]
            shared[row], shared[:, column] = -1, -1
        return found


def _values(face: FacePrediction) -> Dict[str, np.ndarray]:
    """What is averaged, as arrays."""
    known = dict(
        scores=list(face.scores.values()),
        aus=list(face.aus.values()),
        va=face.va,
        confidence=face.confidence)
    return {name: np.asarray(value) for name, value in known.items()
            if value is not None}


def _write(face: FacePrediction, values: Dict[str, np.ndarray]) -> None:
    for name in ('scores', 'aus'):
        named = getattr(face, name)
        setattr(face, name, dict(zip(named, values[name].tolist())))
    if 'va' in values:
        face.va = tuple(values['va'].tolist())
    if 'confidence' in values:
        face.confidence = float(values['confidence'])
