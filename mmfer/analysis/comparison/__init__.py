# Copyright (c) mmfer contributors.
from .cost import model_cost
from .grid import Cell, cell_config, make_grid
from .report import write_report
from .runs import Outcome, train_all, write_config
from .summary import Row, summarise

__all__ = [
    'Cell',
    'Outcome',
    'Row',
    'cell_config',
    'make_grid',
    'model_cost',
    'summarise',
    'train_all',
    'write_config',
    'write_report',
]
