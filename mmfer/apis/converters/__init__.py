# Copyright (c) mmfer contributors.
from .convert import convert_state_dict
from .formats import FORMATS

__all__ = ['FORMATS', 'convert_state_dict']
