# Copyright (c) mmfer contributors.
from typing import Any, List, Sequence, Union

import numpy as np
from mmengine.dataset import BaseDataset
from torch.utils.data import Dataset

from mmfer.errors import ConfigTypeError
from mmfer.registry import DATASETS
from .samplers.labels import dataset_labels


class DatasetWrapper(Dataset):
    """A wrapper that gives each sample of one dataset once, and passes on
    what it is asked.

    Args:
        dataset (dict or Dataset): The dataset.
    """

    def __init__(self, dataset: Union[dict, Dataset]) -> None:
        self.dataset = (
            DATASETS.build(dataset) if isinstance(dataset, dict) else dataset)

    def require_cuttable(self) -> None:
        """Refuse what cannot be cut to a part of its samples.

        Raises:
            TypeError: If the dataset is none of MMEngine, such as a wrapper
                that gives samples several times.
        """
        inner = self.dataset
        while isinstance(inner, DatasetWrapper):
            inner = inner.dataset
        if not isinstance(inner, BaseDataset):
            raise ConfigTypeError(f'{type(self).__name__} cuts datasets of '
                                  f'MMEngine, got {type(inner).__name__}',
                                  hint='let other wrappers hold it, not the '
                                  'other way round, or leave them out')

    def get_subset_(self, indices: Union[int, Sequence[int]]) -> None:
        """Keep only a part, see ``mmengine.dataset.BaseDataset``."""
        self.dataset.get_subset_(indices)

    @property
    def metainfo(self) -> dict:
        """That of the dataset."""
        return self.dataset.metainfo

    @property
    def sample_offset(self) -> int:
        """See :class:`~mmfer.engine.hooks.SampleIndexHook`."""
        return getattr(self.dataset, 'sample_offset', 0)

    def full_init(self) -> None:
        """Load the annotations."""
        self.dataset.full_init()

    def get_gt_labels(self) -> np.ndarray:
        """The label of every sample, int of shape ``(N, )``."""
        return dataset_labels(self.dataset)

    def get_cat_ids(self, idx: int) -> List[int]:
        """The label of a sample, as a list."""
        return self.dataset.get_cat_ids(idx)

    def get_data_info(self, idx: int) -> dict:
        """The annotation of a sample."""
        return self.dataset.get_data_info(idx)

    def __len__(self) -> int:
        """The number of samples."""
        return len(self.dataset)

    def __getitem__(self, idx: int) -> dict:
        """The transformed sample at ``idx``."""
        return self.dataset[idx]

    def __getitems__(self, indices: Sequence[int]) -> Any:
        """A batch, whole where the dataset serves whole batches."""
        if hasattr(self.dataset, '__getitems__'):
            return self.dataset.__getitems__(indices)
        return [self.dataset[idx] for idx in indices]
