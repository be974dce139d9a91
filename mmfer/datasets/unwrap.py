# Copyright (c) mmfer contributors.
from typing import Any, List


def _inner(dataset: Any) -> List[Any]:
    """What a wrapper holds; empty for a dataset that is none."""
    if getattr(dataset, 'datasets', None) is not None:
        return list(dataset.datasets)
    if getattr(dataset, 'dataset', None) is not None:
        return [dataset.dataset]
    return []


def leaf_datasets(dataset: Any) -> List[Any]:
    """The readers inside dataset wrappers.

    Wrappers are recognised by what they hold: ``datasets`` (as in
    ``ConcatDataset``) or ``dataset`` (as in ``RepeatDataset``,
    ``ClassBalancedDataset``, ``KFoldDataset`` and torch's ``Subset``), at any
    depth.

    Args:
        dataset (Any): A dataset or a wrapper around datasets.

    Returns:
        list: The innermost datasets in the order of the wrappers; a dataset
        that is held twice stands there once.

    Examples:
        >>> from torch.utils.data import ConcatDataset, Subset
        >>> a, b = [1, 2], [3]
        >>> leaf_datasets(ConcatDataset([Subset(a, [0]), b]))
        [[1, 2], [3]]
    """
    inner = _inner(dataset)
    if not inner:
        return [dataset]
    leaves: List[Any] = []
    for part in inner:
        for leaf in leaf_datasets(part):
            if not any(leaf is known for known in leaves):
                leaves.append(leaf)
    return leaves


def wrapper_names(dataset: Any) -> List[str]:
    """The class names of the wrappers around the readers, outermost first.

    Args:
        dataset (Any): A dataset or a wrapper around datasets.
    """
    inner = _inner(dataset)
    names = [type(dataset).__name__] if inner else []
    for part in inner:
        names += [n for n in wrapper_names(part) if n not in names]
    return names
