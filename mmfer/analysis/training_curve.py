# Copyright (c) mmfer contributors.
import json
from pathlib import Path
from typing import Dict, List, Tuple

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmfer.errors import ConfigError, MissingFileError
from mmfer.visualization.colors import BLUE, VERMILION

# What a run logged: name -> list of (epoch, value).
CURVES = Dict[str, List[Tuple[float, float]]]

_LOSS, _METRIC = BLUE, VERMILION


def read_curves(work_dir: str) -> CURVES:
    """Every logged scalar of a run over its epochs.

    Args:
        work_dir (str): The folder of the run. Parts of a run that was
            resumed are put together; where they overlap the later one counts.

    Returns:
        dict: Name -> list of (epoch, value), sorted by epoch.

    Raises:
        FileNotFoundError: If nothing was logged there.
    """
    files = sorted(Path(work_dir).glob('*/vis_data/scalars.json'))
    if not files:
        raise MissingFileError(f'{work_dir}: no */vis_data/scalars.json',
                               hint='name the work folder of a run whose '
                               "visualizer has a 'LocalVisBackend'")
    curves: Dict[str, Dict[float, float]] = {}
    for file in files:
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        # Training rows tell epoch and iteration; all iterations of an epoch
        # are known once a later epoch has begun.
        per_epoch = _iterations_per_epoch(rows)
        for row in rows:
            at = row['step'] / per_epoch if 'epoch' in row else row['step']
            for name, value in row.items():
                if name not in ('step', 'iter', 'epoch'):
                    curves.setdefault(name, {})[float(at)] = value
    return {name: sorted(points.items()) for name, points in curves.items()}


def _iterations_per_epoch(rows: List[dict]) -> float:
    """The least number of iterations an epoch that fits all training rows."""
    return max((row['iter'] / row['epoch']
                for row in rows if row.get('epoch')), default=1.)


def draw_curves(curves: CURVES,
                path: str,
                metric: str = 'expr/accuracy',
                title: str = '') -> None:
    """Draw the training loss and a metric over the epochs.

    Args:
        curves (dict): What :func:`read_curves` gave.
        path (str): The figure to write.
        metric (str): The metric. Defaults to ``'expr/accuracy'``.
        title (str): The title. Defaults to ''.

    Raises:
        ValueError: If the run has no such metric.
    """
    if metric not in curves:
        raise ConfigError(f'no metric {metric!r} was logged',
                          hint=f'take one of {", ".join(sorted(curves))}')
    figure = Figure(figsize=(7, 4), layout='constrained')
    FigureCanvasAgg(figure)
    left = figure.subplots()
    left.plot(*zip(*curves['loss']), color=_LOSS, lw=1)
    left.set_xlabel('epoch')
    left.set_ylabel('training loss', color=_LOSS)
    right = left.twinx()
    right.plot(*zip(*curves[metric]), color=_METRIC, marker='o', ms=4)
    right.set_ylabel(metric, color=_METRIC)
    epoch, last = curves[metric][-1]
    right.annotate(f'{last:.2f}', (epoch, last), (0, 6), ha='right',
                   textcoords='offset points', color=_METRIC)
    left.set_title(title)
    figure.savefig(path, dpi=120)
