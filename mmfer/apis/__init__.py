# Copyright (c) mmfer contributors.
from .converters import convert_state_dict

__all__ = ['convert_state_dict']
