# Copyright (c) mmfer contributors.
"""Whether a model fits the classes and action units of a dataset."""
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from mmengine.config import Config
from torch import nn

from mmfer.datasets.samplers.labels import dataset_labels
from mmfer.datasets.unwrap import leaf_datasets
from mmfer.errors import ConfigError
from mmfer.models.banks import LabelBank
from mmfer.models.heads import BaseAuxiliaryHead
from mmfer.structures import AnnotationError
from .checkpoint_check import canonical_classes
from .model_parts import augments_of, bare_model

# Attributes of heads, losses and augments with one value for each class.
_PER_CLASS = ('class_weight', 'pos_weight', 'counts')


class _Size(NamedTuple):
    """The number of classes that a part of the model was built for."""
    option: str  # as in a config, 'model.head.num_classes'
    number: int


def check_classes(model: nn.Module, dataset: Any, use: str,
                  cfg: Config) -> None:
    """Refuse a dataset whose targets do not fit the model.

    Compared with the classes of the dataset are ``num_classes`` of all heads
    and their parts, of label banks and of a data preprocessor that makes
    one-hot labels, and the lengths of their ``class_weight``, ``pos_weight``
    and ``counts``; of a dataset that does not name its classes, the largest
    label. Action units of heads are compared with those of the readers by
    name.

    Args:
        model (nn.Module): Wrapped or not.
        dataset (Any): A dataset or a wrapper around datasets.
        use (str): For messages, as ``'training'``.
        cfg (Config): That of the run, to name the option to change.

    Raises:
        ConfigError: If something does not fit; names the option and the
            value to give it.
    """
    model = bare_model(model)
    sizes = list(_sizes(model, cfg))
    if sizes:
        _compare(sizes, dataset, use)
    for name, part in model.named_modules():
        own = getattr(part, 'au_names', None)
        if isinstance(part, BaseAuxiliaryHead) and own:
            _check_units(_option(name, 'au_set', cfg, len(own)), tuple(own),
                         dataset, use)


def _compare(sizes: List[_Size], dataset: Any, use: str) -> None:
    name = ' + '.join(type(leaf).__name__ for leaf in leaf_datasets(dataset))
    classes = canonical_classes(
        (getattr(dataset, 'metainfo', None) or {}).get('classes'))
    if classes is None:
        least = _largest_label(dataset) + 1
        wrong = [size for size in sizes if size.number < least]
        number, known = least, f'{name} has labels up to {least - 1}'
    else:
        number = len(classes)
        wrong = [size for size in sizes if size.number != number]
        known = f'{name} has the {number} classes {classes}'
    if wrong:
        options = {size.option: size.number for size in wrong}
        raise ConfigError(
            'the model does not fit the label space: ' + ', '.join(
                f'{option} is for {count} classes'
                for option, count in options.items()) +
            f', the {use} set {known}', hint=' and '.join(
                _advice(option, number) for option in options) +
            ', or another label_space in the dataset')


def _advice(option: str, number: int) -> str:
    if option.endswith('.num_classes'):
        return f'{option}={number}'
    return f'{number} values for {option}'


def _largest_label(dataset: Any) -> int:
    """Return the largest label, -1 if the dataset has no single labels."""
    try:
        return int(dataset_labels(dataset).max(initial=-1))
    except (AnnotationError, KeyError, TypeError, ValueError):
        return -1


def _sizes(model: nn.Module, cfg: Config) -> Iterator[_Size]:
    """Yield what each part outside backbone and neck was built for."""
    for name, part in model.named_modules():
        if any(piece in ('backbone', 'neck') for piece in name.split('.')):
            continue
        number = getattr(part, 'num_classes', None)
        # Otherwise a preprocessor does not use it.
        used = getattr(part, 'to_onehot', True)
        if isinstance(number, int) and number > 0 and used and _is_part(
                model, name):
            yield _Size(_option(name, 'num_classes', cfg, number), number)
        for key in _PER_CLASS:
            values = getattr(part, key, None)
            if hasattr(values, '__len__') and len(values) and _is_part(
                    model, name, with_units=False):
                yield _Size(_option(name, key, cfg, len(values)), len(values))
    for augment in augments_of(model, object):
        counts = getattr(augment, 'counts', ())
        if len(counts):
            yield _Size(f'counts of {type(augment).__name__}', len(counts))
    head = getattr(model, 'head', None)
    number = getattr(getattr(model, 'backbone', None), 'num_classes', None)
    if head is not None and not hasattr(head, 'num_classes') and isinstance(
            number, int) and number > 0:
        # The backbone has the classifier, the head only its loss.
        yield _Size('model.backbone.num_classes', number)


def _is_part(model: nn.Module, name: str, with_units: bool = True) -> bool:
    """Return whether a module is, or belongs to, a head, a label bank or the
    data preprocessor; without units, not to a head of another task."""
    pieces = name.split('.')
    owners = [
        model.get_submodule('.'.join(pieces[:end + 1]))
        for end in range(len(pieces))
    ] if name else []
    if not with_units and any(
            isinstance(owner, BaseAuxiliaryHead) for owner in owners):
        return False
    return 'head' in pieces or pieces[0] == 'data_preprocessor' or any(
        isinstance(owner, LabelBank) for owner in owners)


def _option(name: str, key: str, cfg: Config, number: int) -> str:
    """Return the option of the config that a module has a setting from.

    Args:
        name (str): Of the module, ``'head.loss_module'``.
        key (str): Of the setting. A part that does not name it has it from
            the part that holds it, or its default.
        cfg (Config): That of the run.
        number (int): What the module was built for.
    """
    node: Any = cfg.get('model') or {}
    path, found, value = 'model', None, None
    if name.startswith('data_preprocessor') and name not in node:
        node, path = cfg._cfg_dict, ''
    for piece in [None, *name.split('.')]:
        if piece is not None:
            piece = piece[:-len('_module')] if piece.endswith(
                '_module') else piece
            if isinstance(node, (list, tuple)):
                node = node[int(piece)] if piece.isdigit() and int(
                    piece) < len(node) else None
            else:
                node = node.get(piece) if isinstance(node, dict) else None
            path = f'{path}.{piece}'.lstrip('.')
        if isinstance(node, dict) and key in node:
            found, value = f'{path}.{key}', node[key]
    if found and isinstance(node, dict) and isinstance(
            value, int) and value != number:
        found = f'{path}.{key}'
    return found or f'model.head.{key}'


def _check_units(option: str, own: Tuple[str, ...], dataset: Any,
                 use: str) -> None:
    for leaf in leaf_datasets(dataset):
        meta: Dict[str, Any] = getattr(leaf, 'metainfo', None) or {}
        given: Optional[Tuple[str, ...]] = meta.get('au_names')
        if given is not None and tuple(given) != own:
            units = [int(unit[2:]) for unit in given]
            raise ConfigError(
                f'the model predicts the {len(own)} action units {list(own)}, '
                f'the {use} set {type(leaf).__name__} has the {len(given)} '
                f'units {list(given)}', hint=f'{option}={units}, or the '
                'same au_set in the dataset')
