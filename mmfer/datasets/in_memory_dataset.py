# Copyright (c) mmfer contributors.
from typing import Dict, Optional, Sequence, Union

import torch
from torch.utils.data import Dataset

from mmfer.errors import ConfigError
from mmfer.registry import DATASETS
from mmfer.structures import SampleBatch
from .collate import CollatedBatch, fer_collate
from .dataset_wrapper import DatasetWrapper

_CHECKED = 8


@DATASETS.register_module()
class InMemoryDataset(DatasetWrapper):
    """A dataset whose pipeline runs once, and which serves whole batches.

    For small data and small networks, where loading and transforming would
    take longer than training. What is random belongs into
    ``data_preprocessor.augments``, which changes whole batches. It needs
    ``collate_fn=dict(type='fer_collate')``.

    Args:
        dataset (dict or Dataset): The dataset, of mmfer.

    Raises:
        ValueError: If pictures differ in size, or the pipeline gives a sample
            differently when asked again.
    """

    def __init__(self, dataset: Union[dict, Dataset]) -> None:
        super().__init__(dataset)
        self._inputs: Optional[torch.Tensor] = None
        self._targets: Dict[str, torch.Tensor] = {}
        self._metas: Dict[str, list] = {}
        self._classes: Optional[Sequence[str]] = None

    def get_subset_(self, indices: Union[int, Sequence[int]]) -> None:
        """Keep only a part, see ``mmengine.dataset.BaseDataset``."""
        super().get_subset_(indices)
        self._inputs = None

    def __getitem__(self, idx: int) -> dict:
        """A sample."""
        batch = self.__getitems__([idx])
        return dict(inputs=batch['inputs'][0],
                    data_samples=batch['data_samples'][0])

    def __getitems__(self, indices: Sequence[int]) -> CollatedBatch:
        """A batch.

        Args:
            indices (Sequence[int]): B indices.

        Returns:
            CollatedBatch: ``inputs``, ``(B, ...)``, and ``data_samples``.
        """
        # LabelSpaceHook may change the order of the classes.
        if self._inputs is None or (
                self._classes != self.metainfo.get('classes')):
            self._load()
        rows = torch.as_tensor(indices)
        metas = {name: [column[i] for i in indices]
                 for name, column in self._metas.items()}
        if 'sample_idx' in metas:
            metas['sample_idx'] = [i + self.sample_offset for i in indices]
        return CollatedBatch(
            inputs=self._inputs[rows],
            data_samples=SampleBatch(
                {name: stack[rows] for name, stack in self._targets.items()},
                metas))

    def _load(self) -> None:
        batch = fer_collate([self.dataset[i] for i in range(len(self))])
        inputs, samples = batch['inputs'], batch['data_samples']
        name = type(self.dataset).__name__
        if not isinstance(inputs, torch.Tensor):
            raise ConfigError(f'{name}: pictures of '
                              f'{len({i.shape for i in inputs})} sizes '
                              'cannot be held in one stack',
                              hint='put FaceResize into the pipeline')
        if any(not torch.equal(inputs[i], self.dataset[i]['inputs'])
               for i in range(min(_CHECKED, len(self)))):
            raise ConfigError(f'{name}: the pipeline is random, and what it '
                              'gives once would be kept',
                              hint='move random transforms into '
                              'data_preprocessor.augments, see '
                              'docs/augmentation.md')
        self._inputs, self._targets = inputs, samples.targets
        self._metas = {
            key: [sample.get(key) for sample in samples]
            for key in samples[0].metainfo_keys()
        }
        self._classes = self.metainfo.get('classes')

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.dataset!r})'
