# Copyright (c) mmfer contributors.
import os
import os.path as osp
import shutil
from contextlib import suppress
from typing import Any, Dict, List, Sequence

import numpy as np

from mmfer.errors import AnnotationError, OutputError
from mmfer.files import read_npz, write_npz
from mmfer.locks import LOCK_FILE
from .columns import from_arrays, to_arrays
from .pack_format import (ANNOTATIONS, INDEX, PROGRESS, VERSION, digest,
                          read_json, write_json)
from .pixel_array import pixel_file

# What the pixels files hold; not annotations.
_PIXELS = dict(img='images', gt_mask='gt_mask')
# Known from the packed folder itself.
_LEFT_OUT = ('sample_idx', 'img_shape')


class PackWriter:
    """Writes a packed folder, chunk by chunk, and goes on after a kill.

    Args:
        folder (str): The folder, made if it is missing.
        job (Dict[str, Any]): What is packed, in types that JSON knows. A
            folder that was begun with another job is refused.
        samples (int): How many samples there will be.
        size (Sequence[int]): Height and width of all images.

    Raises:
        AnnotationError: If the folder holds something else.
        OSError: If the disk has not enough room.
    """

    def __init__(self, folder: str, job: Dict[str, Any], samples: int,
                 size: Sequence[int]) -> None:
        self.folder, self.job, self.samples = folder, job, samples
        self.size = tuple(size)
        os.makedirs(folder, exist_ok=True)
        self._progress = osp.join(folder, PROGRESS)
        self._state = dict(
            job=job, size=list(size), done=0, pixels={}, parts=[],
            constants={}, unreadable=[])
        if osp.isfile(self._progress):
            self._resume()
        elif set(os.listdir(folder)) - {LOCK_FILE}:
            raise AnnotationError(
                'the folder is not empty', folder,
                hint='name another one with --out, or --overwrite it')
        if not self._finished():
            self._check_room()
            write_json(self._progress, self._state)

    def _resume(self) -> None:
        state = read_json(self._progress)
        if (state['job'], state['size']) != (self.job, list(self.size)):
            raise AnnotationError(
                'the folder was begun from another dataset or with other '
                'settings', self.folder,
                hint='name another one with --out, or --overwrite it')
        self._state = state
        if self._finished():
            return
        for name, array in state['pixels'].items():
            file = osp.join(self.folder, pixel_file(name))
            size = osp.getsize(file) if osp.isfile(file) else 0
            if size < np.prod(array['shape'], dtype=np.int64):
                raise AnnotationError(
                    f'{size} bytes are left of the pixels that were packed '
                    'before the interruption', file,
                    hint='pack again with --overwrite')
        for start in state['parts']:
            if not osp.isfile(self._part(start)):
                raise AnnotationError(
                    'lost since the interruption', self._part(start),
                    hint='pack again with --overwrite')

    def _finished(self) -> bool:
        """Return whether the index is written, so that only the removal of
        intermediate files may have been interrupted."""
        return osp.isfile(osp.join(self.folder, INDEX))

    @property
    def done(self) -> int:
        """How many samples of the dataset are dealt with, safely on disk."""
        return self._state['done']

    def _check_room(self) -> None:
        # Half as much again for masks and annotations.
        wanted = int((self.samples - self.done) * np.prod(self.size) * 3 * 1.5)
        free = shutil.disk_usage(self.folder).free
        if wanted > free:
            raise OutputError(f'{osp.abspath(self.folder)}: up to '
                              f'{wanted / 1e9:.1f} GB are needed and '
                              f'{free / 1e9:.1f} GB are free',
                              hint='make room, name another disk with '
                              '--out, or choose a smaller --size')

    def write(self, results: List[dict], handled: int,
              unreadable: Sequence[str] = ()) -> None:
        """Write one chunk.

        Args:
            results (List[dict]): Transformed samples with ``img``.
            handled (int): How many samples of the dataset they stand for,
                the unreadable ones counted in.
            unreadable (Sequence[str]): Messages of those that are left out.
                Defaults to ().

        Raises:
            AnnotationError: If masks are there for a part only, or
                annotations cannot be stacked.
        """
        if results:
            rows = [self._annotation(r) for r in results]
            write_npz(self._part(self.done), **to_arrays(rows))
            for key, name in _PIXELS.items():
                values = [r[key] for r in results if key in r]
                if len(values) not in (0, len(results)):
                    raise AnnotationError(
                        f'{key} is there for {len(values)} of {len(results)} '
                        'samples', results[0].get('img_path'))
                if values:
                    self._append(name, np.stack(values))
            self._state['parts'].append(self.done)
            self._state['constants'] = {
                k: v
                for k, v in results[0].items() if isinstance(v, dict)
            }
        self._state['done'] += handled
        self._state['unreadable'] += unreadable
        write_json(self._progress, self._state)

    @staticmethod
    def _annotation(result: dict) -> dict:
        return {
            k: v
            for k, v in result.items() if k not in (*_PIXELS, *_LEFT_OUT)
            and not isinstance(v, (dict, type(None)))
        }

    def _part(self, start: int) -> str:
        return osp.join(self.folder, f'annotations-{start:09d}.npz')

    def _append(self, name: str, pixels: np.ndarray) -> None:
        """Write pixels at their place, over what a kill left behind it."""
        state = self._state['pixels'].setdefault(
            name, dict(shape=[0, *pixels.shape[1:]], chunks=[]))
        path = osp.join(self.folder, pixel_file(name))
        with open(path, 'r+b' if osp.isfile(path) else 'w+b') as file:
            file.seek(int(np.prod(state['shape'])))
            file.write(pixels.data)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        state['shape'][0] += len(pixels)
        state['chunks'].append((len(pixels), digest(pixels)))

    def finish(self, **description: Any) -> None:
        """Join the annotations and write the index, which makes it whole.

        Args:
            **description: What else the index tells.

        Raises:
            AnnotationError: If samples are missing, or annotations cannot be
                stacked.
        """
        if self.done != self.samples or not self._state['parts']:
            raise AnnotationError(
                f'{self.done} of {self.samples} samples are packed, in '
                f"{len(self._state['parts'])} chunks", self.folder)
        parts = [self._part(start) for start in self._state['parts']]
        if not self._finished():
            self._write_index(parts, description)
        # The progress last: with it an interrupted removal is resumed.
        for file in (*parts, self._progress):
            with suppress(FileNotFoundError):
                os.remove(file)

    def _write_index(self, parts: Sequence[str],
                     description: Dict[str, Any]) -> None:
        rows: List[dict] = []
        for part in parts:
            columns = from_arrays(read_npz(part, 'pack with --overwrite'))
            rows += [{
                name: value
                for name, value in zip(columns, row) if value is not None
            } for row in zip(*columns.values())]
        path = osp.join(self.folder, ANNOTATIONS)
        write_npz(path, **to_arrays(rows))
        with open(path, 'rb') as file:
            checksum = digest(file.read())
        write_json(
            osp.join(self.folder, INDEX),
            dict(
                version=VERSION,
                samples=len(rows),
                annotations=checksum,
                pixels=self._state['pixels'],
                constants=self._state['constants'],
                unreadable=self._state['unreadable'],
                job=self.job,
                **description))
