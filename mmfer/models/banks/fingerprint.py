# Copyright (c) mmfer contributors.
import hashlib

import torch


# may wait: before training
def fingerprint(labels: torch.Tensor) -> torch.Tensor:
    """SHA-256 of int64 labels in their order, uint8 of shape ``(32, )``."""
    digest = hashlib.sha256(labels.numpy().tobytes()).digest()
    return torch.tensor(list(digest), dtype=torch.uint8)


# may wait: before training
def difference(own: torch.Tensor, given: torch.Tensor) -> str:
    """Where the labels of a training set differ from those of a bank.

    Args:
        own (Tensor): The given labels in the bank, int64 ``(N, )``, on the
            CPU.
        given (Tensor): Those of the training set, likewise.

    Returns:
        str: For an error message; how many, and the first.
    """
    places = (own != given).nonzero().flatten().tolist()
    if not places:
        return 'its fingerprint differs'
    first = places[0]
    return (f'{len(places)} of {len(given)} differ, first sample {first}: '
            f'{int(own[first])} in the bank, {int(given[first])} in the '
            'training set')
