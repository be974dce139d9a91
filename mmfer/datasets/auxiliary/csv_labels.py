# Copyright (c) mmfer contributors.
import re
from typing import Any, Dict, List

from mmfer.registry import TASK_UTILS
from mmfer.structures import ACTION_UNITS, AnnotationError
from ..number_table import read_header
from ..tables import first_of
from .auxiliary_labels import AuxiliaryLabels
from .detector_columns import need
from .label_table import TableColumns

_UNIT = re.compile(r'au(\d+)', re.IGNORECASE)


def _units(header: List[str]) -> Dict[int, str]:
    """From FACS number to column, in the order of the header."""
    found = ((_UNIT.fullmatch(name), name.lower()) for name in header)
    return {int(match.group(1)): name for match, name in found if match}


@TASK_UTILS.register_module()
class CSVLabels(AuxiliaryLabels):
    """Labels from a general CSV, whoever made them.

    The columns are those of :class:`~mmfer.datasets.FERCSV`, in any order;
    only ``path`` must be there, and expressions are not read:

    - ``path``: the image.
    - ``au1``, ``au2``, ``au4`` ...: occurrence or intensity, 0 to 5.
    - ``valence``, ``arousal``: in [-1, 1].
    - ``x0``, ``y0``, ``x1``, ``y1`` ...: landmarks in pixels.
    - ``au_confidence``, ``va_confidence`` or, for both, ``confidence``: how
      far the labels are trusted, in [0, 1].

    An empty cell or ``nan`` means unknown.

    Args:
        path (str): The file or folder.
        detector (str): Who made the labels, for the protocol. Defaults to
            ``'unknown'``.
        **kwargs: See :class:`AuxiliaryLabels`; ``targets`` and ``aus``
            default to all that the header announces.

    Raises:
        AnnotationError: If the header announces nothing or names an unknown
            unit, or a row is malformed.
    """

    AU_RANGE = (0., 5.)

    def __init__(self, path: str, detector: str = 'unknown',
                 **kwargs: Any) -> None:
        self.detector = detector
        super().__init__(path, **kwargs)

    def default_targets(self) -> List[str]:
        """All that the header announces."""
        header = read_header(self.files[0])
        there = dict(au=_units(header), va=first_of(header, 'valence'),
                     landmarks=first_of(header, 'x0'))
        if not any(there.values()):
            raise AnnotationError(
                'neither action units nor valence nor landmarks',
                self.files[0], 1, header)
        return [target for target, found in there.items() if found]

    def default_aus(self) -> List[int]:
        """All units of the header."""
        units = _units(read_header(self.files[0]))
        unknown = [c for unit, c in units.items() if unit not in ACTION_UNITS]
        if unknown:
            raise AnnotationError('columns for unknown action units',
                                  self.files[0], 1, unknown)
        return list(units)

    def choose_columns(self, header: List[str], file: str) -> TableColumns:
        """See :meth:`AuxiliaryLabels.choose_columns`."""
        header = [name.lower() for name in header]
        units = _units(header)
        points = sum(re.fullmatch(r'x\d+', name) is not None
                     for name in header)
        if 'path' not in header:
            raise AnnotationError('no column path', file, 1, header)
        columns = TableColumns(
            au=[units.get(unit, f'au{unit}') for unit in self.units],
            va=('valence', 'arousal') if 'va' in self.targets else (),
            landmarks=[f'{axis}{i}' for i in range(points) for axis in 'xy']
            if 'landmarks' in self.targets else (),
            au_confidence=first_of(header, 'au_confidence', 'confidence'),
            va_confidence=first_of(header, 'va_confidence', 'confidence'),
            name='path')
        return need(columns, header, file, 'CSV with these labels')

    def settings(self) -> Dict[str, Any]:
        """What the protocol tells of how the file was read."""
        return dict(super().settings(), detector=self.detector)
