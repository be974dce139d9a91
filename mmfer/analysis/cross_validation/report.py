# Copyright (c) mmfer contributors.
"""A cross-validation as JSON, table and figure."""
import json
import os.path as osp
from math import nan
from statistics import mean, stdev
from typing import Any, Dict, List, Mapping, Sequence

import numpy as np

from mmfer.evaluation.confusion_matrix import save_confusion_matrix
from mmfer.files import atomic_write
from ..markdown import escape_markdown, markdown_row
from .pooling import Result

FIGURES = ('UF1', 'UAR', 'accuracy')
TABLE = List[Sequence[str]]


def tables(results: Mapping[int, Result]) -> List[TABLE]:
    """What to show, each with its headers first: the figures of expressions,
    all samples before those of each set, and the metrics of the config.

    Args:
        results (Mapping[int, Result]): Seed -> result; figures are means
            with the sample's standard deviation over the seeds.
    """
    runs = list(results.values())
    made: List[TABLE] = []
    if runs[0].overall:
        parts = {'all': [run.overall for run in runs]}
        parts.update({name: [run.sets[name] for run in runs]
                      for name in runs[0].sets})
        made.append([('set', 'samples', *FIGURES)])
        made[-1] += [[name, str(part[0]['samples']),
                      *(_over_seeds(part, figure) for figure in FIGURES)]
                     for name, part in parts.items()]
    metrics = [run.metrics for run in runs]
    if metrics[0]:
        made.append([('metric', 'all samples')])
        made[-1] += [[name, _over_seeds(metrics, name)]
                     for name in metrics[0]]
    return made


def _over_seeds(runs: Sequence[Dict[str, float]], name: str) -> str:
    # A metric may have nothing to measure in one of the runs.
    values = [run.get(name, nan) for run in runs]
    text = f'{mean(values):.4f}'
    return text if len(values) == 1 else f'{text} ± {stdev(values):.4f}'


def write_report(results: Mapping[int, Result], classes: Sequence[str],
                 notes: Sequence[str], folder: str,
                 about: Dict[str, Any]) -> List[str]:
    """Write ``cross_validation.{json,md}`` and, of expressions,
    ``confusion_matrix.{json,png}``.

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
                       metrics=result.metrics,
                       confusion=result.matrix.tolist())
            for seed, result in results.items()
        })
    with atomic_write(f'{stem}.json') as file:
        json.dump(content, file, indent=1)
    lines: List[str] = []
    for headers, *rows in tables(results):
        lines += [markdown_row(headers), '|---' * len(headers) + '|',
                  *map(markdown_row, rows), '']
    with atomic_write(f'{stem}.md') as file:
        file.write('\n'.join(lines + [
            f'- {escape_markdown(note)}' for note in notes
        ]) + '\n')
    if not any(result.overall for result in results.values()):
        return [f'{stem}.json', f'{stem}.md']
    matrix = osp.join(folder, 'confusion_matrix')
    save_confusion_matrix(
        np.sum([result.matrix for result in results.values()], axis=0),
        classes, matrix, f'all folds, {len(results)} seed(s)')
    return [f'{stem}.json', f'{stem}.md', f'{matrix}.json', f'{matrix}.png']
