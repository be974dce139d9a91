# Copyright (c) mmfer contributors.
from typing import Optional

import torch
from torch import nn
from torch.nn.functional import normalize

from mmfer.registry import MODELS
from .one_hot import one_hot


@MODELS.register_module()
class SimilarityConfidence(nn.Module):
    """How far a label is trusted, from where its sample lies in the batch.

    From `Dive into Ambiguity <https://arxiv.org/abs/2104.00232>`_: the mean
    cosine of a sample with the batch's samples of each class, stretched to
    [0, 1] over the classes, stands beside the one-hot label in the input of a
    small network. Where a class has no other sample in the batch, or all
    classes are alike, 0 stands there (our choice); a class-aware sampler
    keeps that rare. The similarity is that of one process.

    It judges a label within a batch. Without labels, in testing, there is
    none to judge: a head then takes its logits as they are and gives no
    confidence, as the released code deploys the classifier alone.

    Unlike in the released code, whose optimiser left it out, the network is
    trained. Its alternative is ``paramwise_cfg=dict(custom_keys={
    'head.importance': dict(lr_mult=0., decay_mult=0.)})``.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int, optional): Not needed; blocks of confidence are made
            with the same arguments. Defaults to None.
        include_self (bool): Whether a sample counts among those of its class,
            as in the released code. It is then its own best witness where the
            class has few others. Defaults to False (our choice).
    """

    #: Whether there is no confidence without labels.
    needs_labels = True

    def __init__(self,
                 num_classes: int,
                 in_channels: Optional[int] = None,
                 include_self: bool = False) -> None:
        super().__init__()
        self.num_classes, self.include_self = num_classes, include_self
        self.layers = nn.Sequential(
            nn.Linear(2 * num_classes, num_classes), nn.PReLU(),
            nn.Linear(num_classes, 1), nn.Sigmoid())

    def forward(self, features: torch.Tensor,
                labels: torch.Tensor) -> torch.Tensor:
        """Confidences in (0, 1).

        Args:
            features (Tensor): ``(N, D)``.
            labels (Tensor): int64 ``(N, )``; a negative one is unknown, and
                its sample belongs to no class.

        Returns:
            Tensor: ``(N, 1)``.
        """
        members = one_hot(labels, self.num_classes)
        similarity = self.class_similarity(features, members)
        return self.layers(torch.cat([similarity, members], 1))

    def class_similarity(self, features: torch.Tensor,
                         members: torch.Tensor) -> torch.Tensor:
        """Where the samples lie among the classes of their batch.

        Args:
            features (Tensor): ``(N, D)``.
            members (Tensor): One-hot labels, ``(N, C)``.

        Returns:
            Tensor: In [0, 1], float32 ``(N, C)``.
        """
        unit = normalize(features.float())
        similarity, counts = unit @ unit.T, members.sum(0)
        if not self.include_self:
            own = torch.eye(len(unit), device=unit.device)
            similarity, counts = similarity * (1 - own), counts - members
        present = counts > 0
        mean = similarity @ members / counts.clamp(min=1)
        low = torch.where(present, mean, 1.).amin(1, keepdim=True)
        high = torch.where(present, mean, -1.).amax(1, keepdim=True)
        # Nearly equal similarities are not told apart, nor their gradients
        # blown up.
        return present * (mean - low) / (high - low).clamp(min=1e-3)
