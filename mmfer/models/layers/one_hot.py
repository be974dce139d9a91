# Copyright (c) mmfer contributors.
import torch


def one_hot(labels: torch.Tensor, num_classes: int) -> torch.Tensor:
    """Labels as distributions.

    ``torch.nn.functional.one_hot`` waits for the device, to check the labels;
    this does not.

    Args:
        labels (Tensor): int64 of shape ``(N, )`` in ``[0, C)``.
        num_classes (int): The number of classes C.

    Returns:
        Tensor: float32 of shape ``(N, C)``; a row of zeros for a label
        outside the classes.
    """
    classes = torch.arange(num_classes, device=labels.device)
    return (labels[:, None] == classes).float()
