# Copyright (c) mmfer contributors.
"""A cross-validation as JSON, table and figure."""
import json
import os.path as osp
from statistics import mean, stdev
from typing import Any, Dict, List, Mapping, Sequence

import numpy as np

from mmfer.evaluation.confusion_matrix import save_confusion_matrix
from .pooling import Result

FIGURES = ('UF1', 'UAR', 'accuracy')
HEADERS = ('set', 'samples', *FIGURES)


def table_rows(results: Mapping[int, Result]) -> List[List[str]]:
    """The rows under ``HEADERS``, all samples first.

    Args:
        results (Mapping[int, Result]): Seed -> result; figures are means
            with the sample's standard deviation over the seeds.
    """
    runs = list(results.values())
    rows = [['all', *_figures([run.overall for run in runs])]]
    rows += [[name, *_figures([run.sets[name] for run in runs])]
             for name in runs[0].sets]
    return rows


def _figures(runs: Sequence[Dict[str, float]]) -> List[str]:
    cells = [str(runs[0]['samples'])]
    for name in FIGURES:
        values = [run[name] for run in runs]
        text = f'{mean(values):.4f}'
        cells.append(text if len(values) == 1 else
                     f'{text} ± {stdev(values):.4f}')
    return cells


def write_report(results: Mapping[int, Result], classes: Sequence[str],
                 notes: Sequence[str], folder: str,
                 about: Dict[str, Any]) -> List[str]:
    """Write ``cross_validation.{json,md}``, ``confusion_matrix.{json,png}``.

    Args:
        results (Mapping[int, Result]): Seed -> result.
        classes (Sequence[str]): The C class names.
        notes (Sequence[str]): What a reader has to know, a line each.
        folder (str): Where to.
        about (dict): What was run, for the JSON file.

    Returns:
        list[str]: The files.
    """
    stem = osp.join(folder, 'cross_validation')
    content = dict(
        about, classes=list(classes), notes=list(notes),
        seeds={
            seed: dict(overall=result.overall, sets=result.sets,
                       confusion=result.matrix.tolist())
            for seed, result in results.items()
        })
    with open(f'{stem}.json', 'w', encoding='utf-8') as file:
        json.dump(content, file, indent=1)
    lines = [f"| {' | '.join(row)} |"
             for row in (HEADERS, *table_rows(results))]
    lines.insert(1, '|---' * len(HEADERS) + '|')
    with open(f'{stem}.md', 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines + [''] + [f'- {n}' for n in notes]) + '\n')
    matrix = osp.join(folder, 'confusion_matrix')
    save_confusion_matrix(
        np.sum([result.matrix for result in results.values()], axis=0),
        classes, matrix, f'all folds, {len(results)} seed(s)')
    return [f'{stem}.json', f'{stem}.md', f'{matrix}.json', f'{matrix}.png']
