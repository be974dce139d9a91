# Copyright (c) mmfer contributors.
from .class_balanced_sampler import ClassBalancedSampler
from .phased_sampler import PhasedSampler

__all__ = ['ClassBalancedSampler', 'PhasedSampler']
