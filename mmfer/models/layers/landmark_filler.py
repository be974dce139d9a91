# Copyright (c) mmfer contributors.
from typing import Optional

import torch
from torch import nn

from mmfer.errors import ConfigError


class LandmarkFiller(nn.Module):
    """Give unknown landmarks the place that they have on the mean face.

    The mean face is a running mean over the training batches, as that of
    batch normalisation: each landmark over the faces in which it is known.

    Args:
        num_landmarks (int): Number of landmarks L.
        momentum (float): Of the running mean. Defaults to 0.1.

    Attributes:
        mean_face (Tensor): As parts of the picture, ``(L, 2)``; at first the
            centre.
        counts (Tensor): Known landmarks and all that training has seen since
            the start of the process, int64 ``(2, )``.
    """

    def __init__(self, num_landmarks: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.num_landmarks = num_landmarks
        self.momentum = momentum
        self.register_buffer('mean_face', torch.full((num_landmarks, 2), .5))
        self.register_buffer(
            'counts', torch.zeros(2, dtype=torch.int64), persistent=False)

    def forward(self, landmarks: Optional[torch.Tensor]) -> torch.Tensor:
        """All landmarks, known or filled in.

        Args:
            landmarks (Tensor, optional): x and y as parts of the picture,
                ``(N, L, 2)``; NaN = unknown.

        Returns:
            Tensor: The same shape, finite.

        Raises:
            ValueError: If there are none, or another number of them.
        """
        self._check(landmarks)
        known = landmarks.isfinite().all(2, keepdim=True)
        landmarks = torch.where(known, landmarks, 0.)
        if self.training:
            self._note(landmarks, known)
        return torch.where(known, landmarks, self.mean_face)

    def _note(self, landmarks: torch.Tensor, known: torch.Tensor) -> None:
        number = known.sum(0)
        self.counts[0] += number.sum()
        self.counts[1] += known.numel()
        self.mean_face.lerp_(
            landmarks.sum(0) / number.clamp(min=1),
            self.momentum * (number > 0))

    def _check(self, landmarks: Optional[torch.Tensor]) -> None:
        if landmarks is None:
            raise ConfigError('the model needs the landmarks of each face',
                              hint='give it data samples with gt_landmarks')
        if landmarks.ndim != 3 or landmarks.shape[1:] != (
                self.num_landmarks, 2):
            raise ConfigError(f'the model is made for {self.num_landmarks} '
                              f'landmarks (N, {self.num_landmarks}, 2), got '
                              f'the shape {tuple(landmarks.shape)}',
                              hint='set num_landmarks to the number that '
                              'the dataset gives')
