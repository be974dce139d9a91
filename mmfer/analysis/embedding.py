# Copyright (c) mmfer contributors.
"""Features of a model on a plane."""
from importlib.util import find_spec
from typing import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmfer.errors import ConfigError, MissingPackageError
from mmfer.visualization.colors import COLORS

_MARKERS = 'os^Dv*PX'
# Method -> module and package.
_PACKAGES = dict(tsne=('sklearn', 'scikit-learn'), umap=('umap', 'umap-learn'))


def require_method(method: str) -> None:
    """Make sure that a method is there, before features are computed.

    Args:
        method (str): ``'tsne'`` or ``'umap'``.

    Raises:
        ValueError: If it is unknown.
        ImportError: If its package is missing.
    """
    if method not in _PACKAGES:
        raise ValueError(f"method must be 'tsne' or 'umap', got {method!r}")
    module, package = _PACKAGES[method]
    if find_spec(module) is None:
        raise MissingPackageError(f'{method} needs {package}',
                                  hint="pip install 'mmfer[analysis]'")


def embed_features(features: np.ndarray, method: str = 'tsne',
                   seed: int = 0) -> np.ndarray:
    """Lay features on a plane, like ones near each other.

    Args:
        features (np.ndarray): float of shape ``(N, D)``, N > 3.
        method (str): ``'tsne'``, by scikit-learn, or ``'umap'``, by
            umap-learn, each with its default settings. Defaults to
            ``'tsne'``.
        seed (int): The seed. Defaults to 0.

    Returns:
        np.ndarray: float32 of shape ``(N, 2)``.

    Raises:
        ValueError: If the method is unknown or there are too few samples.
        ImportError: If the package is missing.
    """
    if len(features) < 4:
        raise ConfigError(f'{len(features)} samples are too few to lay them '
                          'on a plane',
                          hint='take at least 4')
    require_method(method)
    if method == 'tsne':
        from sklearn.manifold import TSNE
        # The default perplexity of 30, or less for a small set.
        engine = TSNE(perplexity=min(30., (len(features) - 1) / 3),
                      init='pca', random_state=seed)
    else:
        from umap import UMAP
        engine = UMAP(n_neighbors=min(15, len(features) - 1),
                      random_state=seed)
    return np.asarray(engine.fit_transform(features), dtype=np.float32)


def draw_embedding(points: np.ndarray, labels: np.ndarray,
                   classes: Sequence[str], path: str,
                   title: str = '') -> None:
    """Draw a plane; classes differ in colour and in shape.

    Args:
        points (np.ndarray): ``(N, 2)``.
        labels (np.ndarray): Classes, int64 of shape ``(N, )``.
        classes (Sequence[str]): The class names.
        path (str): The figure to write.
        title (str): The title. Defaults to ''.
    """
    figure = Figure(figsize=(8, 6.5), layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for label in np.unique(labels):
        own = points[labels == label]
        axes.scatter(
            own[:, 0], own[:, 1], s=14, alpha=0.7, lw=0,
            color=COLORS[label % len(COLORS)],
            # Colours come again after eight classes, pairs do not.
            marker=_MARKERS[(label + label // len(COLORS)) % len(_MARKERS)],
            label=f'{classes[label]} ({len(own)})')
    axes.set_axis_off()
    axes.set_title(title)
    figure.legend(loc='outside right upper', markerscale=2)
    figure.savefig(path, dpi=120)
