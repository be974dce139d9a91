# Copyright (c) mmfer contributors.
"""The one door to MMPretrain's registries.

Parts of mmfer register straight into the registries of MMPretrain, so that
bare names work in the default runner, in configs that inherit from
MMPretrain's, in ``mmpretrain.get_model`` and in MMPretrain's inferencers.
"""
from mmengine.registry import FUNCTIONS
from mmpretrain.registry import (DATA_SAMPLERS, DATASETS, HOOKS, METRICS,
                                 MODELS, OPTIM_WRAPPERS, TASK_UTILS,
                                 TRANSFORMS, VISUALIZERS)

__all__ = [
    'DATASETS', 'DATA_SAMPLERS', 'FUNCTIONS', 'HOOKS', 'METRICS', 'MODELS',
    'OPTIM_WRAPPERS', 'TASK_UTILS', 'TRANSFORMS', 'VISUALIZERS'
]
