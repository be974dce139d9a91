# Copyright (c) mmfer contributors.
import os
import os.path as osp
from typing import Any, Dict, Iterator, List, Sequence, Tuple

import numpy as np

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError, au_names
from .base_fer_dataset import BaseFERDataset
from .folders import IMAGE_SUFFIXES
from .known_values import known_values
from .number_table import NumberTable, read_header, read_number_table
from .tables import require_file, require_folder

_FOLDERS = dict(EXPR='EXPR_Recognition_Challenge',
                AU='AU_Detection_Challenge',
                VA='VA_Estimation_Challenge')
_SPLITS = dict(train='Train_Set', valid='Validation_Set')
_TABLES = dict(train='MTL_Challenge/train_set.txt',
               valid='MTL_Challenge/validation_set.txt')
_UNITS = list(au_names('affwild2'))
# Values of the columns of each task.
_RANGES = dict(expression=(0, 7), au=(0, 1), va=(-1, 1))


@DATASETS.register_module()
class AffWild2(BaseFERDataset):
    """Aff-Wild2: frames of videos with expressions, action units and VA.

    Kollias and Zafeiriou, *Expression, Affect, Action Unit Recognition:
    Aff-Wild2, Multi-Task Learning and ArcFace*, BMVC 2019,
    https://arxiv.org/abs/1910.04855.

    ::

        data_root
        ├── cropped_aligned/VIDEO/00001.jpg ...
        ├── EXPR_Recognition_Challenge/Train_Set/VIDEO.txt, Validation_Set
        ├── AU_Detection_Challenge
        ├── VA_Estimation_Challenge
        └── MTL_Challenge/train_set.txt, validation_set.txt

    A file of the first three has a header, then one line a frame: line
    ``n + 1`` belongs to ``{n:05d}.jpg``. Frames without a picture, where no
    face was found, are left out and counted. The table of the multi-task set
    reads ``image, valence, arousal, expression, AU1 ... AU26``, in this order
    whatever its header calls the units.

    The markers -1 (expression, action units) and -5 (valence, arousal) mean
    unknown: units and VA become NaN. Expressions are known of all samples or
    of none, so frames without one are left out of ``'EXPR'`` and ``'MTL'``;
    ``'MTL-AUVA'`` keeps all frames of the multi-task set and gives no
    expression. Frames about which nothing is known are left out. All is
    counted in the notes. mmfer knows no verified official counts.

    Args:
        data_root (str): The folder above.
        split (str): ``'train'`` or ``'valid'``. Defaults to ``'train'``.
        challenge (str): ``'EXPR'``, ``'AU'``, ``'VA'``, ``'MTL'`` or
            ``'MTL-AUVA'``. Defaults to ``'MTL'``.
        image_folder (str): Where the frames are, below ``data_root``.
            Defaults to ``'cropped_aligned'``.
        frame_step (int): Of the frames of a video take one in so many; not
            for the multi-task set. Defaults to 1.
        **kwargs: See :class:`BaseFERDataset`; ``ann_file`` names another
            table of the multi-task set, below ``data_root``.

    Raises:
        ValueError: If ``challenge`` or ``frame_step`` is none of these.
        AnnotationError: If a file is malformed.
        FileNotFoundError: If a file or folder is missing.
    """

    LABEL_SPACE = 'abaw'
    SPLITS = ('train', 'valid')

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 challenge: str = 'MTL',
                 image_folder: str = 'cropped_aligned',
                 frame_step: int = 1,
                 **kwargs: Any) -> None:
        if challenge not in (*_FOLDERS, 'MTL', 'MTL-AUVA'):
            raise ValueError(
                f"challenge must be one of {[*_FOLDERS, 'MTL', 'MTL-AUVA']}, "
                f'got {challenge!r}')
        if frame_step < 1 or (frame_step > 1 and challenge not in _FOLDERS):
            raise ValueError('frame_step must be at least 1, and 1 for the '
                             f'multi-task set, got {frame_step!r}')
        self.challenge, self.image_folder = challenge, image_folder
        self.frame_step = frame_step
        metainfo = dict(kwargs.pop('metainfo', None) or {})
        if challenge not in ('EXPR', 'VA'):
            metainfo['au_names'] = au_names('affwild2')
        super().__init__(
            data_root=data_root, split=split, metainfo=metainfo, **kwargs)

    def load_samples(self) -> List[dict]:
        """Read the annotations of the challenge."""
        self._images = require_folder(
            osp.join(self.data_root, self.image_folder),
            'Aff-Wild2 wants the frames in cropped_aligned; image_folder= '
            'names another place')
        self._left_out = dict.fromkeys(
            ('without expression', 'of which nothing is known',
             'without picture'), 0)
        videos = (self._read_videos() if self.challenge in _FOLDERS else
                  [self._read_table()])
        samples = [sample for paths, values in videos
                   for sample in self._samples(paths, values)]
        self.notes = [f'challenge {self.challenge}'] + [
            f'{number} frames {reason} left out'
            for reason, number in self._left_out.items() if number]
        if self.frame_step > 1:
            self.notes.append(f'every {self.frame_step}th frame')
        return samples

    def _samples(self, paths: Sequence[str], values: Dict[str, np.ndarray]
                 ) -> Iterator[dict]:
        """Samples of frames of which something is known."""
        known = np.zeros(len(paths), dtype=bool)
        if 'expression' in values:
            known = ~np.isnan(values['expression'][:, 0])
            self._left_out['without expression'] += int((~known).sum())
        else:
            for array in values.values():
                known |= ~np.isnan(array).all(1)
            self._left_out['of which nothing is known'] += int(
                (~known).sum())
        for i in np.flatnonzero(known).tolist():
            sample: Dict[str, Any] = dict(img_path=paths[i])
            if 'expression' in values:
                sample['gt_label'] = int(values['expression'][i, 0])
            for name in ('au', 'va'):
                if name in values:
                    sample[f'gt_{name}'] = values[name][i]
            yield sample

    def _read_videos(self) -> Iterator[Tuple[List[str],
                                             Dict[str, np.ndarray]]]:
        folder = require_folder(
            osp.join(self.data_root, _FOLDERS[self.challenge],
                     _SPLITS[self.split]), 'unpack the annotations there')
        files = sorted(f for f in os.listdir(folder) if f.endswith('.txt'))
        if not files:
            raise AnnotationError('no annotation file VIDEO.txt', folder)
        name, columns = dict(
            EXPR=('expression', ['expression']), AU=('au', _UNITS),
            VA=('va', ['valence', 'arousal']))[self.challenge]
        for file in files:
            path = osp.join(folder, file)
            # The header over the expressions lists the classes.
            if name != 'expression' and read_header(path) != columns:
                raise AnnotationError(f'the header must be {columns}', path, 1,
                                      read_header(path))
            table = read_number_table(path, columns, header=columns)
            values = self._masked(name, table, slice(None), path)
            yield self._frames(file[:-len('.txt')], name, values)

    def _frames(self, video: str, name: str, values: np.ndarray
                ) -> Tuple[List[str], Dict[str, np.ndarray]]:
        """Paths and values of the frames of a video that have a picture."""
        folder = require_folder(
            osp.join(self._images, video),
            'unpack all frames, the video has annotations')
        files = {
            osp.splitext(file)[0]: file for file in os.listdir(folder)
            if file.lower().endswith(IMAGE_SUFFIXES)
        }
        numbers = range(1, len(values) + 1, self.frame_step)
        there = [n for n in numbers if f'{n:05d}' in files]
        self._left_out['without picture'] += len(numbers) - len(there)
        paths = [osp.join(folder, files[f'{n:05d}']) for n in there]
        return paths, {name: values[np.array(there, dtype=int) - 1]}

    def _read_table(self) -> Tuple[List[str], Dict[str, np.ndarray]]:
        path = require_file(
            osp.join(self.data_root, self.ann_file or _TABLES[self.split]),
            'ann_file= names another table of the multi-task set')
        header = read_header(path)
        names = ['valence', 'arousal', 'expression']
        if header[:4] != ['image', *names]:
            raise AnnotationError(
                'the header must begin with image, valence, arousal, '
                'expression', path, 1, header)
        names += _UNITS
        table = read_number_table(path, names, 'image', ['image', *names])
        values = dict(
            va=self._masked('va', table, slice(0, 2), path),
            expression=self._masked('expression', table, slice(2, 3), path),
            au=self._masked('au', table, slice(3, None), path))
        if self.challenge == 'MTL-AUVA':
            del values['expression']
        return [osp.join(self._images, name) for name in table.texts], values

    @staticmethod
    def _masked(name: str, table: NumberTable, columns: slice,
                path: str) -> np.ndarray:
        """Columns of a task, NaN for its marker; valence and arousal go
        together."""
        values = known_values(
            table.numbers[:, columns], [-5 if name == 'va' else -1],
            _RANGES[name], name, path, table.lines)
        if name == 'va':
            values[np.isnan(values).any(1)] = np.nan
        return values
