# Copyright (c) mmfer contributors.
"""How well a model does on each class and on each person."""
import csv
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from mmfer.errors import ConfigError
from mmfer.files import atomic_write, spreadsheet_cell

ROW = Dict[str, Any]


def class_table(matrix: np.ndarray, classes: Sequence[str]) -> List[ROW]:
    """Measures of each class.

    Args:
        matrix (np.ndarray): Counts ``(C, C)``, rows = truth.
        classes (Sequence[str]): The class names.

    Returns:
        list[dict]: ``class``, ``samples``, ``predicted`` (how often),
        ``recall``, ``precision`` and ``f1`` in percent, None where nothing
        can be said, ``taken_for`` (the class it is most often mistaken for,
        empty if never) and ``taken_share`` in percent.
    """
    rows = []
    for i, name in enumerate(classes):
        hits, samples, predicted = (int(matrix[i, i]), int(matrix[i].sum()),
                                    int(matrix[:, i].sum()))
        wrong = matrix[i].copy()
        wrong[i] = 0
        rows.append(
            {'class': name, 'samples': samples, 'predicted': predicted,
             'recall': _percent(hits, samples),
             'precision': _percent(hits, predicted),
             'f1': _percent(2 * hits, samples + predicted),
             'taken_for': classes[wrong.argmax()] if wrong.any() else '',
             'taken_share': _percent(int(wrong.max()), samples)})
    return rows


def subject_table(labels: np.ndarray, predicted: np.ndarray,
                  subjects: Sequence[str]) -> List[ROW]:
    """Measures of each person, the worst first.

    Args:
        labels (np.ndarray): True classes, int64 of shape ``(N, )``.
        predicted (np.ndarray): Predicted classes, likewise.
        subjects (Sequence[str]): Who it is; samples without are left out.

    Returns:
        list[dict]: ``subject``, ``samples``, ``accuracy`` and ``uar`` (over
        the classes that the person shows) in percent.

    Raises:
        ValueError: If nobody is known.
    """
    names = np.asarray(subjects)
    known = sorted(set(names.tolist()) - {''})
    if not known:
        raise ConfigError('no sample tells its subject',
                          hint='take a dataset that does, such as FERCSV '
                          'with a column subject')
    rows = []
    for name in known:
        own = names == name
        hits = labels[own] == predicted[own]
        recalls = [hits[labels[own] == c].mean()
                   for c in np.unique(labels[own])]
        rows.append(dict(
            subject=name, samples=int(own.sum()),
            accuracy=float(100 * hits.mean()),
            uar=float(100 * np.mean(recalls))))
    return sorted(rows, key=lambda row: row['accuracy'])


def _percent(part: int, whole: int) -> Optional[float]:
    return 100 * part / whole if whole else None


def write_rows(rows: Sequence[ROW], path: str) -> None:
    """Write a table as CSV; None stays empty.

    Args:
        rows (Sequence[dict]): Rows with the same keys, at least one.
        path (str): The file.
    """
    with atomic_write(path, newline='') as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator='\n')
        table.writeheader()
        table.writerows({key: spreadsheet_cell(value)
                         for key, value in row.items()} for row in rows)
