# Copyright (c) mmfer contributors.
import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import nn

from mmfer.engine.model_parts import parts_of
from mmfer.errors import ConfigError
from mmfer.models.backbones import LandmarkNet
from mmfer.models.layers import LandmarkOrder
from .colors import VERMILION

_ROOT = VERMILION


def draw_landmark_trees(model: nn.Module, path: str) -> None:
    """Draw on the mean face in which order each stream reads the landmarks.

    A line joins each landmark with its parent: the wider, the more the gate
    lets through; its colour, from dark to light, tells when the landmark is
    read. The star is the first one.

    Args:
        model (nn.Module): A trained model with one :class:`LandmarkNet`.
        path (str): The figure to write; the ending decides the format.

    Raises:
        ValueError: If the model reads no landmarks in an order.
    """
    nets = parts_of(model, LandmarkNet)
    if len(nets) != 1:
        raise ConfigError(f'the model has {len(nets)} parts that read '
                          'landmarks in an order, one is needed',
                          hint='take a config with '
                          "backbone=dict(type='LandmarkNet', ...)")
    net = nets[0]
    figure = Figure(
        figsize=(5 * len(net.orders), 5.4), layout='constrained')
    FigureCanvasAgg(figure)
    grid = figure.subplots(1, len(net.orders), squeeze=False)
    for ax, (name, order) in zip(grid.flat, net.orders.items()):
        _draw_order(ax, order, net.filler.mean_face)
        ax.set_title(name)
    figure.savefig(path, dpi=110)


@torch.no_grad()
def _draw_order(ax: Axes, order: LandmarkOrder, points: torch.Tensor) -> None:
    points, gates = points.cpu().numpy(), order.gates().cpu().tolist()
    walk, parents = order.walk.tolist(), order.parents.tolist()
    for child, parent in enumerate(parents):
        when = colormaps['viridis'](walk.index(child) / len(walk))
        ax.plot(*points[[child, parent]].T, color=when, lw=2 * gates[child])
        ax.annotate(str(child), points[child], fontsize=6, color='#555555')
    ax.scatter(*points.T, s=8, color='black', zorder=3)
    ax.scatter(*points[walk[0]], s=120, marker='*', color=_ROOT, zorder=4)
    ax.set_aspect('equal')
    ax.invert_yaxis()
    ax.set_axis_off()
