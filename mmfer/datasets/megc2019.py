# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Dict, Iterator, Optional

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from .coding_sheet import UNKNOWN_FRAME, CodedClip
from .folders import existing_path
from .micro_expression_dataset import MicroExpressionDataset
from .tables import is_unknown, read_csv, to_int

_SETS = ('casme2', 'samm', 'smic')
_CLIP_NAMES = dict(
    casme2='casme2/{subject}/{clip}', samm='samm/{subject}/{clip}',
    smic='smic/{subject}/{clip}')


@DATASETS.register_module()
class MEGC2019(MicroExpressionDataset):
    """The composite of MEGC 2019: 442 clips of CASME II, SAMM and SMIC-HS.

    See et al., *MEGC 2019 - The Second Facial Micro-Expressions Grand
    Challenge*, FG 2019, https://doi.org/10.1109/FG.2019.8756611.

    ::

        data_root
        ├── megc2019_442.csv      dataset,subject,clip,label3,...
        └── uvos/sub01_EP02_01f.png, apex/sub01_EP02_01f.jpg ...

    Three classes: 0 negative, 1 positive, 2 surprise. The columns
    ``dataset``, ``subject``, ``clip`` and ``label3`` must be there; ``onset``,
    ``apex``, ``offset`` and ``aus`` are read where they are (an apex of SMIC
    comes from others, it codes none). Subjects are keyed by the set, since
    their numbers overlap. The same clips come from
    the three coding sheets by ``CASME2``, ``SAMM`` and ``SMIC`` with
    ``three_classes=True``.

    Args:
        data_root (str): The folder above.
        picture (str, optional): The column that names a picture of each clip,
            such as ``'uvos_img'``, its optical flow, or ``'apex_img'``.
            Samples have its ``img_path``. None reads the clips themselves:
            see ``clip_name``. Defaults to ``'uvos_img'``.
        clip_name (Dict[str, str], optional): For each of ``casme2``,
            ``samm`` and ``smic``, where a clip is below ``data_root``, with
            the columns as fields. Defaults to None, ``SET/SUBJECT/CLIP``.
        **kwargs: See :class:`MicroExpressionDataset`; ``sheet`` is CSV.

    Raises:
        ValueError: If ``clip_name`` names another set or column.
        AnnotationError: If a row is malformed or stands there twice.
    """

    LABEL_SPACE = 'megc2019'
    SHEET = 'megc2019_442.csv'
    UNITS = 'casme2'
    OFFICIAL_COUNTS = dict(all=dict(negative=250, positive=109, surprise=83))

    def __init__(self,
                 data_root: str,
                 picture: Optional[str] = 'uvos_img',
                 clip_name: Optional[Dict[str, str]] = None,
                 **kwargs: Any) -> None:
        unknown = sorted(set(clip_name or ()) - set(_SETS))
        if unknown:
            raise ValueError(f'clip_name names unknown sets {unknown}; there '
                             f'are {list(_SETS)}')
        self.picture = picture
        super().__init__(data_root=data_root,
                         clip_name={**_CLIP_NAMES, **(clip_name or {})},
                         **kwargs)

    def read_clips(self) -> Iterator[dict]:
        """The samples of the list."""
        path = osp.join(self.data_root, self.sheet)
        required = ['dataset', 'subject', 'clip', 'label3']
        lines: Dict[tuple, int] = {}
        for line, row in read_csv(
                path, required + [self.picture] * bool(self.picture),
                ('onset', 'apex', 'offset', 'aus')):
            key = row['dataset'], row['subject'], row['clip']
            if key in lines:
                raise AnnotationError(
                    f'a clip that stands in line {lines[key]} already', path,
                    line, key, 'remove one of both rows')
            lines[key] = line
            yield self._read(row, path, line)

    def _read(self, row: Dict[str, str], path: str, line: int) -> dict:
        source = row['dataset'].lower()
        if source not in _SETS:
            raise AnnotationError('an unknown set', path, line,
                                  row['dataset'], f'known are {_SETS}')
        frames = [
            to_int(row[name], name, path, line, 0)
            if not is_unknown(row.get(name, '')) else UNKNOWN_FRAME
            for name in ('onset', 'apex', 'offset')
        ]
        units = row.get('aus', '')
        clip = CodedClip(line, row['subject'], row['clip'], row['label3'],
                         *frames, '' if is_unknown(units) else units,
                         UNKNOWN_FRAME)
        onset, apex, offset = self.in_order(clip, path).frames
        sample = dict(
            onset=onset, apex=apex, offset=offset,
            gt_label=to_int(clip.emotion, 'label3', path, line, 0, 2),
            gt_au=self.read_units(clip.units, path, line), source_set=source,
            subject=f'{source}/{clip.subject}')
        if self.picture:
            sample['img_path'] = existing_path(
                osp.join(self.data_root, row[self.picture]))
        else:
            sample['clip_path'] = self.clip_path(self.clip_name[source], row)
        return sample
