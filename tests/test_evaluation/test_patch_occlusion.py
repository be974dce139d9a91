# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mmfer.evaluation import occlusion_auc, patch_coverage


def test_coverage_equals_a_loop():
    rng = np.random.default_rng(0)
    mask = (rng.random((8, 10)) < .4).astype(np.uint8)
    boxes = np.array([[0, 0, .5, .5], [.3, .25, 1, 1.1], [-.2, 0, .4, 1],
                      [2, 2, 3, 3]])
    got = patch_coverage(boxes, mask)
    for share, (x1, y1, x2, y2) in zip(got[:3], boxes):
        inside = [mask[i, j] for i in range(8) for j in range(10)
                  if x1 <= (j + .5) / 10 < x2 and y1 <= (i + .5) / 8 < y2]
        assert share == pytest.approx(np.mean(inside))
    assert np.isnan(got[3])


def test_auc_equals_scikit_learn():
    rng = np.random.default_rng(1)
    weights = rng.integers(0, 6, (30, 5)) / 5.  # with ties
    coverage = rng.choice([0., .2, .5, .9, np.nan], (30, 5))
    used = (coverage == 0) | (coverage >= .5)
    wanted = roc_auc_score(coverage[used] >= .5, -weights[used])
    assert occlusion_auc(weights, coverage) == pytest.approx(wanted)
    assert occlusion_auc([[.1, .9]], [[1., 0.]]) == 1


def test_no_measure_without_occluders():
    assert np.isnan(occlusion_auc([[.1, .9]], [[0., 0.]]))
    assert np.isnan(occlusion_auc([[.1, .9]], [[1., .2]]))
