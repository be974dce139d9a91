# Copyright (c) mmfer contributors.
from .corrections import Corrections
from .label_bank import LabelBank
from .margin_relabeling import MarginRelabeling, Proposal
from .sample_indices import sample_indices
from .similarity_relabeling import SimilarityRelabeling
from .staged_rows import StagedRows
from .template_bank import TemplateBank

__all__ = [
    'Corrections',
    'LabelBank',
    'MarginRelabeling',
    'Proposal',
    'SimilarityRelabeling',
    'StagedRows',
    'TemplateBank',
    'sample_indices',
]
