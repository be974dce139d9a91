# Copyright (c) mmfer contributors.
from mmfer.errors import AnnotationError, ImageError

from .action_units import ACTION_UNITS, AU_SETS, au_names
from .au_codes import AUCode, au_occurrence, parse_au_string
from .au_graph import AUGraph
from .face_prediction import (AttentionMap, DetectedFace, FacePrediction,
                              PicturePrediction)
from .fer_data_sample import FERDataSample
from .label_space import (EXPRESSIONS, LABEL_SPACES, LabelSpace,
                          canonical_expression)
from .sample_batch import SampleBatch
from .spanning_tree import SpanningTree

__all__ = [
    'ACTION_UNITS', 'AUCode', 'AUGraph', 'AU_SETS', 'AnnotationError',
    'AttentionMap', 'DetectedFace', 'EXPRESSIONS', 'FERDataSample',
    'FacePrediction', 'ImageError', 'LABEL_SPACES', 'LabelSpace',
    'PicturePrediction', 'SampleBatch', 'SpanningTree', 'au_names',
    'au_occurrence', 'canonical_expression', 'parse_au_string'
]
