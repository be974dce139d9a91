# Copyright (c) mmfer contributors.
"""Datasets as raw pixels and an index of annotations."""
from .pack_format import damaged_samples, read_annotations, read_index
from .packer import pack_dataset
from .pixel_array import PixelArray

__all__ = [
    'PixelArray', 'damaged_samples', 'pack_dataset', 'read_annotations',
    'read_index'
]
