# Copyright (c) mmfer contributors.
from typing import Sequence

import torch
from mmpretrain.structures import DataSample


def sample_indices(data_samples: Sequence[DataSample],
                   device: torch.device) -> torch.Tensor:
    """Where the samples of a batch stand in the training set.

    The indices are gathered on the host and copied without waiting for the
    device.

    Args:
        data_samples (Sequence[DataSample]): The samples of a batch.
        device (torch.device): Where the indices are wanted.

    Returns:
        Tensor: int64 of shape ``(N, )``.

    Raises:
        KeyError: If a sample does not tell its index.
    """
    try:
        # may wait: the indices are on the host
        indices = [sample.sample_idx for sample in data_samples]
    except AttributeError:
        raise KeyError(
            'the samples carry no sample_idx, by which a label bank knows '
            "them; keep 'sample_idx' in meta_keys of PackFERInputs") from None
    return torch.tensor(indices, dtype=torch.int64).to(
        device, non_blocking=True)
