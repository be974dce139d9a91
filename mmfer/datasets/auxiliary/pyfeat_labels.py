# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional

import numpy as np

from mmfer.registry import TASK_UTILS
from ..tables import first_of
from .auxiliary_labels import AuxiliaryLabels
from .detector_columns import need
from .label_table import LabelRows, TableColumns


@TASK_UTILS.register_module()
class PyFeatLabels(AuxiliaryLabels):
    """Action units and landmarks as py-feat writes them.

    Cheong et al., *Py-Feat: Python Facial Expression Analysis Toolbox*,
    Affective Science 2023, https://arxiv.org/abs/2104.03509.

    The column ``input`` names the image; where it names a video, ``frame``,
    from 0, tells which. ``FaceScore`` is the confidence; a row without a face
    has empty cells.

    Args:
        path (str): The file or folder.
        targets (Sequence[str], optional): ``'au'``, ``'landmarks'`` (68
            points in pixels) or both. Defaults to None, ``('au', )``.
        threshold (float, optional): From what value on a unit is present
            (1, else 0). Defaults to None, the values in [0, 1] as they are.
        **kwargs: See :class:`AuxiliaryLabels`; ``aus`` defaults to
            ``'pyfeat'``.

    Raises:
        AnnotationError: If a column is missing or a row is malformed.
    """

    TARGETS = ('au', 'landmarks')
    FIRST_FRAME = 0

    def __init__(self, path: str, threshold: Optional[float] = None,
                 **kwargs: Any) -> None:
        super().__init__(path, **kwargs)
        self.threshold = threshold

    def default_aus(self) -> str:
        """The action units unless ``aus`` says so."""
        return 'pyfeat'

    def choose_columns(self, header: List[str], file: str) -> TableColumns:
        """See :meth:`AuxiliaryLabels.choose_columns`."""
        columns = TableColumns(
            au=[f'AU{unit:02d}' for unit in self.units],
            landmarks=[f'{axis}_{i}' for i in range(68) for axis in 'xy']
            if 'landmarks' in self.targets else (),
            au_confidence='FaceScore',
            name=first_of(header, 'input'),
            frame=first_of(header, 'frame'))
        return need(columns, header, file, 'an output of py-feat')

    def read(self) -> LabelRows:
        """All rows, binarised if there is a threshold."""
        rows = super().read()
        units = rows.fields.get('gt_au')
        if self.threshold is not None and units is not None:
            rows.fields['gt_au'] = np.where(
                np.isnan(units), units,
                units >= self.threshold).astype(np.float32)
        return rows

    def settings(self) -> Dict[str, Any]:
        """What the protocol tells of how the file was read."""
        return dict(super().settings(), threshold=self.threshold)
