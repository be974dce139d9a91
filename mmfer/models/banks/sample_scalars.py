# Copyright (c) mmfer contributors.
import torch

from .shared_rows import SharedRows


class SampleScalars(SharedRows):
    """One free number for each training sample, learnt by plain SGD.

    An optimiser of the network cannot learn them: Adam and momentum would
    also move samples that are not in the batch, and their number is known
    only when the training set is. So they take their steps here, and are
    saved and resumed with the model.

    Args:
        init (float): Where all numbers start. Defaults to 0.
        lr (float): The learning rate. Defaults to 1.

    Raises:
        ValueError: If the rate is not positive.
    """

    def __init__(self, init: float = 0., lr: float = 1.) -> None:
        if lr <= 0:
            raise ValueError(f'lr must be positive, got {lr}')
        super().__init__(moved=(torch.float32, ()))
        self.init, self.lr = init, lr

    def forward(self, sample_idx: torch.Tensor) -> torch.Tensor:
        """The numbers of a batch.

        Args:
            sample_idx (Tensor): int64 of shape ``(N, )``.

        Returns:
            Tensor: float32 of shape ``(N, )``, without gradient.
        """
        return self.init + self.moved[sample_idx]

    @torch.no_grad()
    def step(self, sample_idx: torch.Tensor, grad: torch.Tensor) -> None:
        """Take one step.

        Args:
            sample_idx (Tensor): int64 of shape ``(N, )``; a sample that is
                there twice takes both steps.
            grad (Tensor): The gradient of the loss, ``(N, )``.
        """
        self.moved.index_add_(0, sample_idx, -self.lr * grad)
        self.put(sample_idx, moved=self.moved[sample_idx])
