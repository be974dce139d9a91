# Copyright (c) mmfer contributors.
from typing import Any, Optional

import torch
from mmengine.logging import MMLogger
from mmpretrain.datasets import BaseDataset

from mmfer.structures import AnnotationError, ImageError


class ReplacingDataset(BaseDataset):
    """A dataset that may go on where a sample cannot be read.

    Args:
        on_error (str): What a sample does in training whose image cannot be
            read, or whose annotation does not fit its frames: ``'raise'``, or
            ``'skip'``: the next readable sample takes its place, with a
            warning. Defaults to ``'raise'``. Testing always raises.
        **kwargs: See MMPretrain's ``BaseDataset``.

    Raises:
        ValueError: If ``on_error`` is unknown.
    """

    def __init__(self, on_error: str = 'raise', **kwargs: Any) -> None:
        if on_error not in ('raise', 'skip'):
            raise ValueError("on_error must be 'raise' or 'skip', got "
                             f'{on_error!r}')
        self.on_error = on_error
        #: Which samples were replaced, uint8 ``(N, )``, shared by workers.
        self.failed: Optional[torch.Tensor] = None
        super().__init__(**kwargs)

    def full_init(self) -> None:
        """Load the annotations."""
        if self._fully_initialized:
            return
        super().full_init()
        self._watch_failures()

    def _watch_failures(self) -> None:
        if self.on_error == 'skip':
            self.failed = torch.zeros(
                len(self), dtype=torch.uint8).share_memory_()

    def __getitem__(self, idx: int) -> dict:
        """The transformed sample at ``idx``."""
        try:
            return super().__getitem__(idx)
        except (ImageError, AnnotationError) as error:
            if self.on_error == 'raise' or self.test_mode:
                raise
            return self._replacement(idx, error)

    def _replacement(self, idx: int, error: Exception) -> dict:
        """The next readable sample after an unreadable one."""
        for step in range(1, len(self)):
            self._mark_failed((idx + step - 1) % len(self), error)
            try:
                return super().__getitem__((idx + step) % len(self))
            except (ImageError, AnnotationError) as next_error:
                error = next_error
        raise error

    def _mark_failed(self, idx: int, error: Exception) -> None:
        if not self.failed[idx]:
            self.failed[idx] = 1
            MMLogger.get_current_instance().warning(
                f'skipped an unreadable sample: {error}')
