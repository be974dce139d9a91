# Copyright (c) mmfer contributors.
from typing import Any, List, Optional, Union

import mmengine.dataset
from torch.utils.data import default_collate

from mmfer.errors import ConfigKeyError
from mmfer.registry import FUNCTIONS
from mmfer.structures import SampleBatch


class CollatedBatch(dict):
    """A batch that a dataset collated itself: ``inputs``, ``data_samples``."""

    def __missing__(self, key: Any) -> None:
        raise ConfigKeyError(f'{key!r}: this dataset serves whole batches',
                             hint="set collate_fn=dict(type='fer_collate') "
                             'in its dataloader')


@FUNCTIONS.register_module()
def fer_collate(batch: Union[List[dict], CollatedBatch],
                _scope_: Optional[str] = None) -> dict:
    """Collate faces; their targets are stacked once.

    Args:
        batch (list[dict] or CollatedBatch): What ``PackFERInputs`` gives, N
            times; or a batch of a dataset that serves whole batches, which is
            passed on.
        _scope_ (str, optional): Not looked at. MMEngine adds it to what a
            config inherits from another package, as from ``mmfer::...``.
            Defaults to None.

    Returns:
        dict: ``inputs``, uint8 of shape ``(N, 3, H, W)``, or a list of
        ``(3, H, W)`` where the sizes differ; ``data_samples``, a
        :class:`~mmfer.structures.SampleBatch`.
    """
    if isinstance(batch, CollatedBatch):
        return dict(batch)
    inputs = [sample['inputs'] for sample in batch]
    if isinstance(inputs[0], list):
        # Test-time augmentation gives lists of views.
        return mmengine.dataset.default_collate(batch)
    if len({image.shape for image in inputs}) == 1:
        # In a loader worker it writes into shared memory.
        inputs = default_collate(inputs)
    samples = SampleBatch.of([sample['data_samples'] for sample in batch])
    return dict(inputs=inputs, data_samples=samples)
