# Copyright (c) mmfer contributors.
from .label_bank import Corrections, LabelBank
from .sample_indices import sample_indices
from .staged_rows import StagedRows

__all__ = [
    'Corrections',
    'LabelBank',
    'StagedRows',
    'sample_indices',
]
