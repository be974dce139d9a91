# Copyright (c) mmfer contributors.
"""Whether patch attention finds what is occluded."""
from typing import Sequence

import numpy as np
import torch


def patch_coverage(boxes: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """How much of each patch an occluder covers.

    Args:
        boxes (np.ndarray): ``pred_patch_boxes``: x1, y1, x2, y2 as parts of
            the picture, ``(P, 4)``.
        mask (np.ndarray): ``gt_mask``, ``(H, W)``, not 0 = occluded.

    Returns:
        np.ndarray: Shares in [0, 1], float64 of shape ``(P, )``. Pixels count
        whose centre lies in the patch; NaN for a patch without any.
    """
    height, width = mask.shape
    x = (np.arange(width) + .5) / width
    y = (np.arange(height) + .5) / height
    shares = []
    for left, top, right, bottom in np.asarray(boxes, dtype=np.float64):
        part = mask[np.ix_((y >= top) & (y < bottom),
                           (x >= left) & (x < right))]
        shares.append((part != 0).mean() if part.size else np.nan)
    return np.array(shares)


def occlusion_auc(weights: Sequence[np.ndarray],
                  coverage: Sequence[np.ndarray],
                  threshold: float = 0.5) -> float:
    """How surely the smaller weight tells the covered patch.

    Args:
        weights (Sequence[np.ndarray]): ``pred_patch_weights`` of faces, of
            shape ``(P, )`` each.
        coverage (Sequence[np.ndarray]): What :func:`patch_coverage` gives for
            them.
        threshold (float): The least coverage of a covered patch; patches
            with less than it but some are left out. Defaults to 0.5, our
            choice.

    Returns:
        float: The area under the ROC curve: the probability that of a covered
        and a free patch, of any two faces, the covered one has the smaller
        weight, ties counting half; NaN if no patch is covered, or none is
        free.
    """
    pooled, covers = (np.concatenate(list(part)).astype(np.float64)
                      for part in (weights, coverage))
    covered = covers >= threshold
    used = covered | (covers == 0)
    if not covered.any() or covered[used].all():
        return float('nan')
    from torchmetrics.functional.classification import binary_auroc
    return float(binary_auroc(torch.from_numpy(1 - pooled[used]),
                              torch.from_numpy(covered[used]).long()))
