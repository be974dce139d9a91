# Copyright (c) mmfer contributors.
"""Where the faces of a dataset are, found once and kept in a CSV file."""
import csv
import os.path as osp
from typing import Any, Callable, Dict, Iterable, List, Optional, TextIO, Tuple

import numpy as np

from mmfer.datasets.auxiliary.sample_index import bare_name
from mmfer.datasets.number_table import read_header
from mmfer.datasets.reader_configs import map_readers
from mmfer.datasets.tables import read_csv
from mmfer.errors import ConfigError
from mmfer.registry import DATASETS, TRANSFORMS
from mmfer.structures import AnnotationError, DetectedFace, ImageError

from .detectors import FaceDetector
from .detectors.given_boxes import BOX_COLUMNS
from .pictures import Picture


class FaceTable:
    """One face a picture or clip: ``path``, its box, ``x0``, ``y0``, ``x1``
    ... and ``confidence``, as :class:`~mmfer.datasets.auxiliary.CSVLabels` and
    :class:`~mmfer.apis.detectors.GivenBoxes` read them.

    Rows are written as they come. A file that is there is gone on with.

    Args:
        path (str): The file.
        num_landmarks (int): Landmarks of a face. Defaults to 5.

    Raises:
        AnnotationError: If it is another kind of table, or has another
            number of landmarks.
        OSError: If it cannot be written.
    """

    def __init__(self, path: str, num_landmarks: int = 5) -> None:
        self.path = path
        self._numbers = [*BOX_COLUMNS, *(
            f'{axis}{i}' for i in range(num_landmarks) for axis in 'xy')]
        self.columns = ['path', *self._numbers, 'confidence']
        #: Name -> whether a face was found.
        self.found: Dict[str, bool] = {}
        self._file: Optional[TextIO] = None
        if osp.isfile(path):
            _cut_last_line(path)
            header = read_header(path)
            if header != self.columns:
                raise AnnotationError(
                    f'the table to go on with has other columns than one of '
                    f'{num_landmarks} landmarks', path, 1, header,
                    hint='name another file, or remove this one')
            rows = read_csv(path, self.columns)
            self.found = {row['path']: bool(row['x0']) for _, row in rows}

    def write(self, name: str, face: Optional[DetectedFace]) -> None:
        """Add a picture or clip, None for no face."""
        row = dict(path=name)
        if face is not None:
            numbers = [*face.box, *np.ravel(face.landmarks)]
            row.update(zip(self._numbers,
                           (f'{number:.2f}' for number in numbers)))
            row['confidence'] = f'{min(face.score, 1.):.4f}'
        self._writer().writerow(row)
        self._file.flush()
        self.found[name] = face is not None

    def _writer(self) -> csv.DictWriter:
        new = not osp.isfile(self.path)
        if self._file is None:
            self._file = open(self.path, 'a', encoding='utf-8', newline='')
        writer = csv.DictWriter(self._file, self.columns, restval='',
                                lineterminator='\n')
        if new:
            writer.writeheader()
        return writer

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()


def _cut_last_line(path: str) -> None:
    """Cut a row that was not written to its end."""
    with open(path, 'r+b') as file:
        file.truncate(file.read().rfind(b'\n') + 1)


def find_faces(datasets: Iterable[dict],
               detector: FaceDetector,
               table: FaceTable,
               progress: Callable[[Iterable, int], Iterable] = (
                   lambda items, total: items)) -> List[str]:
    """Look for the face in every picture, or the onset frame of every clip.

    Of several faces in a picture the largest counts.

    Args:
        datasets (Iterable[dict]): Configs of readers; the first transform of
            their pipelines opens picture or clip. Their ``auxiliary`` labels
            are not read.
        detector (FaceDetector): What finds faces, with landmarks.
        table (FaceTable): Where to; what stands there is not searched again.
        progress (Callable): Wraps the iteration; called with it and the
            number of samples. Defaults to one that does nothing.

    Returns:
        list[str]: What is wrong with pictures and clips that cannot be
        opened, and those without a face.

    Raises:
        ConfigError: If the detector gives no landmarks, or a pipeline opens
            nothing.
    """
    if not detector.num_landmarks:
        raise ConfigError(f'{type(detector).__name__} gives no landmarks',
                          hint='the detector mtcnn or yunet, or --landmarks '
                          'dlib68')
    todo = {}
    for dataset, opens in map(_open_reader, datasets):
        for index in range(len(dataset)):
            info = dataset.get_data_info(index)
            path, = dataset.image_paths([info])
            todo.setdefault(bare_name(path, dataset.data_root), (opens, info))
    problems = []
    for name, (opens, info) in progress(todo.items(), len(todo)):
        if name in table.found:
            continue
        try:
            image = _first_image(opens(dict(info)))
        except (ImageError, AnnotationError) as error:
            problems.append(str(error))
            continue
        faces = detector(Picture(image, name))
        table.write(name, max(faces, key=_area) if faces else None)
    return problems + [
        f'{name}: no face found' for name in todo
        if table.found.get(name) is False
    ]


def _open_reader(cfg: dict) -> Tuple[Any, Callable[[dict], dict]]:
    """A reader without labels from other files, and what opens a sample."""
    return (DATASETS.build(dict(cfg, pipeline=[], auxiliary=None)),
            TRANSFORMS.build(cfg['pipeline'][0]))


def _first_image(results: dict) -> np.ndarray:
    if 'frames' in results:
        return results['frames'].read([results['onset']])[0]
    if 'img' not in results:
        raise ConfigError(f"{results.get('img_path')}: the first transform "
                          'of the pipeline opens neither picture nor clip',
                          hint='put LoadFERImage or OpenClip there')
    return results['img']


def _area(face: DetectedFace) -> float:
    left, top, right, bottom = face.box
    return (right - left) * (bottom - top)


def readers_of(cfg: Any, splits: Iterable[str]) -> List[dict]:
    """The configs of the readers in the loaders of a config.

    Args:
        cfg (Config): The config.
        splits (Iterable[str]): Some of ``'train'``, ``'val'``, ``'test'``;
            a loader that is not there is passed over.
    """
    found: List[dict] = []
    for split in splits:
        loader = cfg.get(f'{split}_dataloader')
        if loader:
            map_readers(loader.dataset, found.append)
    return found
