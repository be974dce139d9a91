# Copyright (c) mmfer contributors.
from .confusion_matrix import (count_confusions, draw_confusion_matrix,
                               save_confusion_matrix)
from .finite_predictions import require_finite, require_finite_batch
from .metrics import *  # noqa: F401,F403
from .metrics import __all__ as _metrics
from .patch_occlusion import occlusion_auc, patch_coverage

__all__ = ['count_confusions', 'draw_confusion_matrix', 'occlusion_auc',
           'patch_coverage', 'require_finite', 'require_finite_batch',
           'save_confusion_matrix'] + list(_metrics)
