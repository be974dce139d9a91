# Copyright (c) mmfer contributors.
from .measure import (PeakMemory, Repeat, alone, interleave, measure,
                      prepare_process, private_mib, resident_mib, summarise,
                      threads)
from .report import environment, finish

__all__ = [
    'PeakMemory', 'Repeat', 'alone', 'environment',
    'finish', 'interleave', 'measure', 'prepare_process', 'private_mib',
    'resident_mib', 'summarise', 'threads'
]
