# Copyright (c) mmfer contributors.
from typing import Optional

from mmfer.registry import DATASETS
from .coding_sheet import CodedClip
from .micro_expression_dataset import MicroExpressionDataset

# Of the two disgust clips that the list of MEGC 2019 lacks.
_NOT_IN_COMPOSITE = (('sub04', 'EP12_01f'), ('sub05', 'EP09_05f'))


@DATASETS.register_module()
class CASME2(MicroExpressionDataset):
    """CASME II: micro-expressions of 26 people at 200 frames a second.

    Yan et al., *CASME II: An Improved Spontaneous Micro-Expression Database
    and the Baseline Evaluation*, PLoS ONE 2014,
    https://doi.org/10.1371/journal.pone.0086041.

    ::

        data_root
        ├── CASME2-coding-20140508.xlsx
        └── sub01/EP02_01f/img46.jpg ...

    The label space is ``casme2``; ``label_space='casme2_5'`` leaves sadness
    and fear out, as most papers do. ``three_classes`` drops sadness, fear and
    other, and two clips that the list of MEGC 2019 lacks.

    Args:
        data_root (str): The folder above.
        **kwargs: See :class:`MicroExpressionDataset`.
    """

    LABEL_SPACE = 'casme2'
    SOURCE_SET, SUBJECT, FPS = 'casme2', 'sub{:02d}', 200
    SHEET = 'CASME2-coding-20140508.xlsx'
    CLIP_NAME = '{subject}/{clip}'
    COMPOSITE = dict(happiness='positive', surprise='surprise',
                     disgust='negative', repression='negative')
    UNITS = 'casme2'
    # Of the released sheet; the paper speaks of 247 clips.
    OFFICIAL_COUNTS = dict(
        all=dict(happiness=32, disgust=63, repression=27, surprise=25,
                 other=99, sadness=7, fear=2))

    def read_row(self, row: CodedClip, path: str) -> Optional[dict]:
        """See :class:`MicroExpressionDataset`."""
        fields = self.clip_fields(row, path)
        if self.three_classes and (fields['subject'],
                                   row.clip) in _NOT_IN_COMPOSITE:
            name = 'not in MEGC 2019'
            self.dropped[name] = self.dropped.get(name, 0) + 1
            return None
        return super().read_row(row, path)
