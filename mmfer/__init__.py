# Copyright (c) mmfer contributors.
"""Facial expression recognition for MMPretrain.

``import mmfer`` checks versions, applies the scoped compatibility fixes of
:mod:`mmfer.compat`, registers every part in MMPretrain's registries, and has
no other effect.
"""
from .compat import apply_fixes, check_packages  # isort: skip
from .version import __version__

check_packages()
apply_fixes()

from . import (datasets, engine, evaluation, models,  # noqa: E402
               structures, visualization)

__all__ = [
    '__version__', 'datasets', 'engine', 'evaluation', 'models', 'structures',
    'visualization'
]
