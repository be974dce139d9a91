# Copyright (c) mmfer contributors.
import os.path as osp
from difflib import get_close_matches
from typing import Dict, NamedTuple, Optional

from mmengine.fileio import load

from mmfer.errors import ConfigError, MissingFileError

_PACKAGE = osp.dirname(osp.dirname(osp.abspath(__file__)))


class IndexedModel(NamedTuple):
    """A model of ``model-index.yml``.

    Args:
        config (str): The path of its config.
        weights (str, optional): Its checkpoint, if one is published.
            Defaults to None.
    """

    config: str
    weights: Optional[str] = None


def list_models() -> Dict[str, IndexedModel]:
    """All models of this package by name.

    Raises:
        FileNotFoundError: If the index was not installed.
    """
    # The installed copy, or the root of the repository.
    for root in (osp.join(_PACKAGE, '.mim'), osp.dirname(_PACKAGE)):
        index = osp.join(root, 'model-index.yml')
        if osp.isfile(index):
            break
    else:
        raise MissingFileError(f'{index}: the model index is missing',
                               hint='install mmfer again')
    return {
        model['Name']: IndexedModel(
            osp.join(root, model['Config']), model.get('Weights'))
        for path in load(index)['Import']
        for model in load(osp.join(root, path))['Models']
    }


def find_model(name: str) -> IndexedModel:
    """A model by its name.

    Args:
        name (str): As in ``model-index.yml``, the name of its config without
            the ending.

    Raises:
        ConfigError: If there is none.
    """
    models = list_models()
    if name not in models:
        near = get_close_matches(name, models, 3)
        raise ConfigError(
            f'{name}: neither a config file nor a model of mmfer',
            hint=f'did you mean {" or ".join(near)}?' if near else
            'check the path; model-index.yml lists the models')
    return models[name]
