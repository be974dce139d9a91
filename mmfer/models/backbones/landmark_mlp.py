# Copyright (c) mmfer contributors.
from typing import Optional, Sequence, Tuple

import torch
from mmengine.model import BaseModule
from torch import nn

from mmfer.registry import MODELS
from ..layers.landmark_filler import LandmarkFiller
from ..layers.upright_landmarks import upright_landmarks


@MODELS.register_module()
class LandmarkMLP(BaseModule):
    """Landmarks alone, all at once, through linear layers.

    The coordinates are normalised over the batch, each on its own. A baseline
    for whatever claims to read landmarks better. In training a batch needs
    two samples or more: set ``drop_last`` in the data loader.

    Args:
        num_landmarks (int): Number of landmarks L. Defaults to 68.
        channels (Sequence[int]): Widths of the layers, the last that of the
            feature D. Defaults to (256, 256).
        upright (bool): Whether to lay the eyes of all faces in the same
            place, for faces that are cut out in different ways; see
            :func:`~mmfer.models.layers.upright_landmarks`. Defaults to
            False.
        jitter (float): Standard deviation of the noise that is added in
            training, in distances between the eyes or, without ``upright``,
            in parts of the picture; as large as the errors of what will find
            landmarks later. Defaults to 0.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.
    """

    #: The classifier gives the landmarks to :meth:`forward`.
    takes_landmarks = True

    def __init__(self,
                 num_landmarks: int = 68,
                 channels: Sequence[int] = (256, 256),
                 upright: bool = False,
                 jitter: float = 0.,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.num_landmarks = num_landmarks
        self.upright, self.jitter = upright, jitter
        self.filler = LandmarkFiller(num_landmarks)
        self.norm = nn.BatchNorm1d(2 * num_landmarks, affine=False)
        self.layers = nn.Sequential()
        for before, after in zip((2 * num_landmarks, *channels), channels):
            self.layers.append(nn.Linear(before, after))
            self.layers.append(nn.ReLU(inplace=True))

    def forward(self,
                images: torch.Tensor,
                landmarks: Optional[torch.Tensor] = None
                ) -> Tuple[torch.Tensor, ...]:
        """The feature of each face.

        Args:
            images (Tensor): Not looked at.
            landmarks (Tensor, optional): As parts of the picture, ``(N, L,
                2)``; NaN = unknown. Defaults to None, which is refused.

        Returns:
            tuple[Tensor]: ``(N, D)``.

        Raises:
            ValueError: If there are no landmarks or another number of them.
        """
        landmarks = self.filler(landmarks)
        if self.upright:
            landmarks = upright_landmarks(landmarks)
        if self.training and self.jitter:
            landmarks = landmarks + self.jitter * torch.randn_like(landmarks)
        return (self.layers(self.norm(landmarks.flatten(1))), )
