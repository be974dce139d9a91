# Copyright (c) mmfer contributors.
import json
import os
from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np

from mmfer.errors import AnnotationError, ConfigError, MissingFileError
from mmfer.files import read_npz, write_npz
from .au_adjacency import (REWEIGHTINGS, conditional_probability,
                           count_together, normalize_adjacency,
                           phi_coefficient, reweight)

_ARRAYS = ('adjacency', 'relation', 'positives', 'known')


@dataclass(frozen=True)
class AUGraph:
    """Which action units occur together, found in labels.

    Args:
        names (tuple[str]): The K action units, as ``'AU12'``.
        adjacency (np.ndarray): Normalised weights, float32 ``(R, K, K)``: a
            row holds what a node takes. R is 1; or 2 for a signed graph,
            positive edges first.
        relation (np.ndarray): What the edges were taken from, float32
            ``(K, K)``: P(j | i), or phi for a signed graph.
        positives (np.ndarray): Samples in which each unit occurs, int64
            ``(K, )``.
        known (np.ndarray): Samples in which it is labelled, int64 ``(K, )``.
        provenance (dict): Where it comes from; plain values.
    """

    names: Tuple[str, ...]
    adjacency: np.ndarray
    relation: np.ndarray
    positives: np.ndarray
    known: np.ndarray
    provenance: Dict[str, Any] = field(default_factory=dict)

    @property
    def signed(self) -> bool:
        """Whether negative edges are kept as well."""
        return len(self.adjacency) == 2

    @property
    def num_edges(self) -> int:
        """Edges between different units, over all relations."""
        between = ~np.eye(len(self.names), dtype=bool)
        return int(((self.adjacency > 0) & between).sum())

    @classmethod
    def from_labels(cls,
                    labels: np.ndarray,
                    names: Sequence[str],
                    signed: bool = False,
                    threshold: Optional[float] = None,
                    neighbor_share: float = 0.5,
                    reweighting: str = 'share',
                    min_positives: int = 10,
                    provenance: Optional[Dict[str, Any]] = None) -> 'AUGraph':
        """The graph of a set of labels.

        An edge leads from i to j where P(j | i) reaches the threshold; in a
        signed graph where phi does, and a negative one where -phi does. A
        unit that occurs too seldom takes from no other.

        Args:
            labels (np.ndarray): Occurrence in {0, 1}, NaN = unknown,
                ``(M, K)``.
            names (Sequence[str]): The K action units.
            signed (bool): Defaults to False.
            threshold (float, optional): In (0, 1]. Defaults to None: 0.4,
                that of ML-GCN; 0.1, that of Emotion-GCN, if signed.
            neighbor_share (float): See :func:`~.au_adjacency.reweight`, in
                [0, 1]. Defaults to 0.5, that of Emotion-GCN.
            reweighting (str): ``'share'`` or ``'add'``, see there. Defaults
                to ``'share'``.
            min_positives (int): How often i must occur where j is labelled.
                Defaults to 10, our choice.
            provenance (dict, optional): Kept beside the settings.

        Raises:
            ValueError: If the labels or a setting are out of range.
        """
        if threshold is None:
            threshold = 0.1 if signed else 0.4
        labels = np.asarray(labels, dtype=np.float64)
        if labels.ndim != 2 or labels.shape[1] != len(names):
            raise ValueError(f'labels of shape {labels.shape} do not fit '
                             f'{len(names)} action units {list(names)}')
        odd = labels[~np.isnan(labels) & (labels != 0) & (labels != 1)]
        if len(odd):
            raise ConfigError(f'labels must be 0, 1 or NaN, got {odd[0]:g}',
                              hint='compare intensities with a threshold '
                              'first')
        if not 0 < threshold <= 1 or not 0 <= neighbor_share <= 1:
            raise ValueError(
                'threshold must lie in (0, 1] and neighbor_share in [0, 1], '
                f'got {threshold} and {neighbor_share}')
        if reweighting not in REWEIGHTINGS:
            raise ValueError(f'reweighting must be one of {REWEIGHTINGS}, '
                             f'got {reweighting!r}')
        counts = count_together(labels)
        enough = counts['first'] >= min_positives
        if signed:
            relation = phi_coefficient(counts)
            edges = [(relation >= threshold) & enough,
                     (-relation >= threshold) & enough]
        else:
            relation = conditional_probability(counts)
            edges = [(relation >= threshold) & enough]
        matrices = [reweight(e, neighbor_share, reweighting) for e in edges]
        for matrix in matrices[1:]:
            np.fill_diagonal(matrix, 0)
        settings = dict(
            samples=len(labels), signed=signed, threshold=threshold,
            neighbor_share=neighbor_share, reweighting=reweighting,
            min_positives=min_positives)
        return cls(
            tuple(names),
            np.stack([normalize_adjacency(m)
                      for m in matrices]).astype(np.float32),
            relation.astype(np.float32), counts['positives'],
            counts['known'], {**(provenance or {}), **settings})

    def ordered(self, names: Sequence[str]) -> 'AUGraph':
        """The same graph with its units in another order.

        Raises:
            ValueError: If the units are others.
        """
        names = tuple(names)
        if sorted(names) != sorted(self.names):
            raise ConfigError('the graph is of the action units '
                              f'{list(self.names)}, not of {list(names)}',
                              hint='build it from a dataset with these '
                              'units, see '
                              'tools/dataset_tools/build_au_graph.py')
        order = np.array([self.names.index(name) for name in names])
        square = np.ix_(order, order)
        return AUGraph(names, np.stack([a[square] for a in self.adjacency]),
                       self.relation[square], self.positives[order],
                       self.known[order], self.provenance)

    def save(self, path: str) -> None:
        """Write an ``.npz`` file without pickled objects."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        write_npz(path, names=np.array(self.names),
                  provenance=np.array(json.dumps(self.provenance)), **arrays)

    @classmethod
    def load(cls, path: str) -> 'AUGraph':
        """Read what :meth:`save` wrote.

        Raises:
            FileNotFoundError: If there is no such file.
            AnnotationError: If it is no graph of action units.
        """
        hint = 'write it with tools/dataset_tools/build_au_graph.py'
        if not os.path.isfile(path):
            raise MissingFileError(f'{path}: no such graph of action units',
                                   hint=hint)
        file = read_npz(path, hint)
        try:
            names = tuple(str(name) for name in file['names'])
            arrays = {name: file[name] for name in _ARRAYS}
            provenance = json.loads(str(file['provenance']))
        except (KeyError, TypeError, ValueError) as error:
            raise AnnotationError('no graph of action units', path,
                                  value=str(error), hint=hint) from None
        size = len(names)
        shape = arrays['adjacency'].shape
        if shape not in ((1, size, size), (2, size, size)):
            raise AnnotationError(
                f'the adjacency of {size} action units has another shape',
                path, value=shape, hint=hint)
        return cls(names, **arrays, provenance=provenance)
