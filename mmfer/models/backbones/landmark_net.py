# Copyright (c) mmfer contributors.
from typing import Dict, Optional, Tuple

import torch
from mmengine.model import BaseModule
from torch import nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from ..layers.landmark_filler import LandmarkFiller


@MODELS.register_module()
class LandmarkNet(BaseModule):
    """Reads landmarks, and the picture around them, as sequences.

    Each stream looks at another kind of evidence and gives one feature; the
    order in which it reads the landmarks may be learnt. From `FaceTopoNet
    <https://arxiv.org/abs/2209.06322>`_, whose two streams are
    :class:`~mmfer.models.layers.StructureStream` and
    :class:`~mmfer.models.layers.TextureStream`. The classifier hands over
    ``gt_landmarks``, moved with the picture by whatever augmentation; unknown
    ones lie where they do on the mean face.

    Args:
        streams (Dict[str, dict]): Name -> config of a stream, see
            :class:`~mmfer.models.layers.BaseLandmarkStream`.
        order (dict): The order of the landmarks:
            :class:`~mmfer.models.layers.LandmarkTree` or
            :class:`~mmfer.models.layers.LandmarkOrder`. Defaults to
            ``dict(type='LandmarkTree')``.
        share_order (bool): Whether all streams learn one order, and not each
            its own. Defaults to False.
        num_landmarks (int): Number of landmarks L. Defaults to 68.
        init_cfg (dict, optional): Defaults to None, that of the parts.

    Raises:
        ValueError: If there is no stream.
    """

    #: The classifier gives the landmarks to :meth:`forward`.
    takes_landmarks = True

    def __init__(self,
                 streams: Dict[str, dict],
                 order: dict = dict(type='LandmarkTree'),
                 share_order: bool = False,
                 num_landmarks: int = 68,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if not streams:
            raise ConfigError(
                'LandmarkNet needs a stream',
                hint="streams=dict(structure=dict(type='StructureStream'))")
        order = dict(order, num_landmarks=num_landmarks)
        shared = MODELS.build(order) if share_order else None
        self.num_landmarks = num_landmarks
        self.filler = LandmarkFiller(num_landmarks)
        self.orders = nn.ModuleDict({
            name: shared if share_order else MODELS.build(order)
            for name in streams
        })
        self.streams = nn.ModuleDict({
            name: MODELS.build(dict(stream, num_landmarks=num_landmarks))
            for name, stream in streams.items()
        })

    def forward(self,
                images: torch.Tensor,
                landmarks: Optional[torch.Tensor] = None
                ) -> Tuple[torch.Tensor, ...]:
        """The feature of each stream.

        Args:
            images (Tensor): ``(N, 3, H, W)``.
            landmarks (Tensor, optional): As parts of the picture, ``(N, L,
                2)``; NaN = unknown. Defaults to None, which is refused.

        Returns:
            tuple[Tensor, ...]: ``(N, D)`` each.

        Raises:
            ValueError: If there are no landmarks or another number of them.
        """
        landmarks = self.filler(landmarks)
        return tuple(
            stream(images, landmarks, self.orders[name])
            for name, stream in self.streams.items())
