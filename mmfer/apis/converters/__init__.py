# Copyright (c) mmfer contributors.
from .convert import convert_state_dict
from .files import convert_file, read_released_file
from .formats import FORMATS

__all__ = [
    'FORMATS', 'convert_file', 'convert_state_dict', 'read_released_file'
]
