# Copyright (c) mmfer contributors.
from typing import Any, Optional, Tuple

import numpy as np

from mmfer.errors import ConfigError
from mmfer.structures import au_names
from .unwrap import leaf_datasets


def read_au_labels(dataset: Any,
                   threshold: Optional[float] = None,
                   au_set: Optional[str] = None
                   ) -> Tuple[np.ndarray, Tuple[str, ...]]:
    """The action units of all samples of a dataset.

    Args:
        dataset (Any): A dataset of mmfer, or a wrapper of such; the samples
            of a dataset that is repeated are read once.
        threshold (float, optional): Labels of at least this are occurrence:
            0.5 for probabilities, 1 for intensities from 0 to 5. Defaults to
            None: labels are taken as they are.
        au_set (str, optional): The units, a key of ``AU_SETS``, of a dataset
            that does not name them itself. Defaults to None.

    Returns:
        tuple: Labels, float32 ``(M, K)``, NaN = unknown; and the names of the
        units, as ``'AU12'``.

    Raises:
        ValueError: If the units are nowhere named, differ between parts, or
            do not fit the labels; or if no sample has a label.
    """
    rows, names = [], None if au_set is None else au_names(au_set)
    for leaf in leaf_datasets(dataset):
        own = (getattr(leaf, 'metainfo', None) or {}).get('au_names')
        if names is not None and own is not None and tuple(own) != names:
            raise ConfigError(f'{type(leaf).__name__} has the action units '
                              f'{list(own)}, expected {list(names)}',
                              hint='read all parts with one au_set')
        names = names if own is None else tuple(own)
        labels = (leaf.get_data_info(i).get('gt_au')
                  for i in range(len(leaf)))
        rows += [row for row in labels if row is not None]
    if names is None:
        raise ConfigError('the dataset does not name its action units',
                          hint='name a key of AU_SETS with au_set')
    lengths = {len(row) for row in rows}
    if lengths - {len(names)}:
        raise ValueError(f'gt_au holds {sorted(lengths)} action units where '
                         f'{len(names)} are named: {list(names)}')
    if not rows or np.isnan(rows).all():
        raise ValueError('no sample has labels of action units (gt_au)')
    labels = np.asarray(rows, dtype=np.float32)
    if threshold is not None:
        labels = np.where(np.isnan(labels), labels, labels >= threshold)
    return labels.astype(np.float32), names
