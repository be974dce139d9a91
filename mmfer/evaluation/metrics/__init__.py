# Copyright (c) mmfer contributors.
from .au_metric import AUMetric
from .confidence_metric import ConfidenceMetric
from .fer_metric import FERMetric
from .micro_expression_metric import MicroExpressionMetric
from .multi_task_score import MultiTaskScore
from .occlusion_metric import OcclusionMetric
from .va_metric import VAMetric

__all__ = [
    'AUMetric', 'ConfidenceMetric', 'FERMetric', 'MicroExpressionMetric',
    'MultiTaskScore', 'OcclusionMetric', 'VAMetric'
]
