# Copyright (c) mmfer contributors.
from .label_bank import Corrections, LabelBank
from .margin_relabeling import MarginRelabeling, Proposal
from .sample_indices import sample_indices
from .staged_rows import StagedRows

__all__ = [
    'Corrections',
    'LabelBank',
    'MarginRelabeling',
    'Proposal',
    'StagedRows',
    'sample_indices',
]
