# Copyright (c) mmfer contributors.
from .arguments import (add_device_argument, add_report_arguments,
                        add_threads_argument, check_json, chosen)
from .measure import (PeakMemory, Repeat, alone, interleave, measure,
                      prepare_process, private_mib, resident_mib, summarise,
                      threads)
from .report import environment, finish

__all__ = [
    'PeakMemory', 'Repeat', 'add_device_argument', 'add_report_arguments',
    'add_threads_argument', 'alone', 'check_json', 'chosen', 'environment',
    'finish', 'interleave', 'measure', 'prepare_process', 'private_mib',
    'resident_mib', 'summarise', 'threads'
]
