# Copyright (c) mmfer contributors.
import math

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from mmfer.evaluation import ConfidenceMetric
from mmfer.registry import DATASETS


def samples(number=40, own=True, seed=0):
    rng = np.random.default_rng(seed)
    result = []
    for i in range(number):
        mask = torch.zeros(4, 4)
        mask.view(-1)[:rng.integers(0, 8)] = 1
        sample = dict(
            pred_score=torch.from_numpy(rng.dirichlet([1, 1, 1])),
            ambiguity=float(rng.integers(0, 5)),  # with ties
            gt_mask=mask.byte(), img_path=f'{i}.jpg')
        if own:
            sample['pred_confidence'] = torch.tensor(rng.random())
        result.append(sample)
    return result


def evaluate(given, parts=1):
    metric = ConfidenceMetric()
    for part in np.array_split(np.arange(len(given)), parts):
        metric.process(None, [given[i] for i in part])
    return metric.evaluate(len(given))


def test_against_scipy():
    given = samples()
    result = evaluate(given, 3)
    sides = dict(
        ambiguity=[s['ambiguity'] for s in given],
        occlusion=[s['gt_mask'].float().mean() for s in given])
    kinds = {
        '': [s['pred_score'].max() for s in given],
        'own_': [s['pred_confidence'] for s in given]
    }
    assert set(result) == {
        f'confidence/{kind}{side}' for kind in kinds for side in sides}
    for kind, confidence in kinds.items():
        for side, truth in sides.items():
            expected = spearmanr(confidence, truth).statistic
            assert result[f'confidence/{kind}{side}'] == pytest.approx(
                expected, abs=1e-6)


def test_what_is_not_known_is_left_out():
    given = samples(own=False)
    for sample in given:
        del sample['gt_mask']
    assert set(evaluate(given)) == {'confidence/ambiguity'}


def test_all_tied():
    given = samples(own=False)
    for sample in given:
        sample['ambiguity'] = 1.
    assert math.isnan(evaluate(given)['confidence/ambiguity'])


def test_drawn_faces_tell_both():
    dataset = DATASETS.build(
        dict(type='SyntheticFER', size=30, image_size=32, occlusion=.5,
             pipeline=[dict(type='DrawSyntheticFace'),
                       dict(type='PackFERInputs')]))
    given = [dataset[i]['data_samples'].to_dict() for i in range(30)]
    for i, sample in enumerate(given):
        sample['pred_score'] = torch.tensor([.5 + i / 100, .5 - i / 100])
    assert set(evaluate(given)) == {'confidence/ambiguity',
                                    'confidence/occlusion'}
    assert given[3]['ambiguity'] == dataset.get_data_info(3)['ambiguity']


@pytest.mark.parametrize('change, message', [
    (lambda s: s.pop('pred_score'), 'x.jpg: the sample has no pred_score'),
    (lambda s: s.update(pred_confidence=torch.tensor(math.nan)),
     'x.jpg: pred_confidence is not finite'),
], ids=['no score', 'nan'])
def test_bad_sample(change, message):
    sample = dict(samples(1)[0], img_path='x.jpg')
    change(sample)
    with pytest.raises(ValueError, match=message):
        ConfidenceMetric().process(None, [sample])


def test_bad_set_that_tells_nothing():
    given = samples()
    for sample in given:
        del sample['gt_mask'], sample['ambiguity']
    with pytest.raises(ValueError, match='no sample tells'):
        evaluate(given)
