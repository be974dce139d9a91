# Copyright (c) mmfer contributors.
from typing import Dict, Optional, Tuple

import torch
from mmengine.dist import all_reduce, get_dist_info
from torch import nn


class StagedRows(nn.Module):
    """What was noted about samples since the last merge.

    Rows are written on the device, by index, into buffers of fixed size; no
    step waits for the device or loops over samples. Where a sample is noted
    more than once, the latest note counts; among processes, that of the
    latest step, then of the lowest rank.

    The buffers are not part of checkpoints. Each has one row more than there
    are samples: notes that do not count go there.

    Args:
        fields (Dict[str, tuple]): Field -> type and shape of an entry.

    Examples:
        >>> rows = StagedRows(label=(torch.int64, ()))
        >>> rows.resize(3)
        >>> rows.put(torch.tensor([2, 0, 2]), label=torch.tensor([5, 6, 7]))
        >>> seen, noted = rows.merge()
        >>> seen, noted['label']
        (tensor([ True, False,  True]), tensor([6, 0, 7]))
    """

    def __init__(self, **fields: Tuple[torch.dtype, Tuple[int, ...]]) -> None:
        super().__init__()
        self.fields = fields
        for name in ('key', 'clock', *fields):
            self.register_buffer(name, None, persistent=False)
        self.resize(0)

    def resize(self, number: int,
               device: Optional[torch.device] = None) -> None:
        """Forget everything and make room for ``number`` samples."""
        # When the row was noted, counted from 1 in notes; 0 = never.
        self.key = torch.zeros(number + 1, dtype=torch.int64, device=device)
        self.clock = torch.zeros((), dtype=torch.int64, device=device)
        for name, (dtype, shape) in self.fields.items():
            setattr(self, name, torch.zeros(
                (number + 1, *shape), dtype=dtype, device=device))

    def reset(self) -> None:
        """Forget everything."""
        self.key.zero_()
        self.clock.zero_()

    @torch.no_grad()
    def put(self,
            sample_idx: torch.Tensor,
            mask: Optional[torch.Tensor] = None,
            **values: torch.Tensor) -> None:
        """Note something about the samples of a batch.

        Args:
            sample_idx (Tensor): int64 of shape ``(N, )``.
            mask (Tensor, optional): Which of them to note, bool of shape
                ``(N, )``. Defaults to None, all.
            **values (Tensor): One tensor of shape ``(N, ...)`` for each
                field.
        """
        number, nowhere = len(sample_idx), len(self.key) - 1
        order = self.clock + torch.arange(
            1, number + 1, device=sample_idx.device)
        self.clock.add_(number)
        rows = sample_idx
        if mask is not None:
            rows = torch.where(mask, rows, nowhere)
        self.key.scatter_reduce_(0, rows, order, 'amax')
        rows = torch.where(self.key[rows] == order, rows, nowhere)
        for name, (dtype, _) in self.fields.items():
            getattr(self, name).index_copy_(0, rows, values[name].to(dtype))

    def _owners(self) -> Tuple[torch.Tensor, torch.Tensor]:
        """Which samples were noted anywhere, and whose note is our own."""
        rank, world_size = get_dist_info()
        key = self.key[:-1]
        ticket = torch.where(key > 0, key * world_size + world_size - 1 - rank,
                             0)
        winner = ticket.clone()
        all_reduce(winner, 'max')
        seen = winner > 0
        return seen, seen & (ticket == winner)

    @torch.no_grad()
    def merge(self) -> Tuple[torch.Tensor, Dict[str, torch.Tensor]]:
        """Bring the notes of all processes together and start anew.

        All processes must call it.

        Returns:
            tuple: bool of shape ``(M, )``, which samples were noted; and the
            fields, ``(M, ...)``, zero elsewhere. The same on all ranks.
        """
        seen, mine = self._owners()
        rows = {}
        for name, (_, shape) in self.fields.items():
            value = getattr(self, name)[:-1]
            chosen = mine.view(-1, *[1] * len(shape))
            rows[name] = torch.where(chosen, value, torch.zeros_like(value))
            all_reduce(rows[name], 'sum')
        self.reset()
        return seen, rows
