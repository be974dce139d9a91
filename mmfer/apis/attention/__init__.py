# Copyright (c) mmfer contributors.
from .attention_maps import ATTENTIONS, attention_maps
from .class_activation import class_activation_maps

__all__ = ['ATTENTIONS', 'attention_maps', 'class_activation_maps']
