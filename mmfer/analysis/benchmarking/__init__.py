# Copyright (c) mmfer contributors.
from .measure import (PeakMemory, Repeat, alone, interleave, measure,
                      private_mib, resident_mib, summarise, threads)
from .report import (add_report_arguments, check_json, chosen, environment,
                     finish)

__all__ = [
    'PeakMemory', 'Repeat', 'add_report_arguments', 'alone', 'check_json',
    'chosen', 'environment', 'finish', 'interleave', 'measure',
    'private_mib', 'resident_mib', 'summarise', 'threads'
]
