# Copyright (c) mmfer contributors.
from .configs import dataset_of, fold_config
from .folds import PROTOCOLS, Fold, Pool, make_folds, read_pool
from .pooling import (Result, pool_results, pooled_figures, pooled_metrics,
                      read_predictions)
from .report import write_report
from .runs import run_folds

__all__ = [
    'PROTOCOLS',
    'Fold',
    'Pool',
    'Result',
    'dataset_of',
    'fold_config',
    'make_folds',
    'pool_results',
    'pooled_figures',
    'pooled_metrics',
    'read_pool',
    'read_predictions',
    'run_folds',
    'write_report',
]
