# Copyright (c) mmfer contributors.
from dataclasses import dataclass, field
from typing import Dict

from torch import Tensor


@dataclass
class AugmentBatch:
    """A batch after augmentation, all of it on one device.

    Args:
        images (Tensor): Blue, green and red, 0 to 255, shape
            ``(N, 3, H, W)`` in the memory format channels-last; uint8, or
            float32 once an augment needed fractions.
        targets (Dict[str, Tensor]): Stacked targets, the first dimension is
            N: ``gt_label``, ``gt_score``, ``gt_landmarks`` and so on.
        records (Dict[str, Tensor]): What was done to each sample.

            - ``affine``: float32 ``(N, 2, 3)``, the map from the pixels of
              the images that came in to those that come out.
            - ``flip``: bool ``(N,)``, whether left became right.
            - ``mix_index``: int64 ``(N,)``, the sample mixed in.
            - ``mix_weight``: float32 ``(N,)``, the share of the sample
              itself in the image.
            - ``mix_label_weight``: float32 ``(N,)``, its share in the label.
            - ``mix_window``: float32 ``(N, 4)``, top, left, bottom and right
              in pixels of the window that shows the sample mixed in.

            The first two are there if an augment moves pixels, those of the
            share if one mixes samples (in the label: if there are targets),
            the last if it does so by a window.
    """

    images: Tensor
    targets: Dict[str, Tensor] = field(default_factory=dict)
    records: Dict[str, Tensor] = field(default_factory=dict)
