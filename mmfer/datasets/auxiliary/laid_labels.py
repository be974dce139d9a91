# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Sequence, Union

import numpy as np
from mmengine.logging import MMLogger

from mmfer.errors import ConfigError
from mmfer.registry import TASK_UTILS
from mmfer.structures import AnnotationError
from .auxiliary_labels import AuxiliaryLabels
from .label_table import LabelRows
from .provenance import au_rates, files_sha256
from .sample_index import AMBIGUOUS, NONE, SHARED, SampleIndex

_FIELDS = dict(au='gt_au', va='gt_va', landmarks='gt_landmarks')


def _build(config: dict) -> AuxiliaryLabels:
    built = TASK_UTILS.build(config) if isinstance(config, dict) else None
    if not isinstance(built, AuxiliaryLabels):
        raise TypeError(
            'auxiliary must be a config of labels from a file, such as '
            f"dict(type='OpenFaceLabels', path=...), or a list of such, got "
            f'{config!r}')
    return built


class LaidLabels:
    """The auxiliary labels that are laid over a dataset.

    Args:
        configs (dict or Sequence[dict], optional): See
            :class:`AuxiliaryLabels`. Defaults to None, no labels.

    Raises:
        TypeError: If it is no such config.
        ValueError: If two of them give the same kind of label.
    """

    def __init__(self, configs: Union[dict, Sequence[dict], None] = None
                 ) -> None:
        if configs is None or isinstance(configs, dict):
            configs = [configs] if configs else []
        self.sources = [_build(config) for config in configs]
        targets = [t for source in self.sources for t in source.targets]
        twice = sorted({t for t in targets if targets.count(t) > 1})
        if twice:
            raise ConfigError(f'two files give {twice}',
                              hint='name what to take from each with '
                              'targets=')
        self.fields = (*(_FIELDS[t] for t in targets),
                       *(f'{t}_confidence' for t in targets
                         if t != 'landmarks'))
        self._found: List[Dict[str, Any]] = []

    @property
    def metainfo(self) -> Dict[str, Any]:
        """``au_names``, if there are action units."""
        return {'au_names': source.au_names for source in self.sources
                if source.au_names}

    def lay_over(self, paths: Sequence[str], root: str
                 ) -> Dict[str, np.ndarray]:
        """Labels of samples.

        Args:
            paths (Sequence[str]): The image of each of N samples.
            root (str): The folder of the dataset.

        Returns:
            dict[str, np.ndarray]: Sample field -> float32 array of length N,
            and ``auxiliary_I``, whether a sample has a row in source I.

        Raises:
            AnnotationError: If a row is malformed or fits several images, or
                no row fits.
        """
        columns: Dict[str, np.ndarray] = {}
        self._found = []
        index = SampleIndex(paths, root) if self.sources else None
        for number, source in enumerate(self.sources):
            rows = source.read()
            places = np.array([index.find(name) for name in rows.names])
            row_of = self._choose(rows, places, len(paths))
            if paths and not len(row_of):
                raise AnnotationError(
                    f'none of {len(rows.names)} rows names one of '
                    f'{len(paths)} samples; the first row is', source.path,
                    value=rows.names[0], hint='the end of a name must fit '
                    f'the path of the image, such as {paths[0]!r}; root= '
                    'cuts off what stands before')
            self._found.append(dict(
                sha256=files_sha256(source.files), files=len(source.files),
                rows=len(places),
                unmatched_rows=int((places == NONE).sum()),
                shared_picture_rows=int((places == SHARED).sum()),
                further_face_rows=int((places >= 0).sum()) - len(row_of)))
            samples, chosen = (np.array(list(part), dtype=np.int64)
                               for part in (row_of, row_of.values()))
            for name, values in rows.fields.items():
                blank = 0 if name.endswith('_confidence') else np.nan
                column = np.full((len(paths), *values.shape[1:]), blank,
                                 dtype=np.float32)
                column[samples] = values[chosen]
                columns[name] = column
            matched = np.zeros(len(paths), dtype=bool)
            matched[samples] = True
            columns[f'auxiliary_{number}'] = matched
            MMLogger.get_current_instance().info(
                f'{source.path}: labels for {len(samples)} of {len(paths)} '
                f'samples; {self._found[-1]["unmatched_rows"]} rows of other '
                'images')
        return columns

    @staticmethod
    def _choose(rows: LabelRows, places: np.ndarray, samples: int
                ) -> Dict[int, int]:
        """Sample -> row; of several faces the most confident, the first of
        those that are equal."""
        order = np.argsort(-rows.confidence, kind='stable')
        row_of: Dict[int, int] = {}
        for row in order.tolist():
            place = int(places[row])
            if place == AMBIGUOUS:
                raise AnnotationError(
                    'several images of the dataset end like this name',
                    rows.files[row], int(rows.lines[row]), rows.names[row],
                    'write more of the path')
            if place < 0:
                continue
            if place in row_of and not rows.rated:
                first = row_of[place]
                raise AnnotationError(
                    'a second row for one image, the other is in '
                    f'{rows.files[first]}, line {rows.lines[first]}',
                    rows.files[row], int(rows.lines[row]), rows.names[row])
            row_of.setdefault(place, row)
        return row_of

    def describe(self, columns: Dict[str, np.ndarray]
                 ) -> List[Dict[str, Any]]:
        """Where the labels come from and what they cover.

        Args:
            columns (Dict[str, np.ndarray]): What :meth:`lay_over` gave, for
                the samples in use.

        Returns:
            list[dict]: For each source ``type``, ``path``, ``sha256``, number
            of ``files`` and ``rows``, ``unmatched_rows`` (of other images),
            ``shared_picture_rows`` (several samples show this image, so that
            none gets the labels), ``further_face_rows`` (less confident faces
            of one image), ``samples`` and ``matched`` ones, ``known`` ones of
            each target, ``au_names``, and per unit ``au_known`` and
            ``au_base_rate``: the share of known values that count as present,
            0.5 or more of an occurrence, 1 or more of an intensity; None
            where nothing is known.
        """
        told = []
        for number, (source, found) in enumerate(
                zip(self.sources, self._found)):
            matched = columns[f'auxiliary_{number}']
            known = {
                target: int((~np.isnan(columns[_FIELDS[target]]).reshape(
                    len(matched), -1)).any(1).sum())
                for target in source.targets
            }
            info = dict(
                type=type(source).__name__, path=source.path,
                targets=list(source.targets), **source.settings(), **found,
                samples=len(matched), matched=int(matched.sum()),
                known=known)
            if source.au_names:
                info.update(au_rates(source.au_names, columns['gt_au'],
                                     source.AU_PRESENT))
            told.append(info)
        return told
