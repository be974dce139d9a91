# Copyright (c) mmfer contributors.
"""Columns in the header of a detector's output."""
from typing import List, Optional

from mmfer.structures import AnnotationError
from .label_table import TableColumns


def first_of(header: List[str], *names: str) -> Optional[str]:
    """The first of the names that the header has, None if it has none."""
    return next((name for name in names if name in header), None)


def need(columns: TableColumns, header: List[str], file: str,
         kind: str) -> TableColumns:
    """``columns``, if the header has them all.

    Raises:
        AnnotationError: If one is missing; it tells what ``kind`` of file was
            expected.
    """
    missing = [name for group in columns.groups().values() for name in group
               if name not in header]
    if missing:
        raise AnnotationError(
            f'no {kind}: {len(missing)} columns are missing', file, 1,
            missing[:5], 'check type=, aus= and targets=; the header has '
            f'{len(header)} columns, {header[:6]} and so on')
    return columns
