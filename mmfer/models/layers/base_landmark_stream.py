# Copyright (c) mmfer contributors.
from abc import abstractmethod
from typing import Optional

import torch
from mmengine.model import BaseModule
from torch import nn

from .attention_pooling import AttentionPooling
from .landmark_order import LandmarkOrder


class BaseLandmarkStream(BaseModule):
    """Reads one kind of evidence at the landmarks, one after the other.

    A child says in :meth:`elements` what is known at each landmark. A learnt
    vector tells which landmark it is, whatever its place in the order (our
    choice). An LSTM reads both, added, in a given order; its states are
    pooled by attention.

    Args:
        num_landmarks (int): Number of landmarks L.
        embed_channels (int): Length E of an element.
        hidden_channels (int): Width of the LSTM. Defaults to 256.
        bidirectional (bool): Whether it reads from both ends. Defaults to
            False.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.

    Attributes:
        out_channels (int): Length D of the feature: the width of the LSTM, or
            twice that.
    """

    def __init__(self,
                 num_landmarks: int,
                 embed_channels: int,
                 hidden_channels: int = 256,
                 bidirectional: bool = False,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.num_landmarks = num_landmarks
        self.out_channels = hidden_channels * (1 + bidirectional)
        self.identity = nn.Parameter(
            torch.empty(num_landmarks, embed_channels).normal_(std=0.02))
        self.lstm = nn.LSTM(
            embed_channels, hidden_channels, batch_first=True,
            bidirectional=bidirectional)
        self.pool = AttentionPooling(self.out_channels)

    @abstractmethod
    def elements(self, images: torch.Tensor, landmarks: torch.Tensor,
                 parents: torch.Tensor) -> torch.Tensor:
        """What is known at each landmark.

        Args:
            images (Tensor): ``(N, 3, H, W)``.
            landmarks (Tensor): As parts of the picture, ``(N, L, 2)``,
                finite.
            parents (Tensor): The parent of each landmark, int64 ``(L, )``.

        Returns:
            Tensor: ``(N, L, E)``.
        """

    def forward(self, images: torch.Tensor, landmarks: torch.Tensor,
                order: LandmarkOrder) -> torch.Tensor:
        """The feature of each face.

        Args:
            images (Tensor): See :meth:`elements`.
            landmarks (Tensor): See :meth:`elements`.
            order (LandmarkOrder): The order of the landmarks.

        Returns:
            Tensor: ``(N, D)``.
        """
        elements = self.elements(images, landmarks, order.parents)
        states, _ = self.lstm(order(elements + self.identity))
        return self.pool(states)
