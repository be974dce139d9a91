# Copyright (c) mmfer contributors.
from .fer_metric import FERMetric

__all__ = ['FERMetric']
