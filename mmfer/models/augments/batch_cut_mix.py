# Copyright (c) mmfer contributors.
from typing import Dict

import torch
from torch import Tensor

from mmfer.registry import MODELS
from .base_augment import SIZE, uniform
from .mixing_augment import MixingAugment
from .pixels import paste


@MODELS.register_module()
class BatchCutMix(MixingAugment):
    """Paste a window of another image of the batch into each image.

    *CutMix: Regularization Strategy to Train Strong Classifiers with
    Localizable Features* (Yun et al., ICCV 2019). Windows as by MMPretrain's
    ``CutMix``, but one for each sample in place of one for the batch; the
    share is what the window, clipped to the image, leaves. Keeps the dtype.
    See :class:`MixingAugment` for arguments, targets and records.
    """

    def draw(self, count: int, size: SIZE) -> Tensor:
        """See :meth:`BatchAugment.draw`. The columns: partner, share, top,
        left, bottom, right."""
        partner = self.draw_partner(count)
        side = (1 - self.draw_weight(count)).sqrt()[:, None]
        size = torch.tensor([size], dtype=torch.float64)
        half = ((side * size).floor() / 2).floor()
        centre = (uniform(count, [(0., 1.)] * 2) * size).floor()
        start = (centre - half).clamp(min=0)
        end = (centre + half).minimum(size)
        weight = 1 - ((end - start) / size).prod(1)
        return torch.cat(
            [torch.stack([partner, weight], 1), start, end], 1)

    def change_images(self, images: Tensor, params: Tensor) -> Tensor:
        """See :meth:`BatchAugment.change_images`; the whole batch at once."""
        partner = images.index_select(0, params[:, 0].long())
        return paste(images, params[:, 2:], partner)

    def change_targets(self, targets: Dict[str, Tensor],
                       records: Dict[str, Tensor], params: Tensor) -> None:
        """See :meth:`MixingAugment.change_targets`."""
        super().change_targets(targets, records, params)
        records['mix_window'] = params[:, 2:]
