# Copyright (c) mmfer contributors.
"""Columns in the header of a detector's output."""
from typing import List

from mmfer.structures import AnnotationError
from ..tables import first_of
from .label_table import TableColumns


def need(columns: TableColumns, header: List[str], file: str,
         kind: str) -> TableColumns:
    """``columns``, if the header has them all.

    Raises:
        AnnotationError: If one is missing; it tells what ``kind`` of file was
            expected.
    """
    missing = [name for group in columns.groups().values() for name in group
               if first_of(header, name) is None]
    if missing:
        raise AnnotationError(
            f'no {kind}: {len(missing)} columns are missing', file, 1,
            missing[:5], 'check type=, aus= and targets=; the header has '
            f'{len(header)} columns, {header[:6]} and so on')
    return columns
