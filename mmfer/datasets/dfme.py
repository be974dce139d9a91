# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Dict, Iterator, Optional

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from .coding_sheet import CodedClip
from .micro_expression_dataset import MicroExpressionDataset

# Official split -> the released sheet and the folder of its clips.
_SHEETS = dict(
    train='training_full_with_AU.xlsx', test_a='testA_full_with_AU.xlsx',
    test_b='testB_full_with_AU.xlsx')
_FOLDERS = dict(train='train_data', test_a='test_data_A',
                test_b='test_data_B')
_COUNTS = dict(
    train=dict(anger=161, contempt=100, disgust=548, fear=265, happiness=206,
               sadness=278, surprise=298),
    test_a=dict(anger=39, contempt=34, disgust=129, fear=62, happiness=63,
                sadness=46, surprise=101),
    test_b=dict(anger=41, contempt=37, disgust=58, fear=38, happiness=42,
                sadness=35, surprise=48))  # yapf: disable


@DATASETS.register_module()
class DFME(MicroExpressionDataset):
    """DFME: micro-expressions at 200, 300 and 500 frames a second.

    Zhao et al., *DFME: A New Benchmark for Dynamic Facial Micro-expression
    Recognition*, IEEE Transactions on Affective Computing 2024,
    https://doi.org/10.1109/TAFFC.2023.3341918.

    ::

        data_root
        ├── training_full_with_AU.xlsx
        ├── testA_full_with_AU.xlsx, testB_full_with_AU.xlsx
        ├── train_data/sub0003_01/00000.png ...
        └── test_data_A, test_data_B

    The released part: 2,629 clips of 259 people. Frames are raw faces,
    counted from 0.

    Args:
        data_root (str): The folder above.
        split (str): With the official protocol ``'train'``, ``'test_a'`` or
            ``'test_b'``; with folds ``'train'`` or ``'test'``; ``'all'``.
            Defaults to ``'train'``.
        protocol (str): ``'official'``, or ``'folds'``: all clips in
            ``num_folds`` subject-disjoint folds, ours; the paper has ten and
            does not tell them. Defaults to ``'official'``.
        sheets (Dict[str, str], optional): The sheet of each official split
            below ``data_root``, where it is not the released one, such as
            ``dict(train='train_data/coding.xlsx')``. Defaults to None.
        **kwargs: See :class:`MicroExpressionDataset`; ``sheet`` is not
            used, and ``clip_name`` may ask for ``{folder}``.

    Raises:
        ValueError: If ``protocol`` is unknown, or ``sheets`` names another
            split.
        AnnotationError: If a subject stands in two official splits.
    """

    LABEL_SPACE = 'dfme'
    SPLITS = ('train', 'test_a', 'test_b', 'test', 'all')
    SOURCE_SET, SUBJECT = 'dfme', 'sub{:04d}'
    CLIP_NAME = '{folder}/{clip}'
    UNITS = 'dfme'

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 protocol: str = 'official',
                 sheets: Optional[Dict[str, str]] = None,
                 **kwargs: Any) -> None:
        if protocol not in ('official', 'folds'):
            raise ValueError("protocol must be 'official' or 'folds', got "
                             f'{protocol!r}')
        unknown = sorted(set(sheets or ()) - set(_SHEETS))
        if unknown:
            raise ValueError(f'sheets names unknown splits {unknown}; there '
                             f'are {list(_SHEETS)}')
        self.protocol_name = protocol
        self.sheets = {**_SHEETS, **(sheets or {})}
        self.SPLITS = (*_SHEETS, 'all')
        if protocol == 'folds':
            self.SPLITS = ('train', 'test', 'all')
        super().__init__(data_root=data_root, split=split, **kwargs)

    @property
    def uses_folds(self) -> bool:
        """Whether the split is a part of a cross-validation."""
        return self.protocol_name == 'folds' and self.split != 'all'

    def official_counts(self) -> Optional[Dict[str, int]]:
        """Those of the official splits or all of them; None for folds and
        for some subjects."""
        if self.uses_folds or self.subjects is not None:
            return None
        parts = list(_COUNTS) if self.split == 'all' else [self.split]
        return {name: sum(_COUNTS[part].get(name, 0) for part in parts)
                for name in self.label_space.classes}

    def read_clips(self) -> Iterator[dict]:
        """The samples of the sheets that the split needs."""
        official = self.protocol_name == 'official' and self.split != 'all'
        parts: Dict[str, str] = {}
        for part in [self.split] if official else list(_SHEETS):
            self._folder = _FOLDERS[part]
            path = osp.join(self.data_root, self.sheets[part])
            for sample in self.read_sheet(path):
                subject = sample['subject']
                if parts.setdefault(subject, part) != part:
                    raise AnnotationError(
                        f'a subject of {part} that stands in '
                        f'{parts[subject]} as well', path, None, subject,
                        'take the released sheets')
                yield sample

    def clip_fields(self, row: CodedClip, path: str) -> Dict[str, str]:
        """See :class:`MicroExpressionDataset`."""
        return dict(super().clip_fields(row, path), folder=self._folder)
