# Copyright (c) mmfer contributors.
from typing import NamedTuple

import torch

from mmfer.registry import MODELS
from .shared_rows import SharedRows

_DTYPES = dict(float32=torch.float32, float16=torch.float16)


class Neighbors(NamedTuple):
    """What is remembered of the neighbours of a batch, without gradients.

    Args:
        scores (Tensor): Class probabilities, ``(N, K, C)``.
        features (Tensor): ``(N, K, D)``.
        evidence (Tensor): How much of each face was seen, ``(N, K)`` in
            [0, 1].
        weights (Tensor): How near they are, ``(N, K)``; 0 where there is no
            neighbour, or none of whom anything is remembered.
    """
    scores: torch.Tensor
    features: torch.Tensor
    evidence: torch.Tensor
    weights: torch.Tensor


@MODELS.register_module()
class NeighborBank(SharedRows):
    """The memory of what was last predicted for each training sample.

    Samples are known by their ``sample_idx``. The bank keeps running means of
    the class probabilities, the feature and the visible evidence of each, and
    gives those of a sample's neighbours: what a network that ran over all
    neighbours of a batch would see, at the cost of one look at each face.
    Which samples are neighbours tells
    :class:`~mmfer.engine.hooks.NeighborBankHook`.

    For 288,000 samples with 8 classes, 512 channels and 16 neighbours it
    takes 0.60 GiB on the device, or 0.32 GiB with half-precision features; of
    these 0.56 or 0.28 GiB go into every checkpoint.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length D of a feature.
        momentum (float): How much of a running mean stays when the sample is
            seen again, in [0, 1). Defaults to 0.9, our choice.
        feature_dtype (str): In which precision features are kept,
            ``'float32'`` or ``'float16'``. Defaults to ``'float32'``.

    Attributes:
        active (bool): Whether neighbours count already; otherwise their
            weights are 0.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 momentum: float = 0.9,
                 feature_dtype: str = 'float32') -> None:
        if not 0 <= momentum < 1:
            raise ValueError(f'momentum must lie in [0, 1), got {momentum}')
        if feature_dtype not in _DTYPES:
            raise ValueError(f'feature_dtype must be one of {sorted(_DTYPES)}'
                             f', got {feature_dtype!r}')
        super().__init__(
            scores=(torch.float32, (num_classes, )),
            features=(_DTYPES[feature_dtype], (in_channels, )),
            evidence=(torch.float32, ()),
            known=(torch.float32, ()))
        self.momentum = momentum
        self.active = True
        # Of the index; it tells after a restart whether it is the same.
        self.register_buffer('fingerprint', torch.zeros(
            32, dtype=torch.uint8))
        self.register_buffer('indices', torch.zeros(
            0, 1, dtype=torch.int32), persistent=False)
        self.register_buffer('weights', torch.zeros(0, 1), persistent=False)

    # may wait: before training
    def set_neighbors(self, indices: torch.Tensor, weights: torch.Tensor,
                      fingerprint: torch.Tensor) -> None:
        """Tell which samples are neighbours.

        Args:
            indices (Tensor): Integers of shape ``(M, K)``.
            weights (Tensor): float of shape ``(M, K)``.
            fingerprint (Tensor): Of the index, uint8 of shape ``(32, )``.

        Raises:
            ValueError: If M is not the number of samples.
        """
        if len(indices) != self.size or indices.shape != weights.shape:
            raise ValueError(
                f'the neighbour bank knows {self.size} samples, the index '
                f'has indices {tuple(indices.shape)} and weights '
                f'{tuple(weights.shape)}')
        device = self.key.device
        self.indices = indices.to(device, torch.int32)
        self.weights = weights.to(device, torch.float32)
        self.fingerprint.copy_(fingerprint)

    def neighbors(self, sample_idx: torch.Tensor) -> Neighbors:
        """What is remembered of the neighbours of a batch.

        Args:
            sample_idx (Tensor): int64 of shape ``(N, )`` on the bank's
                device.
        """
        places = self.indices[sample_idx].long()
        weights = self.weights[sample_idx] * self.known[places]
        if not self.active:
            weights = torch.zeros_like(weights)
        return Neighbors(self.scores[places], self.features[places].float(),
                         self.evidence[places], weights)

    def no_neighbors(self, number: int) -> Neighbors:
        """As :meth:`neighbors` for samples of which nothing is known."""
        blanks = [
            getattr(self, name).new_zeros(
                (number, 1, *self.fields[name][1]), dtype=torch.float32)
            for name in ('scores', 'features', 'evidence', 'known')
        ]
        return Neighbors(*blanks)

    @torch.no_grad()
    def update(self, sample_idx: torch.Tensor, scores: torch.Tensor,
               features: torch.Tensor, evidence: torch.Tensor) -> None:
        """Remember what was seen of a batch.

        A sample that is seen for the first time starts its means, and as long
        as neighbours do not count, every look does: what an untrained network
        said is not carried on. Of a sample that stands in the batch twice the
        last look counts.

        Args:
            sample_idx (Tensor): int64 of shape ``(N, )``.
            scores (Tensor): Class probabilities, ``(N, C)``.
            features (Tensor): ``(N, D)``.
            evidence (Tensor): ``(N, )``.
        """
        known = self.known[sample_idx]
        stay = self.momentum * known if self.active else known * 0
        fresh = dict(scores=scores, features=features, evidence=evidence)
        means = {}
        for name, value in fresh.items():
            old = getattr(self, name)[sample_idx].float()
            share = stay.view(-1, *[1] * (value.ndim - 1))
            means[name] = share * old + (1 - share) * value.detach().float()
        self.put(sample_idx, known=torch.ones_like(known), **means)
