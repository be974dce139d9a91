# Copyright (c) mmfer contributors.
from .corrections import Corrections
from .label_bank import LabelBank
from .margin_relabeling import MarginRelabeling
from .neighbor_bank import NeighborBank, Neighbors
from .relabeling import Proposal, Relabeling
from .sample_indices import sample_indices
from .sample_scalars import SampleScalars
from .shared_rows import SharedRows
from .similarity_relabeling import SimilarityRelabeling
from .staged_rows import StagedRows
from .template_bank import TemplateBank

__all__ = [
    'Corrections',
    'LabelBank',
    'MarginRelabeling',
    'NeighborBank',
    'Neighbors',
    'Proposal',
    'Relabeling',
    'SampleScalars',
    'SharedRows',
    'SimilarityRelabeling',
    'StagedRows',
    'TemplateBank',
    'sample_indices',
]
