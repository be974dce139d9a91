# Copyright (c) mmfer contributors.
from .corrections import Corrections
from .label_bank import LabelBank
from .margin_relabeling import MarginRelabeling
from .neighbor_bank import NeighborBank, Neighbors
from .relabeling import (BatchRelabeling, EpochRelabeling, Proposal,
                         Relabeling)
from .sample_indices import sample_indices
from .sample_scalars import SampleScalars
from .shared_rows import SharedRows
from .similarity_relabeling import SimilarityRelabeling
from .staged_rows import StagedRows
from .template_bank import TemplateBank
from .typical_relabeling import TypicalRelabeling

__all__ = [
    'BatchRelabeling',
    'Corrections',
    'EpochRelabeling',
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
    'TypicalRelabeling',
    'sample_indices',
]
