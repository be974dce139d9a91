# Copyright (c) mmfer contributors.
from typing import Callable


def map_readers(cfg: dict, change: Callable[[dict], dict]) -> dict:
    """The config of a dataset with other readers in it.

    Args:
        cfg (dict): The config, maybe with wrappers around one or several
            readers; it is not changed.
        change (Callable): From the config of a reader to that in its place.
    """
    if 'datasets' in cfg:
        return dict(cfg, datasets=[map_readers(part, change)
                                   for part in cfg['datasets']])
    if 'dataset' in cfg:
        return dict(cfg, dataset=map_readers(cfg['dataset'], change))
    return change(cfg)
