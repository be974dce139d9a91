# Copyright (c) mmfer contributors.
from typing import List

from mmfer.registry import DATASETS
from .coding_sheet import CodedClip
from .micro_expression_dataset import MicroExpressionDataset


@DATASETS.register_module()
class CASME3(MicroExpressionDataset):
    """CAS(ME)^3, part A: micro-expressions in long videos, 30 frames a second.

    Li et al., *CAS(ME)3: A Third Generation Facial Spontaneous
    Micro-Expression Database with Depth Information and High Ecological
    Validity*, IEEE TPAMI 2023, https://doi.org/10.1109/TPAMI.2022.3174895.

    ::

        data_root
        ├── casme3_table.xlsx
        └── spNO.1/a/color/355.jpg ...

    A video holds several micro-expressions; each is a sample of the same
    folder with its own onset, apex and offset. Two rows of the released sheet
    have 0 for an offset: as far behind the apex as the onset lies before it
    is taken, our choice, since the video goes on. The release lacks the first
    frames of most videos and a few later ones: ``lost_frames`` defaults to
    ``'nearest'``. Depth is not read. In files
    for ``auxiliary`` a sample is called ``FOLDER/ONSET``.

    Args:
        data_root (str): The folder above.
        **kwargs: See :class:`MicroExpressionDataset`.
    """

    LABEL_SPACE = 'casme3'
    SOURCE_SET, SUBJECT, FPS = 'casme3', 'spNO.{}', 30
    SHEET = 'casme3_table.xlsx'
    CLIP_NAME = '{subject}/{clip}/color'
    UNITS = 'casme3'
    LOST_FRAMES = 'nearest'
    # Of the released sheet.
    OFFICIAL_COUNTS = dict(
        all=dict(disgust=250, surprise=187, other=161, fear=86, anger=64,
                 sadness=57, happiness=55))

    def image_paths(self, samples: List[dict]) -> List[str]:
        """The path of each clip and its onset, for clips share folders."""
        return [f'{sample["clip_path"]}/{sample["onset"]}'
                for sample in samples]

    def in_order(self, row: CodedClip, path: str) -> CodedClip:
        """See :class:`MicroExpressionDataset`."""
        if row.offset == 0:
            row = row._replace(offset=2 * row.apex - row.onset)
        return super().in_order(row, path)
