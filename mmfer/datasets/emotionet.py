# Copyright (c) mmfer contributors.
import os.path as osp
import re
from typing import Any, Dict, List, Optional, Sequence, Union

from mmfer.registry import DATASETS
from mmfer.structures import ACTION_UNITS, AnnotationError, au_names
from .base_fer_dataset import BaseFERDataset
from .folders import existing_path
from .known_values import known_values
from .number_table import read_header, read_number_table
from .tables import first_of

_UNIT = re.compile(r"'?AU ?0?(\d+)'?", re.IGNORECASE)
_NAMES = ('path', 'image', 'name', 'file', 'URL')


@DATASETS.register_module()
class EmotioNet(BaseFERDataset):
    """Images with a table of action units, as EmotioNet gives them.

    Benitez-Quiroz et al., *EmotioNet: An accurate, real-time algorithm for
    the automatic annotation of a million facial expressions in the wild*,
    CVPR 2016, https://doi.org/10.1109/CVPR.2016.600.

    ::

        data_root
        ├── labels.csv      URL,AU1,AU2,AU4, ...
        └── images          the last part of each URL

    The first of the columns ``path``, ``image``, ``name``, ``file`` and
    ``URL`` names the image; of an address the last part counts. Columns such
    as ``AU 1``, ``AU01`` or ``au1`` hold 0 or 1; 999, 9, -1, empty and
    ``nan`` mean unknown. Rows of which no unit is known are left out and
    counted. There are no expressions: samples have no ``gt_label``. mmfer
    knows no verified official counts and no split.

    Args:
        data_root (str): The folder above.
        split (str): ``'all'``.
        ann_file (str): The table, below ``data_root``. Defaults to
            ``'labels.csv'``.
        image_folder (str): Where the images are, below ``data_root``.
            Defaults to ``'images'``.
        au_set (str or Sequence[int], optional): The units and their order, a
            key of ``AU_SETS`` or FACS numbers. Defaults to None, those of the
            table.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        AnnotationError: If the table or a row is malformed.
        FileNotFoundError: If the table is missing.
    """

    LABEL_SPACE = 'affectnet8'
    SPLITS = ('all', )

    def __init__(self,
                 data_root: str,
                 split: str = 'all',
                 ann_file: str = 'labels.csv',
                 image_folder: str = 'images',
                 au_set: Union[str, Sequence[int], None] = None,
                 **kwargs: Any) -> None:
        self.table_path = osp.join(data_root, ann_file)
        self.image_folder = image_folder
        header = read_header(self.table_path)
        self.columns = self._unit_columns(header)
        self.name_column: Optional[str] = first_of(header, *_NAMES)
        if self.name_column is None:
            raise AnnotationError(f'none of the columns {_NAMES}',
                                  self.table_path, 1, header)
        names = au_names(list(self.columns) if au_set is None else au_set)
        self.units = [int(name[2:]) for name in names]
        missing = [unit for unit in self.units if unit not in self.columns]
        if missing or not names:
            raise AnnotationError('no columns for action units',
                                  self.table_path, 1, missing or header)
        metainfo = dict(kwargs.pop('metainfo', None) or {}, au_names=names)
        super().__init__(
            data_root=data_root, split=split, metainfo=metainfo, **kwargs)

    def _unit_columns(self, header: List[str]) -> Dict[int, str]:
        """From FACS number to column; units that are no units of the face,
        such as head poses, are passed over."""
        columns: Dict[int, str] = {}
        for name in header:
            match = _UNIT.fullmatch(name)
            unit = int(match.group(1)) if match else None
            if unit in columns:
                raise AnnotationError('two columns for one action unit',
                                      self.table_path, 1,
                                      [columns[unit], name])
            if unit in ACTION_UNITS:
                columns[unit] = name
        return columns

    def load_samples(self) -> List[dict]:
        """Read the table."""
        path = self.table_path
        table = read_number_table(
            path, [self.columns[unit] for unit in self.units],
            self.name_column)
        units = known_values(table.numbers, (999, 9, -1), (0, 1),
                             'action units', path, table.lines)
        if '' in table.texts:
            raise AnnotationError(f'no name in column {self.name_column!r}',
                                  path, table.lines[table.texts.index('')])
        known = units == units
        folder = osp.join(self.data_root, self.image_folder)
        samples = []
        for name, row, some in zip(table.texts, units,
                                   known.any(1).tolist()):
            name = name.strip("'")
            if '://' in name:
                name = name.rsplit('/', 1)[1]
            if some:
                samples.append(dict(
                    img_path=existing_path(f'{folder}/{name}'), gt_au=row))
        self.notes = [
            f'{len(units) - len(samples)} rows without any known unit left '
            'out', f'{100 * (1 - known.mean()):.1f} % of the values unknown',
            'official counts unknown'
        ]
        return samples
