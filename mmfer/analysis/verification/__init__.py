# Copyright (c) mmfer contributors.
from .describe import describe_part, describe_sample
from .findings import CHECKS, SEVERITIES, Findings
from .image_scan import ImageFacts, scan_array, scan_file, scan_files
from .overlap import (check_duplicates, check_shared_files, check_subjects,
                      count_groups, duplicate_groups, is_contradictory)
from .parts import (SPLITS, NoDatasetError, Part, collect_parts,
                    leaf_configs)
from .report import print_report
from .samples import (Sample, annotation_problems, geometry_problems,
                      read_samples, scan_samples)

__all__ = [
    'CHECKS',
    'Findings',
    'ImageFacts',
    'NoDatasetError',
    'Part',
    'SEVERITIES',
    'SPLITS',
    'Sample',
    'annotation_problems',
    'check_duplicates',
    'check_shared_files',
    'check_subjects',
    'collect_parts',
    'count_groups',
    'describe_part',
    'describe_sample',
    'duplicate_groups',
    'geometry_problems',
    'is_contradictory',
    'leaf_configs',
    'print_report',
    'read_samples',
    'scan_array',
    'scan_file',
    'scan_files',
    'scan_samples',
]
