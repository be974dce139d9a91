# Copyright (c) mmfer contributors.
from typing import Optional, Tuple

import torch


class PatchExits:
    """In which layer each patch was dropped.

    Args:
        number (int): Faces N.
        patches (int): Patches L of a face.
        device (torch.device): Where to keep the record.
    """

    def __init__(self, number: int, patches: int,
                 device: torch.device) -> None:
        self._exits = torch.zeros(
            number, patches, dtype=torch.int64, device=device)
        self._alive = torch.arange(patches, device=device).expand(number, -1)

    def keep(self, index: Optional[torch.Tensor], layer: int = 0) -> None:
        """Note which of the remaining patches stay.

        Args:
            index (Tensor, optional): Their places among those that remain,
                ``(N, K)``; None for all.
            layer (int): Where the others leave. Defaults to 0, before the
                first layer.
        """
        if index is not None:
            self._exits = self._exits.scatter(1, self._alive, layer)
            self._alive = self._alive.gather(1, index)

    def maps(self, last: int, size: Tuple[int, int]) -> torch.Tensor:
        """The record as maps.

        Args:
            last (int): What stands for patches that never left.
            size (tuple[int, int]): Height and width, in patches.

        Returns:
            Tensor: int64 of shape ``(N, H, W)``.
        """
        exits = self._exits.scatter(1, self._alive, last)
        return exits.unflatten(1, size)
