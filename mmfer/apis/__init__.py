# Copyright (c) mmfer contributors.
from .converters import convert_state_dict
from .inference import FERInferencer

__all__ = ['FERInferencer', 'convert_state_dict']
