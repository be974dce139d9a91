# Copyright (c) mmfer contributors.
from .corrections import Corrections
from .label_bank import LabelBank
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
