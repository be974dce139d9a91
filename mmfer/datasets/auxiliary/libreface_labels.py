# Copyright (c) mmfer contributors.
from typing import Any, Dict, List

from mmfer.registry import TASK_UTILS
from ..tables import first_of
from .auxiliary_labels import AuxiliaryLabels
from .detector_columns import need
from .label_table import TableColumns


@TASK_UTILS.register_module()
class LibreFaceLabels(AuxiliaryLabels):
    """Action units as LibreFace writes them.

    Chang et al., *LibreFace: An Open-Source Toolkit for Deep Facial
    Expression Analysis*, WACV 2024, https://arxiv.org/abs/2308.10713.

    The column ``input_image_path`` names the image; a video has ``frame_idx``,
    from 0. LibreFace writes no confidence, so that it is 1 for every row. The
    names of the columns were read in its code; no file of it was at hand.

    Args:
        path (str): The file or folder.
        intensity (bool): Whether ``gt_au`` holds intensities from 0 to 5
            (``au_1_intensity``) in place of occurrence in {0, 1} (``au_1``).
            Defaults to False.
        **kwargs: See :class:`AuxiliaryLabels`; ``aus`` defaults to
            ``'libreface_presence'`` or ``'libreface_intensity'``.

    Raises:
        AnnotationError: If a column is missing or a row is malformed.
    """

    TARGETS = ('au', )
    FIRST_FRAME = 0

    def __init__(self, path: str, intensity: bool = False,
                 **kwargs: Any) -> None:
        self.intensity = intensity
        if intensity:
            # From intensity A (a trace) on.
            self.AU_RANGE, self.AU_PRESENT = (0., 5.), 1.
        super().__init__(path, **kwargs)

    def default_aus(self) -> str:
        """The action units unless ``aus`` says so."""
        return ('libreface_intensity' if self.intensity else
                'libreface_presence')

    def choose_columns(self, header: List[str], file: str) -> TableColumns:
        """See :meth:`AuxiliaryLabels.choose_columns`."""
        ending = '_intensity' if self.intensity else ''
        columns = TableColumns(
            au=[f'au_{unit}{ending}' for unit in self.units],
            name=first_of(header, 'input_image_path'),
            frame=first_of(header, 'frame_idx'))
        return need(columns, header, file, 'an output of LibreFace')

    def settings(self) -> Dict[str, Any]:
        """What the protocol tells of how the file was read."""
        return dict(super().settings(), intensity=self.intensity)
