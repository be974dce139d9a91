# Copyright (c) mmfer contributors.
from typing import Any, Callable, Iterable, List, Optional

from torch.utils.data import ConcatDataset, DataLoader

from mmfer.errors import ConfigError
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError, ImageError
from .reader_configs import map_readers
from .unwrap import leaf_datasets


def _until_flow(cfg: dict) -> dict:
    """The config of a reader whose pipeline ends with the flow."""
    pipeline = list(cfg.get('pipeline', ()))
    kinds = [transform['type'] for transform in pipeline]
    place = kinds.index('ReadFlow') if 'ReadFlow' in kinds else -1
    if place < 0 or not pipeline[place].get('cache_dir'):
        raise ConfigError(f"the pipeline of {cfg['type']} holds no ReadFlow "
                          f'with a cache_dir: {kinds}',
                          hint='name a config that trains on cached flow')
    return dict(cfg, pipeline=pipeline[:place + 1], on_error='raise')


class _Flows:
    """The clips of a dataset; an item computes the flow, and is a message if
    that fails, else empty."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> str:
        try:
            self.dataset[index]
        except (ImageError, AnnotationError) as error:
            return str(error)
        return ''


def fill_flow_cache(dataset_cfg: dict,
                    workers: int = 2,
                    progress: Optional[Callable[[Iterable, int],
                                                Iterable]] = None
                    ) -> List[str]:
    """Compute the flows of all clips of a dataset that are not yet kept.

    Wrappers are taken off: each reader's clips are asked for once. An
    interrupted call goes on where it stopped.

    Args:
        dataset_cfg (dict): The dataset, as in a config, maybe in wrappers;
            its pipeline holds ``ReadFlow`` with a ``cache_dir``.
        workers (int): Processes beside this one. Defaults to 2.
        progress (Callable, optional): Wraps the iteration over clips; called
            with it and the number of clips. Defaults to None.

    Returns:
        list[str]: What is wrong with clips whose flow could not be computed.

    Raises:
        ValueError: If there is no such ``ReadFlow``.
    """
    readers = leaf_datasets(
        DATASETS.build(map_readers(dataset_cfg, _until_flow)))
    flows = _Flows(ConcatDataset(readers))
    clips: Iterable[List[str]] = DataLoader(
        flows, 1, num_workers=workers, collate_fn=list)
    if progress is not None:
        clips = progress(clips, len(flows))
    return [message for clip in clips for message in clip if message]
