# Copyright (c) mmfer contributors.
from typing import List, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mmengine.dataset import BaseDataset, pseudo_collate
from mmengine.model import BaseModel
from mmpretrain.structures import DataSample

from .colors import BLUE, VERMILION

# Said in words as well.
_RIGHT, _WRONG, _OTHER = BLUE, VERMILION, '#BBBBBB'


def choose_samples(labels: Sequence[int], number: int) -> List[int]:
    """Indices that show all classes in turn.

    Args:
        labels (Sequence[int]): The class of every sample.
        number (int): How many indices to give.

    Returns:
        list[int]: At most ``number`` indices: the first sample of each class,
        then the second of each, and so on.
    """
    labels = np.asarray(labels)
    rank = np.zeros(len(labels), dtype=int)
    for label in np.unique(labels):
        members = labels == label
        rank[members] = np.arange(members.sum())
    return np.lexsort((labels, rank))[:number].tolist()


def draw_predictions(model: BaseModel,
                     dataset: BaseDataset,
                     path: str,
                     number: int = 24,
                     columns: int = 6) -> None:
    """Draw faces with true and predicted expression and all scores.

    Args:
        model (BaseModel): A trained classifier.
        dataset (BaseDataset): The samples; pictures are drawn as the
            pipeline packs them, BGR.
        path (str): The figure to write; the ending decides the format.
        number (int): How many faces. Defaults to 24.
        columns (int): Faces in a row. Defaults to 6.
    """
    chosen = choose_samples(dataset.get_gt_labels(), number)
    batch = [dataset[i] for i in chosen]
    model.eval()
    with torch.no_grad():
        samples = model.test_step(pseudo_collate(batch))
    rows = -(-len(chosen) // columns)
    figure = Figure(figsize=(2.2 * columns, 3.1 * rows), layout='constrained')
    FigureCanvasAgg(figure)
    grid = figure.subplots(
        2 * rows, columns, squeeze=False,
        gridspec_kw=dict(height_ratios=[2, 1] * rows))
    for ax in grid.flat:
        ax.set_axis_off()
    for i, (item, sample) in enumerate(zip(batch, samples)):
        row, column = divmod(i, columns)
        _draw_face(grid[2 * row, column], item['inputs'], sample,
                   dataset.metainfo['classes'])
        _draw_scores(grid[2 * row + 1, column], sample,
                     dataset.metainfo['classes'])
    figure.savefig(path, dpi=110)


def _draw_face(ax: Axes, inputs: torch.Tensor, sample: DataSample,
               classes: Sequence[str]) -> None:
    ax.imshow(inputs.flip(0).permute(1, 2, 0).numpy())
    truth, guess = int(sample.gt_label), int(sample.pred_label)
    right = truth == guess
    text = classes[truth] if right else \
        f'{classes[guess]}\n(truly {classes[truth]})'
    ax.set_title(
        text, fontsize=10, color=_RIGHT if right else _WRONG,
        weight='normal' if right else 'bold')


def _draw_scores(ax: Axes, sample: DataSample,
                 classes: Sequence[str]) -> None:
    scores = sample.pred_score.cpu().numpy()
    colours = [_OTHER] * len(scores)
    colours[int(sample.pred_label)] = _WRONG
    colours[int(sample.gt_label)] = _RIGHT
    ax.set_axis_on()
    ax.bar(range(len(scores)), scores, color=colours)
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    ax.set_xticks(
        range(len(classes)), [c[:3] for c in classes], fontsize=6)
    for side in ('top', 'right', 'left'):
        ax.spines[side].set_visible(False)
