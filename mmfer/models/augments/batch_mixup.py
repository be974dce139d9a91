# Copyright (c) mmfer contributors.
import torch
from torch import Tensor

from mmfer.registry import MODELS
from .base_augment import SIZE
from .mixing_augment import MixingAugment


@MODELS.register_module()
class BatchMixup(MixingAugment):
    """Blend each image with another of the batch.

    *mixup: Beyond Empirical Risk Minimization* (Zhang et al., ICLR 2018).
    As MMPretrain's ``Mixup``, but with a share for each sample in place of
    one for the batch. The results are float32. See :class:`MixingAugment` for
    arguments, targets and records.
    """

    def draw(self, count: int, size: SIZE) -> Tensor:
        """See :meth:`BatchAugment.draw`. The columns: partner, share."""
        return torch.stack(
            [self.draw_partner(count), self.draw_weight(count)], 1)

    def change_images(self, images: Tensor, params: Tensor) -> Tensor:
        """See :meth:`BatchAugment.change_images`; the whole batch at once."""
        images = images.float()
        partner = images.index_select(0, params[:, 0].long())
        weight = params[:, 1:]
        mixed = partner.flatten(1).mul_(1 - weight)
        return mixed.add_(images.flatten(1) * weight).view_as(images)
