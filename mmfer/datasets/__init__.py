# Copyright (c) mmfer contributors.
from . import samplers, transforms  # noqa: F401
from .base_fer_dataset import BaseFERDataset
from .ferplus import FERPlus
from .unwrap import leaf_datasets

__all__ = ['BaseFERDataset', 'FERPlus', 'leaf_datasets']
