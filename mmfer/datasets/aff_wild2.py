# Copyright (c) mmfer contributors.
import os
import os.path as osp
import re
from typing import Any, Dict, Iterator, List, Sequence, Tuple, Union

import numpy as np

from mmfer.errors import MissingFileError
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError, au_names, canonical_expression
from .base_fer_dataset import BaseFERDataset
from .folders import IMAGE_SUFFIXES, subfolders
from .known_values import known_values
from .number_table import NumberTable, read_header, read_number_table
from .tables import first_of, require_file, require_folder

# What folders and tables are called in the editions of the challenge; capital
# letters and signs do not matter.
_FOLDERS = dict(
    EXPR=('EXPR_Recognition_Challenge', 'EXPR_Classification_Challenge',
          'EXPR_Challenge', 'EXPR_Set'),
    AU=('AU_Detection_Challenge', 'AU_Challenge', 'AU_Set'),
    VA=('VA_Estimation_Challenge', 'VA_Challenge', 'VA_Set'),
    MTL=('MTL_Challenge', 'Multi_Task_Learning_Challenge', 'MTL'))
_SPLITS = dict(
    train=('Train_Set', 'Training_Set', 'Train', 'Training'),
    valid=('Validation_Set', 'Valid_Set', 'Val_Set', 'Validation', 'Valid',
           'Val'))
_TABLES = {
    split: tuple(f'{name.lower()}{ending}.txt' for name in names
                 for ending in ('', '_annotations'))
    for split, names in _SPLITS.items()
}
_IMAGES = 'croppedaligned'
_UNITS = list(au_names('affwild2'))
_UNIT = re.compile(r'au[ _]?0?(\d+)', re.IGNORECASE)
# Values of the columns of each task.
_RANGES = dict(expression=(0, 7), au=(0, 1), va=(-1, 1))


def _plain(name: str) -> str:
    return ''.join(char for char in name.lower() if char.isalnum())


def _below(folder: str, names: Sequence[str]) -> List[str]:
    """What a folder holds under one of the names, sorted."""
    known = set(map(_plain, names))
    return sorted(osp.join(folder, name) for name in os.listdir(folder)
                  if not name.startswith('.') and _plain(name) in known)


def _unit_columns(header: Sequence[str], path: str) -> List[str]:
    """The columns of the units, in our order."""
    found: Dict[str, str] = {}
    for name in header:
        match = _UNIT.fullmatch(name)
        if match:
            found.setdefault(f'AU{int(match.group(1))}', name)
    missing = [unit for unit in _UNITS if unit not in found]
    if missing:
        raise AnnotationError(f'the header must name the units {_UNITS}', path,
                              1, list(header), f'{missing} are missing')
    return [found[unit] for unit in _UNITS]


@DATASETS.register_module()
class AffWild2(BaseFERDataset):
    """Aff-Wild2: frames of videos with expressions, action units and VA.

    Kollias and Zafeiriou, *Expression, Affect, Action Unit Recognition:
    Aff-Wild2, Multi-Task Learning and ArcFace*, BMVC 2019,
    https://arxiv.org/abs/1910.04855.

    ::

        data_root
        ├── cropped_aligned/VIDEO/00001.jpg ...
        ├── cropped_aligned_new_50_vids/VIDEO/00001.jpg ...
        ├── EXPR_Recognition_Challenge/Train_Set/VIDEO.txt, Validation_Set
        ├── AU_Detection_Challenge
        ├── VA_Estimation_Challenge
        └── MTL_Challenge/train_set.txt, validation_set.txt

    All editions of the challenge are read: ``EXPR_Classification_Challenge``,
    ``EXPR_Set`` and so on are found as well, as are
    ``training_set_annotations.txt`` and ``validation_set_annotations.txt``,
    in ``data_root`` or in a folder of it, such as ``5th ABAW Annotations``.

    A file of the first three tasks has a header, then one line a frame: line
    ``n + 1`` belongs to ``{n:05d}.jpg``. The header over expressions lists
    the classes in the order of their numbers; that over units names them. The
    table of the multi-task set has the columns ``image``, ``valence``,
    ``arousal``, ``expression`` and the units by name, or, under the one name
    ``aus``, in the official order. Frames without an image, where no face was
    found, are left out and counted.

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
        image_folder (str or Sequence[str], optional): Where the frames are,
            below ``data_root``; one or several folders. Defaults to None, all
            folders whose names begin with ``cropped_aligned``.
        annotation_folder (str): Where the annotations of one edition are,
            below ``data_root``: the folder of the task or one that holds it.
            Needed where several editions are there. Defaults to ``''``.
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
                 image_folder: Union[str, Sequence[str], None] = None,
                 annotation_folder: str = '',
                 frame_step: int = 1,
                 **kwargs: Any) -> None:
        if challenge not in (*_FOLDERS, 'MTL-AUVA'):
            raise ValueError(
                f"challenge must be one of {[*_FOLDERS, 'MTL-AUVA']}, got "
                f'{challenge!r}')
        multi_task = challenge.startswith('MTL')
        if frame_step < 1 or (frame_step > 1 and multi_task):
            raise ValueError('frame_step must be at least 1, and 1 for the '
                             f'multi-task set, got {frame_step!r}')
        self.challenge, self.image_folder = challenge, image_folder
        self.annotation_folder = annotation_folder
        self.frame_step = frame_step
        metainfo = dict(kwargs.pop('metainfo', None) or {})
        if challenge not in ('EXPR', 'VA'):
            metainfo['au_names'] = au_names('affwild2')
        super().__init__(
            data_root=data_root, split=split, metainfo=metainfo, **kwargs)

    def load_samples(self) -> List[dict]:
        """Read the annotations of the challenge."""
        self._images = self._find_images()
        self._files: Dict[str, Dict[str, str]] = {}
        self._left_out = dict.fromkeys(
            ('without expression', 'of which nothing is known',
             'without image'), 0)
        if self.challenge.startswith('MTL'):
            place = self._find_table()
            videos = iter([self._read_table(place)])
        else:
            place = self._find_folder()
            videos = self._read_videos(place)
        samples = [sample for paths, values in videos
                   for sample in self._samples(paths, values)]
        self._files = {}
        if not samples and self._left_out['without image']:
            raise AnnotationError(
                'none of the annotated frames has an image', place,
                value=self._images, hint='unpack the frames, or say where '
                'they are with image_folder=')
        self.notes = [
            f'challenge {self.challenge}',
            f'annotations in {osp.relpath(place, self.data_root)}'
        ] + [
            f'{number} frames {reason} left out'
            for reason, number in self._left_out.items() if number]
        if self.frame_step > 1:
            self.notes.append(f'every {self.frame_step}th frame')
        return samples

    def _find_images(self) -> List[str]:
        """The folders of frames."""
        wanted = self.image_folder
        hint = ('Aff-Wild2 wants the frames in cropped_aligned; '
                  'image_folder= names other folders')
        if wanted is not None:
            wanted = [wanted] if isinstance(wanted, str) else wanted
            return [require_folder(osp.join(self.data_root, name), hint)
                    for name in wanted]
        for places in self._places():
            found = [osp.join(place, name) for place in places
                     for name in subfolders(place, hint)
                     if _plain(name).startswith(_IMAGES)]
            if found:
                return found
        return [require_folder(osp.join(self.data_root, 'cropped_aligned'),
                               hint)]

    def _places(self) -> List[List[str]]:
        """``data_root``, and the folders in it that hold no frames."""
        return [[self.data_root], [
            osp.join(self.data_root, name)
            for name in subfolders(self.data_root, 'check data_root')
            if not _plain(name).startswith(_IMAGES)
        ]]

    def _folders(self, names: Sequence[str]) -> List[str]:
        """The folders of a task."""
        places = sum(self._places(), [])
        own = []
        if self.annotation_folder:
            own = places = [require_folder(
                osp.join(self.data_root, self.annotation_folder),
                'check annotation_folder=')]
        return own + [path for place in places
                      for path in _below(place, names) if osp.isdir(path)]

    def _find_folder(self) -> str:
        """The folder of the files of a single task."""
        names, splits = _FOLDERS[self.challenge], _SPLITS[self.split]
        return self._only([
            path for folder in self._folders(names)
            for path in _below(folder, splits) if osp.isdir(path)
        ], f'{names[0]}/{splits[0]}', 'annotation_folder=')

    def _find_table(self) -> str:
        """The table of the multi-task set."""
        if self.ann_file:
            return require_file(self.ann_file, 'check ann_file=')
        folders = self._folders(_FOLDERS['MTL'])
        if not self.annotation_folder:
            folders += sum(self._places(), [])
        names = _TABLES[self.split]
        return self._only([
            path for folder in folders
            for path in _below(folder, names) if osp.isfile(path)
        ], f'MTL_Challenge/{names[0]}', 'ann_file= or annotation_folder=')

    def _only(self, found: Sequence[str], name: str, option: str) -> str:
        if not found:
            raise MissingFileError(f'{osp.abspath(self.data_root)}: neither '
                                   f'{name} nor what other editions call it',
                                   hint='unpack the annotations there, or '
                                   f'say where they are with {option}')
        found = list(dict.fromkeys(found))
        if len(found) > 1:
            raise AnnotationError(
                'annotations of several editions', self.data_root,
                value=[osp.relpath(path, self.data_root) for path in found],
                hint=f'say which to read with {option}')
        return found[0]

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

    def _read_videos(self, folder: str
                     ) -> Iterator[Tuple[List[str], Dict[str, np.ndarray]]]:
        files = sorted(f for f in os.listdir(folder)
                       if f.endswith('.txt') and not f.startswith('.'))
        if not files:
            raise AnnotationError('no annotation file VIDEO.txt', folder)
        for file in files:
            path = osp.join(folder, file)
            name, values = self._read_video(path)
            yield self._frames(file[:-len('.txt')], name, values)

    def _read_video(self, path: str) -> Tuple[str, np.ndarray]:
        """The task, and its values in each frame of a video."""
        if self.challenge == 'VA':
            table = read_number_table(path, ['valence', 'arousal'])
            return 'va', self._masked('va', table, slice(None), path)
        header = read_header(path)
        if self.challenge == 'AU':
            table = read_number_table(path, _unit_columns(header, path))
            return 'au', self._masked('au', table, slice(None), path)
        if header[0].lstrip('-').isdigit():
            raise AnnotationError('no header above the expressions', path, 1,
                                  header[0])
        table = read_number_table(path, ['expression'], header=['expression'])
        values = self._masked('expression', table, slice(None), path)
        return 'expression', self._to_native(values, header, table, path)

    def _to_native(self, values: np.ndarray, header: Sequence[str],
                   table: NumberTable, path: str) -> np.ndarray:
        """Expressions in the native order, from that of the header if it
        lists the classes."""
        space = self.native_space
        names = [canonical_expression(name) for name in header]
        if len(names) == 1 or not all(name in space for name in names):
            return values
        wrong = np.flatnonzero(values[:, 0] >= len(names))
        if len(wrong):
            raise AnnotationError(
                f'a number of no class of the header, which lists '
                f'{len(names)}', path, int(table.lines[wrong[0]]),
                int(values[wrong[0], 0]))
        order = np.array([space.index(name) for name in names])
        known = ~np.isnan(values)
        values[known] = order[values[known].astype(int)]
        return values

    def _files_of(self, video: str) -> Dict[str, str]:
        """The frames of a video, from their names without ending."""
        if video not in self._files:
            self._files[video] = {
                osp.splitext(name)[0]: osp.join(folder, video, name)
                for folder in reversed(self._images)
                if osp.isdir(osp.join(folder, video))
                for name in os.listdir(osp.join(folder, video))
                if name.lower().endswith(IMAGE_SUFFIXES)
            }
        return self._files[video]

    def _frames(self, video: str, name: str, values: np.ndarray
                ) -> Tuple[List[str], Dict[str, np.ndarray]]:
        """Paths and values of the frames of a video that have an image."""
        places = [osp.join(folder, video) for folder in self._images]
        if not any(map(osp.isdir, places)):
            raise MissingFileError(f'{" and ".join(places)}: no such folder',
                                   hint='unpack all frames, the video has '
                                   'annotations; image_folder= names '
                                   'further places')
        files = self._files_of(video)
        numbers = range(1, len(values) + 1, self.frame_step)
        there = [n for n in numbers if f'{n:05d}' in files]
        self._left_out['without image'] += len(numbers) - len(there)
        paths = [files[f'{n:05d}'] for n in there]
        return paths, {name: values[np.array(there, dtype=int) - 1]}

    def _read_table(self, path: str
                    ) -> Tuple[List[str], Dict[str, np.ndarray]]:
        header = read_header(path)
        names = ['valence', 'arousal', 'expression']
        missing = [name for name in ('image', *names)
                   if first_of(header, name) is None]
        if missing:
            raise AnnotationError(
                'the header must name image, valence, arousal and expression',
                path, 1, header, f'{missing} are missing')
        if [name.lower() for name in header[4:]] in ([], ['aus']):
            # One name, or none, for all twelve units.
            header = [*(name.lower() for name in header[:4]), *_UNITS]
            table = read_number_table(path, names + _UNITS, 'image', header)
        else:
            table = read_number_table(
                path, names + _unit_columns(header, path), 'image')
        paths, there = [], []
        for row, name in enumerate(table.texts):
            video, name = osp.split(name.replace('\\', '/'))
            found = self._files_of(video).get(osp.splitext(name)[0])
            if found is not None:
                paths.append(found)
                there.append(row)
        self._left_out['without image'] += len(table.texts) - len(paths)
        values = dict(
            va=self._masked('va', table, slice(0, 2), path)[there],
            expression=self._masked('expression', table, slice(2, 3),
                                    path)[there],
            au=self._masked('au', table, slice(3, None), path)[there])
        if self.challenge == 'MTL-AUVA':
            del values['expression']
        return paths, values

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
