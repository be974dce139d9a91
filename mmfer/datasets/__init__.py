# Copyright (c) mmfer contributors.
from . import samplers, transforms  # noqa: F401
from .base_fer_dataset import BaseFERDataset
from .ferplus import FERPlus
from .synthetic_fer import SyntheticFER

__all__ = ['BaseFERDataset', 'FERPlus', 'SyntheticFER']
