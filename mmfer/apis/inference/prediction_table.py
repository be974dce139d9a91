# Copyright (c) mmfer contributors.
import csv
import json
from typing import Any, Dict, List, Sequence

from mmfer.files import atomic_write, spreadsheet_cell
from mmfer.structures import FacePrediction, PicturePrediction
from ..detectors.given_boxes import BOX_COLUMNS
from ..outputs import writable_file
from ..pictures import Picture


class PredictionTable:
    """Predictions in a file, one row or entry a face.

    - ``.csv``: ``path``, ``frame``, ``seconds``, ``face`` (its number in the
      picture, empty where there is none), ``track``, ``left``, ``top``,
      ``right``, ``bottom``, ``detection_score``, ``expression``,
      ``confidence``, ``valence``, ``arousal``, ``problem``, ``score_NAME``
      of each expression, ``AU1`` ..., ``x0``, ``y0``, ``x1`` ... What is
      unknown is empty.
    - ``.json``: ``classes`` and ``pictures``, a list of
      ``PicturePrediction.to_dict()``.

    Args:
        path (str): The file to write.
        classes (Sequence[str]): The expressions.
        au_names (Sequence[str]): The action units.
        num_landmarks (int): How many landmarks faces have at most.

    Raises:
        OutputError: If the ending is another, or nothing can be written
            there.
    """

    def __init__(self, path: str, classes: Sequence[str],
                 au_names: Sequence[str], num_landmarks: int) -> None:
        self.path = writable_file(path, ('.csv', '.json'))
        self.classes = list(classes)
        self._pictures: List[dict] = []
        self._columns = [
            'path', 'frame', 'seconds', 'face', 'track', *BOX_COLUMNS,
            'detection_score', 'expression', 'confidence', 'valence',
            'arousal', 'problem', *(f'score_{name}' for name in classes),
            *au_names,
            *(f'{axis}{i}' for i in range(num_landmarks) for axis in 'xy')
        ]
        if path.endswith('.csv'):
            self._file = open(path, 'w', encoding='utf-8', newline='')
            self._rows = csv.DictWriter(self._file, self._columns)
            self._rows.writeheader()

    def write(self, picture: Picture, found: PicturePrediction) -> None:
        """Add a picture."""
        if self.path.endswith('.json'):
            self._pictures.append(found.to_dict())
            return
        known = found.to_dict()
        start = dict(path=found.source, problem=found.problem,
                     **{k: known.get(k) for k in ('frame', 'seconds')})
        faces = [_row(face) for face in found.faces] or [{}]
        for number, face in enumerate(faces):
            row = dict(start, **face, face=number if face else None)
            self._rows.writerow(
                {key: spreadsheet_cell(value) for key, value in row.items()})

    def close(self) -> None:
        """Finish the file."""
        if self.path.endswith('.csv'):
            self._file.close()
            return
        with atomic_write(self.path) as file:
            json.dump(dict(classes=self.classes, pictures=self._pictures),
                      file, indent=1)


def _row(face: FacePrediction) -> Dict[str, Any]:
    """The cells of a face."""
    known = face.to_dict()
    cells = dict(zip(BOX_COLUMNS, known['box']))
    for i, point in enumerate(known.get('landmarks', ())):
        cells.update({f'x{i}': point[0], f'y{i}': point[1]})
    cells.update({f'score_{k}': v for k, v in face.scores.items()})
    cells.update(face.aus, **known.get('va', {}))
    for name in ('track', 'detection_score', 'expression', 'confidence'):
        cells[name] = known.get(name)
    return cells
