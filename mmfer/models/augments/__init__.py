# Copyright (c) mmfer contributors.
from .augment_batch import AugmentBatch
from .base_augment import BatchAugment
from .batch_affine import BatchAffine
from .batch_augments import BatchAugments
from .batch_color_jitter import BatchColorJitter
from .batch_cut_mix import BatchCutMix
from .batch_erasing import BatchErasing
from .batch_flip import BatchFlip
from .batch_flow_flip import BatchFlowFlip
from .batch_gaussian_noise import BatchGaussianNoise
from .batch_gray import BatchGray
from .batch_mixup import BatchMixup
from .batch_random_crop import BatchRandomCrop
from .batch_random_resized_crop import BatchRandomResizedCrop
from .batch_remix import BatchRemix
from .fused_moves import FusedMoves
from .geometric_augment import BatchMoves, GeometricAugment
from .mixing_augment import MixingAugment
from .view_change import ViewChange

__all__ = [
    'AugmentBatch', 'BatchAffine', 'BatchAugment', 'BatchAugments',
    'BatchColorJitter', 'BatchCutMix', 'BatchErasing', 'BatchFlip',
    'BatchFlowFlip', 'BatchGaussianNoise', 'BatchGray', 'BatchMixup',
    'BatchMoves', 'BatchRandomCrop', 'BatchRandomResizedCrop', 'BatchRemix',
    'FusedMoves', 'GeometricAugment', 'MixingAugment', 'ViewChange'
]
