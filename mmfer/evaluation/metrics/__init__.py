# Copyright (c) mmfer contributors.
from .confidence_metric import ConfidenceMetric
from .fer_metric import FERMetric

__all__ = ['ConfidenceMetric', 'FERMetric']
