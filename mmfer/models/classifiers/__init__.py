# Copyright (c) mmfer contributors.
from .fer_classifier import FERClassifier
from .two_branch_classifier import TwoBranchClassifier

__all__ = ['FERClassifier', 'TwoBranchClassifier']
