# Copyright (c) mmfer contributors.
from .dataset_verification import verify_config
from .patch_occlusion import occlusion_auc, patch_coverage

__all__ = [
    'occlusion_auc',
    'patch_coverage',
    'verify_config',
]
