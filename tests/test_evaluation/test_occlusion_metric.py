# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from mmfer.evaluation import OcclusionMetric

# The halves of a picture, left and right.
BOXES = torch.tensor([[0., 0., .5, 1.], [.5, 0., 1., 1.]])


def samples(number=40, patches=True):
    rng = np.random.default_rng(0)
    result = []
    for i in range(number):
        mask = torch.zeros(4, 6, dtype=torch.uint8)
        if i % 2:
            mask[:, :rng.integers(1, 5)] = 1
        sample = dict(
            gt_label=torch.tensor([i % 3]), gt_mask=mask,
            pred_label=torch.tensor([rng.integers(0, 3)]))
        if patches:
            sample.update(
                pred_patch_weights=torch.from_numpy(rng.dirichlet([1, 1])),
                pred_patch_boxes=BOXES)
        result.append(sample)
    return result


def evaluate(given, parts=1, **kwargs):
    metric = OcclusionMetric(**kwargs)
    for part in np.array_split(np.arange(len(given)), parts):
        metric.process(None, [given[i] for i in part])
    return metric.evaluate(len(given))


def test_against_scikit_learn():
    given = samples()
    result = evaluate(given, 3)
    right = np.array([int(s['gt_label']) == int(s['pred_label'])
                      for s in given])
    assert result['occlusion/occluded'] == pytest.approx(
        100 * right[1::2].mean())
    assert result['occlusion/free'] == pytest.approx(100 * right[::2].mean())
    hidden, weights = [], []
    for s in given:
        for side in (0, 1):
            share = s['gt_mask'][:, 3 * side:3 * side + 3].double().mean()
            if share == 0 or share >= .5:
                hidden.append(share > 0)
                weights.append(float(s['pred_patch_weights'][side]))
    assert result['occlusion/patch_auc'] == pytest.approx(
        roc_auc_score(hidden, -np.array(weights)))


def test_what_there_is():
    assert set(evaluate(samples(patches=False))) == {
        'occlusion/occluded', 'occlusion/free'}
    free = evaluate(samples()[::2])
    assert set(free) == {'occlusion/free', 'occlusion/patch_auc'}
    assert np.isnan(free['occlusion/patch_auc'])


def test_bad_sample_without_mask():
    given = samples(2)
    given[1].update(gt_mask=None, img_path='a.jpg')
    with pytest.raises(ValueError, match='a.jpg: the sample has no gt_mask'):
        evaluate(given)
