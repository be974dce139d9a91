# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Tuple

import torch
from mmengine.dist import all_reduce, get_world_size

from .staged_rows import StagedRows

# Rows that travel between processes at a time.
_CHUNK = 16384


class SharedRows(StagedRows):
    """What is known about samples, changed in every step.

    Unlike those of :class:`StagedRows` the entries count at once, on the
    process that wrote them, and are part of checkpoints. :meth:`merge`, which
    :class:`~mmfer.engine.hooks.NeighborBankHook` calls at the end of each
    epoch, makes them the same on all processes.

    A model that is not trained has no rows and leaves those of a checkpoint
    where they are: predictions do not need them.

    Args:
        fields (Dict[str, tuple]): Field -> type and shape of an entry; all
            start at zero.

    Attributes:
        restored (bool): Whether the entries come from a checkpoint.
    """

    def __init__(self, **fields: Tuple[torch.dtype, Tuple[int, ...]]) -> None:
        super().__init__(**fields)
        self.restored = False
        for name in fields:
            self.register_buffer(name, getattr(self, name))

    @property
    def size(self) -> int:
        """The number of samples, 0 before the training set is known."""
        return len(self.key) - 1

    def initialise(self, number: int) -> None:
        """Know nothing about ``number`` samples."""
        self.resize(number, self.key.device)
        self.restored = False

    @torch.no_grad()
    def merge(self) -> Tuple[torch.Tensor, Dict[str, torch.Tensor]]:
        """Give all processes the latest entries, and start noting anew.

        All processes must call it. Of a sample that several have written, the
        entry of the latest step counts, then of the lowest rank.

        Returns:
            tuple: bool of shape ``(M, )``, which samples were written; and
            the fields, ``(M, ...)``, the same on all ranks.
        """
        seen, mine = self._owners()
        rows = {name: getattr(self, name)[:-1] for name in self.fields}
        if get_world_size() > 1:
            for value in rows.values():
                for part, known, own in zip(
                        value.split(_CHUNK), seen.split(_CHUNK),
                        mine.split(_CHUNK)):
                    shape = -1, *[1] * (part.ndim - 1)
                    latest = torch.where(own.view(shape), part, 0)
                    all_reduce(latest, 'sum')
                    part.copy_(torch.where(known.view(shape), latest, part))
        self.reset()
        return seen, rows

    def _load_from_state_dict(self, state_dict: Dict[str, Any], prefix: str,
                              local_metadata: dict, strict: bool,
                              missing_keys: List[str],
                              unexpected_keys: List[str],
                              error_msgs: List[str]) -> None:
        """Load entries for the same number of samples.

        Without samples, or without entries in the checkpoint, all stays as
        it is; the hook refuses to resume then.
        """
        if not self.size or prefix + next(iter(self.fields)) not in state_dict:
            return
        before = len(error_msgs) + len(missing_keys)
        super()._load_from_state_dict(state_dict, prefix, local_metadata,
                                      strict, missing_keys, unexpected_keys,
                                      error_msgs)
        self.restored = before == len(error_msgs) + len(missing_keys)
        self.reset()
