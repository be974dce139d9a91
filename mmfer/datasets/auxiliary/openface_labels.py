# Copyright (c) mmfer contributors.
from typing import Any, Dict, List

from mmfer.registry import TASK_UTILS
from mmfer.structures import AnnotationError
from ..tables import first_of
from .auxiliary_labels import AuxiliaryLabels
from .detector_columns import need
from .label_table import TableColumns


@TASK_UTILS.register_module()
class OpenFaceLabels(AuxiliaryLabels):
    """Action units and landmarks as OpenFace 2 writes them.

    Baltrusaitis et al., *OpenFace 2.0: Facial Behavior Analysis Toolkit*,
    FG 2018, https://doi.org/10.1109/FG.2018.00019.

    ``FaceLandmarkImg`` writes one CSV an image, named like it: give the
    folder. ``FeatureExtraction`` writes one a video, with a column ``frame``
    that starts at 1. A column ``path``, ``image`` or ``name`` that was added
    to a joined file goes before both. Rows with ``success`` 0 have no labels.

    Args:
        path (str): The file or folder.
        targets (Sequence[str], optional): ``'au'``, ``'landmarks'`` (68
            points in pixels) or both. Defaults to None, ``('au', )``.
        intensity (bool): Whether ``gt_au`` holds intensities from 0 to 5
            (``AU01_r``) in place of occurrence in {0, 1} (``AU01_c``).
            Defaults to False.
        **kwargs: See :class:`AuxiliaryLabels`; ``aus`` defaults to
            ``'openface2'``, and unit 28 has occurrence only.

    Raises:
        AnnotationError: If a column is missing or a row is malformed.
    """

    TARGETS = ('au', 'landmarks')

    def __init__(self, path: str, intensity: bool = False,
                 **kwargs: Any) -> None:
        super().__init__(path, **kwargs)
        self.intensity = intensity
        if intensity:
            # From intensity A (a trace) on.
            self.AU_RANGE, self.AU_PRESENT = (0., 5.), 1.

    def default_aus(self) -> str:
        """The action units unless ``aus`` says so."""
        return 'openface2'

    def choose_columns(self, header: List[str], file: str) -> TableColumns:
        """See :meth:`AuxiliaryLabels.choose_columns`."""
        kind = 'r' if self.intensity else 'c'
        if 'landmarks' in self.targets and 'x_0' not in header:
            # X_0 is something else: a point in space, in millimeters.
            raise AnnotationError(
                'no landmarks in pixels, x_0, y_0 and so on', file, 1,
                hint='run OpenFace with -2Dfp')
        columns = TableColumns(
            au=[f'AU{unit:02d}_{kind}' for unit in self.units],
            landmarks=[f'{axis}_{i}' for i in range(68) for axis in 'xy']
            if 'landmarks' in self.targets else (),
            au_confidence='confidence',
            success=first_of(header, 'success'),
            name=first_of(header, 'path', 'image', 'name'),
            frame=first_of(header, 'frame'))
        return need(columns, header, file, 'an output of OpenFace 2')

    def settings(self) -> Dict[str, Any]:
        """What the protocol tells of how the file was read."""
        return dict(super().settings(), intensity=self.intensity)
