# Copyright (c) mmfer contributors.
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from mmfer.datasets.tables import read_csv, to_float, to_int
from mmfer.errors import ConfigError
from mmfer.files import from_spreadsheet_cell
from mmfer.structures import AnnotationError, DetectedFace
from ..pictures import Picture
from .face_detector import FaceDetector

BOX_COLUMNS = ('left', 'top', 'right', 'bottom')


class GivenBoxes(FaceDetector):
    """Boxes that are known already.

    Args:
        faces (Mapping): From the name of a picture (``Picture.source``), for
            a video a pair of name and number of the frame, to its faces:
            boxes of four numbers or :class:`DetectedFace`.

    Raises:
        ValueError: If a box does not consist of four numbers.

    Examples:
        >>> GivenBoxes({'a.jpg': [(10, 20, 60, 70)]})  # doctest: +SKIP
        >>> GivenBoxes.from_csv('faces.csv')  # doctest: +SKIP
    """

    def __init__(self, faces: Mapping) -> None:
        self._faces: Dict[Tuple[str, Optional[int]], List[DetectedFace]] = {}
        for key, given in faces.items():
            key = key if isinstance(key, tuple) else (key, None)
            self._faces[key] = [_to_face(face, key[0]) for face in given]
        self._names = {name for name, _ in self._faces}
        numbers = [0 if face.landmarks is None else len(face.landmarks)
                   for some in self._faces.values() for face in some]
        self.num_landmarks = min(numbers, default=0)
        self._most_landmarks = max(numbers, default=0)

    @property
    def most_landmarks(self) -> int:
        """See :attr:`FaceDetector.most_landmarks`."""
        return self._most_landmarks

    @classmethod
    def from_csv(cls, path: str) -> 'GivenBoxes':
        """Boxes from a CSV file, such as the inferencer writes.

        Args:
            path (str): The file, with the columns ``path``, ``left``,
                ``top``, ``right`` and ``bottom`` in pixels; ``frame`` for
                videos; ``x0``, ``y0``, ``x1`` ... for landmarks. Further
                columns do not matter. A row without a box stands for a
                picture without faces.

        Raises:
            FileNotFoundError: If there is no such file.
            AnnotationError: If a row is malformed.
        """
        faces: Dict[tuple, list] = {}
        for line, row in read_csv(path, ('path', *BOX_COLUMNS),
                                  ('frame', )):
            frame = row.get('frame') or None
            if frame is not None:
                frame = to_int(frame, 'frame', path, line, 0)
            name = from_spreadsheet_cell(row['path'])
            found = faces.setdefault((name, frame), [])
            if any(row[name] for name in BOX_COLUMNS):
                found.append(_read_face(row, path, line))
        return cls(faces)

    def detect(self, picture: Picture) -> List[DetectedFace]:
        """See :meth:`FaceDetector.detect`.

        Raises:
            AnnotationError: If nothing is given for the picture.
        """
        if picture.source not in self._names:
            raise AnnotationError(
                'no boxes are given for this picture', picture.source,
                hint='name it as in the boxes, of which the first is '
                f'{min(self._names, default=None)!r}')
        return self._faces.get((picture.source, picture.frame), [])


def _to_face(face: Sequence[float], name: str) -> DetectedFace:
    if isinstance(face, DetectedFace):
        return face
    box = np.asarray(face, dtype=np.float64)
    if box.shape != (4, ) or not np.isfinite(box).all():
        raise ConfigError(f'{name}: a box is x1, y1, x2, y2, got {face!r}',
                          hint='give four numbers for each face')
    return DetectedFace(box)


def _read_face(row: Dict[str, str], path: str, line: int) -> DetectedFace:
    box = np.array([to_float(row[name], name, path, line)
                    for name in BOX_COLUMNS])
    if not (box[0] < box[2] and box[1] < box[3]):
        raise AnnotationError(
            'the box is empty', path, line, box.tolist(),
            'left < right and top < bottom, in pixels')
    points = []
    while row.get(f'x{len(points)}'):
        names = (f'{axis}{len(points)}' for axis in 'xy')
        points.append([to_float(row.get(name, ''), name, path, line)
                       for name in names])
    return DetectedFace(box, np.array(points) if points else None)
