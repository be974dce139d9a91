# Copyright (c) mmfer contributors.
import re
from typing import Any, Dict

from mmfer.registry import DATASETS
from mmfer.structures import LABEL_SPACES, AnnotationError
from .coding_sheet import UNKNOWN_FRAME, CodedClip
from .micro_expression_dataset import MicroExpressionDataset
from .tables import to_int

_CLIP = re.compile(r's(\d+)_((?:ne|po|sur)_\d+)', re.IGNORECASE)


@DATASETS.register_module()
class SMIC(MicroExpressionDataset):
    """SMIC-HS: 164 micro-expressions of 16 people at 100 frames a second.

    Li et al., *A Spontaneous Micro-expression Database: Inducement,
    Collection and Baseline*, FG 2013,
    https://doi.org/10.1109/FG.2013.6553717.

    ::

        data_root
        ├── smic_apex.xlsx
        └── s01/micro/negative/s01_ne_01/image559740.bmp ...

    Numbers and names count as emotions: 0 negative, 1 positive, 2 surprise.
    Clips are called ``s01_ne_01`` or ``s1_ne_01``; ``clip_name`` may ask for
    the short forms ``{short_subject}``, ``s1``, and ``{short_clip}``,
    ``s1_ne_01``, as in ``'HS/{short_subject}/{short_clip}'``. SMIC has no
    action units.

    Args:
        data_root (str): The folder above.
        sheet_apex (bool): Whether to take the apex that a sheet holds. SMIC
            codes none: it comes from others. Defaults to False, the middle
            of onset and offset.
        **kwargs: See :class:`MicroExpressionDataset`.

    Raises:
        AnnotationError: If a clip has a name of another form.
    """

    LABEL_SPACE = 'smic'
    SOURCE_SET, SUBJECT, FPS = 'smic', 's{:02d}', 100
    SHEET = 'smic_apex.xlsx'
    CLIP_NAME = '{subject}/micro/{emotion}/{clip}'
    COMPOSITE = dict(negative='negative', positive='positive',
                     surprise='surprise')
    UNITS = 'casme2'
    OFFICIAL_COUNTS = dict(all=dict(negative=70, positive=51, surprise=43))

    def __init__(self, data_root: str, sheet_apex: bool = False,
                 **kwargs: Any) -> None:
        self.sheet_apex = sheet_apex
        super().__init__(data_root=data_root, **kwargs)

    def emotion_name(self, row: CodedClip, path: str) -> str:
        """See :class:`MicroExpressionDataset`."""
        if not row.emotion.isdigit():
            return row.emotion
        return LABEL_SPACES['smic'].classes[to_int(
            row.emotion, 'the label', path, row.line, 0, 2)]

    def clip_fields(self, row: CodedClip, path: str) -> Dict[str, str]:
        """See :class:`MicroExpressionDataset`."""
        match = _CLIP.fullmatch(row.clip)
        if match is None:
            raise AnnotationError('the clip does not read like s01_ne_01',
                                  path, row.line, row.clip)
        number, rest = int(match.group(1)), match.group(2)
        return dict(
            subject=self.SUBJECT.format(number), short_subject=f's{number}',
            clip=f'{self.SUBJECT.format(number)}_{rest}',
            short_clip=f's{number}_{rest}')

    def in_order(self, row: CodedClip, path: str) -> CodedClip:
        """See :class:`MicroExpressionDataset`."""
        if not self.sheet_apex:
            row = row._replace(apex=UNKNOWN_FRAME)
        return super().in_order(row, path)
