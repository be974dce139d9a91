# Copyright (c) mmfer contributors.
from .clip_data_preprocessor import ClipDataPreprocessor
from .fer_data_preprocessor import FERDataPreprocessor

__all__ = ['ClipDataPreprocessor', 'FERDataPreprocessor']
