# Copyright (c) mmfer contributors.
from .fer_classifier import FERClassifier

__all__ = ['FERClassifier']
