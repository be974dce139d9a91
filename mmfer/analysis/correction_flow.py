# Copyright (c) mmfer contributors.
"""Where labels went that a label bank has corrected."""
import json
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmfer.errors import ConfigError, MissingFileError
from mmfer.structures import AnnotationError
from mmfer.visualization.colors import BLUE, COLORS

_KEYS = ('epoch', 'index', 'given', 'old', 'new')


def read_corrections(path: str) -> List[Dict[str, Any]]:
    """The lines of a ``corrections.jsonl``.

    Args:
        path (str): The file that
            :class:`~mmfer.engine.hooks.LabelCorrectionHook` wrote.

    Raises:
        FileNotFoundError: If it is missing.
        AnnotationError: If a line is no correction.
    """
    rows = []
    try:
        with open(path, encoding='utf-8') as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        raise MissingFileError(f'{path}: no such file',
                               hint='name the work folder of a '
                               'run with a label bank') from None
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            rows.append({**row, **{key: row[key] for key in _KEYS}})
        except (ValueError, KeyError, TypeError):
            raise AnnotationError(
                'no correction', path, number, line[:80],
                f'each line is a JSON object with {list(_KEYS)}') from None
    return rows


class CorrectionFlow(NamedTuple):
    """Where corrected labels came from and went.

    Args:
        classes (list[str]): The C classes that occur, sorted.
        counts (np.ndarray): Samples by given label (rows) and label at the
            end, int64 of shape ``(C, C)``, of all samples ever corrected;
            those on the diagonal were given their label back.
        epochs (list[int]): The epochs with corrections.
        changes (np.ndarray): Labels changed in each, int64 of shape
            ``(E, )``.
        right (np.ndarray, optional): Of these, those to the label before
            noise; None where it is not known.
    """
    classes: List[str]
    counts: np.ndarray
    epochs: List[int]
    changes: np.ndarray
    right: Optional[np.ndarray]


def correction_flow(rows: Sequence[Dict[str, Any]]) -> CorrectionFlow:
    """Count corrections.

    Args:
        rows (Sequence[dict]): From :func:`read_corrections`.

    Raises:
        ValueError: If nothing was corrected.
    """
    if not rows:
        raise ConfigError('no label was corrected',
                          hint='name a run that corrected some')
    names = sorted({str(row[key]) for row in rows for key in ('given', 'new')})
    last = {row['index']: row for row in rows}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for row in last.values():
        counts[names.index(str(row['given'])),
               names.index(str(row['new']))] += 1
    epochs = sorted({row['epoch'] for row in rows})
    changes = np.array([sum(row['epoch'] == epoch for row in rows)
                        for epoch in epochs])
    right = None
    if all('clean' in row for row in rows):
        right = np.array([
            sum(row['epoch'] == epoch and row['new'] == row['clean']
                for row in rows) for epoch in epochs
        ])
    return CorrectionFlow(names, counts, epochs, changes, right)


def draw_correction_flow(flow: CorrectionFlow, path: str) -> None:
    """Draw given labels on the left, labels at the end on the right, and
    corrections per epoch below.

    Args:
        flow (CorrectionFlow): What :func:`correction_flow` counted.
        path (str): The figure to write.
    """
    figure = Figure(figsize=(7, 8), layout='constrained')
    FigureCanvasAgg(figure)
    bands, bars = figure.subplots(2, height_ratios=(3, 1))
    _draw_bands(bands, flow)
    bars.bar(flow.epochs, flow.changes, color='#BBBBBB', label='changed')
    if flow.right is not None:
        bars.bar(flow.epochs, flow.right, color=BLUE,
                 label='to the label before noise')
        bars.legend(loc='lower right', bbox_to_anchor=(1, 1), ncols=2,
                    frameon=False)
    bars.set_xlabel('epoch')
    bars.set_ylabel('labels')
    bars.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=120)


def _draw_bands(axes: Axes, flow: CorrectionFlow) -> None:
    """One band for each pair of classes, as wide as it has samples."""
    total, gap = flow.counts.sum(), 0.02 * flow.counts.sum()
    sides = []
    for x, sizes in ((0, flow.counts.sum(1)), (1, flow.counts.sum(0))):
        tops = np.cumsum(sizes + gap) - sizes - gap
        sides.append(tops.astype(float))
        for name, top, size in zip(flow.classes, tops, sizes):
            if size:
                axes.text(x + (0.02 if x else -0.02), top + size / 2,
                          f'{name} ({size})', va='center', fontsize=9,
                          ha='left' if x else 'right')
    bend = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, 50))
    for i, j in zip(*flow.counts.nonzero()):
        size = flow.counts[i, j]
        left, right = sides[0][i], sides[1][j]
        sides[0][i] += size
        sides[1][j] += size
        middle = left + (right - left) * bend
        axes.fill_between(
            np.linspace(0, 1, 50), middle, middle + size, lw=0.3,
            edgecolor='white', alpha=0.7, facecolor=COLORS[i % len(COLORS)])
    axes.set_xlim(-0.3, 1.3)
    axes.invert_yaxis()
    axes.set_axis_off()
    axes.set_title(f'{total} corrected samples: given label, label at the end')
