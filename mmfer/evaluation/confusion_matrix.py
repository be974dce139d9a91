# Copyright (c) mmfer contributors.
import json
import os
import os.path as osp
from typing import TYPE_CHECKING, Any, Dict, Optional, Sequence

import numpy as np
import torch

from mmfer.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Above so many classes the cells are too small, and too many, for text.
_MAX_WRITTEN = 30


def count_confusions(labels: np.ndarray, predicted: np.ndarray,
                     num_classes: int) -> np.ndarray:
    """The confusion matrix.

    Args:
        labels (np.ndarray): True classes ``0 .. C - 1``, of shape ``(N, )``.
        predicted (np.ndarray): Predicted classes, likewise.
        num_classes (int): The number of classes C, at least 2.

    Returns:
        np.ndarray: Counts, int64 of shape ``(C, C)``, rows = truth.

    Raises:
        ValueError: If there are fewer than two classes.
    """
    from torchmetrics.functional.classification import \
        multiclass_confusion_matrix
    found, truth = (torch.as_tensor(side, dtype=torch.int64)
                    for side in (predicted, labels))
    return multiclass_confusion_matrix(found, truth, num_classes).numpy()


def draw_confusion_matrix(matrix: np.ndarray,
                          classes: Sequence[str],
                          title: Optional[str] = None) -> 'Figure':
    """Draw a confusion matrix.

    Colours show each row as shares of its class, so that rare classes are
    read as easily as frequent ones; up to 30 classes every cell also holds
    its count. The colour map is readable for colour-blind people and in grey
    print. A class without samples has an empty row.

    Args:
        matrix (np.ndarray): Counts of shape ``(C, C)``, rows = truth,
            columns = prediction.
        classes (Sequence[str]): The ``C`` class names.
        title (str, optional): A line above the figure. Defaults to None.

    Returns:
        Figure: A matplotlib figure, bound to no display.

    Raises:
        ValueError: If the shapes do not fit or a count is negative.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    matrix, num = np.asarray(matrix), len(classes)
    if matrix.shape != (num, num) or num == 0:
        raise ValueError(f'a confusion matrix of shape {matrix.shape} does '
                         f'not fit {num} classes')
    if (matrix < 0).any():
        raise ValueError('a confusion matrix holds counts, got '
                         f'{matrix.min()}')
    support = matrix.sum(1, keepdims=True)
    shares = np.where(support > 0, matrix / np.maximum(support, 1), np.nan)

    written = num <= _MAX_WRITTEN
    side = max(4.0, (0.75 if written else 0.15) * num + 2.2)
    figure = Figure(figsize=(side + 0.8, side), layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap='cividis', vmin=0, vmax=1)
    names = [name.replace('_', ' ') for name in classes]
    axes.set_xticks(range(num), names, rotation=45, ha='right',
                    rotation_mode='anchor')
    axes.set_yticks(range(num), [
        f'{name} ({int(n)})' for name, n in zip(names, support[:, 0])
    ])
    axes.set_xlabel('predicted')
    axes.set_ylabel('true (samples)')
    if title:
        axes.set_title(title)
    if written:
        _write_cells(axes, matrix, shares)
    else:
        axes.tick_params(labelsize=8)
    figure.colorbar(image, ax=axes, label='share of the true class',
                    fraction=0.046)
    return figure


def _write_cells(axes: 'Axes', matrix: np.ndarray,
                 shares: np.ndarray) -> None:
    """Share and count in each cell of classes with samples."""
    for (row, col), share in np.ndenumerate(shares):
        if not np.isnan(share):
            axes.text(col, row,
                      f'{100 * share:.0f}%\n{int(matrix[row, col])}',
                      ha='center', va='center', fontsize=8,
                      color='black' if share > 0.55 else 'white')


def save_confusion_matrix(matrix: np.ndarray,
                          classes: Sequence[str],
                          path: str,
                          title: Optional[str] = None,
                          **extra: Any) -> None:
    """Write a confusion matrix as ``PATH.json`` and ``PATH.png``.

    Args:
        matrix (np.ndarray): Counts of shape ``(C, C)``, rows = truth.
        classes (Sequence[str]): The ``C`` class names.
        path (str): The path without suffix; its folder is made.
        title (str, optional): A line above the figure. Defaults to None.
        **extra: Further entries of the JSON file.
    """
    figure = draw_confusion_matrix(matrix, classes, title)
    os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
    content: Dict[str, Any] = dict(
        rows='truth',
        columns='prediction',
        classes=list(classes),
        counts=np.asarray(matrix).astype(int).tolist(),
        **extra)
    with atomic_write(f'{path}.json') as file:
        json.dump(content, file, indent=1)
    figure.savefig(f'{path}.png', dpi=120)
