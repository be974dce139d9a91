# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from mmfer.datasets.synthetic.counter_random import uniforms
from mmfer.datasets.synthetic.expressions import (CLASSES, PROTOTYPES, UNITS,
                                                  sample_expressions)


def sample(count=4000, ambiguity=.5, seed=0, weights=(1, ) * 8):
    return sample_expressions(seed, 'train', np.arange(count), weights,
                              ambiguity)


def test_uniforms_are_uniform_and_independent():
    numbers = uniforms(3, 'x', np.arange(5000), 3)
    assert all(kstest(column, 'uniform').pvalue > 1e-3
               for column in numbers.T)
    assert np.abs(np.corrcoef(numbers.T) - np.eye(3)).max() < .06
    assert abs(np.corrcoef(numbers[1:, 0], numbers[:-1, 0])[0, 1]) < .06
    for other in (uniforms(4, 'x', np.arange(5000), 3),
                  uniforms(3, 'y', np.arange(5000), 3)):
        assert abs(np.corrcoef(numbers[:, 0], other[:, 0])[0, 1]) < .06


def test_votes_sum_to_ten_and_follow_the_true_distribution():
    faces = sample(20000)
    votes, truth = faces['votes'], faces['true_distribution']
    assert (votes.sum(1) == 10).all()
    assert (votes[truth == 0] == 0).all()
    # Where the blend gives q to the second expression, its votes are
    # binomial; over many faces the expected counts must fit.
    second = np.sort(truth, 1)[:, -2]
    for low, high in ((.15, .25), (.25, .35), (.35, .48)):
        rows = (second >= low) & (second < high)
        column = np.argsort(truth[rows], 1)[:, -2]
        got = votes[rows][np.arange(rows.sum()), column].sum()
        total = 10 * rows.sum()
        want = 10 * second[rows].sum(dtype=np.float64)
        result = chisquare([got, total - got], [want, total - want])
        assert result.pvalue > 1e-3


def test_truth_is_a_blend_of_at_most_two():
    faces = sample()
    truth = faces['true_distribution']
    np.testing.assert_allclose(truth.sum(1), 1, atol=1e-6)
    assert ((truth > 0).sum(1) <= 2).all()
    blended = (truth > 0).sum(1) == 2
    assert abs(blended.mean() - .5) < .04
    assert (faces['ambiguity'][~blended] == 0).all()
    assert (faces['ambiguity'][blended] > .4).all()
    assert faces['ambiguity'].max() <= np.log(2) + 1e-6


def test_valence_and_arousal_fit_the_expression():
    faces = sample(ambiguity=0.)
    va, main = faces['gt_va'], faces['true_distribution'].argmax(1)
    assert np.abs(va).max() <= 1
    mean = {c: va[main == i].mean(0) for i, c in enumerate(CLASSES)}
    assert mean['happiness'][0] > .5 and (mean['neutral'] == 0).all()
    assert all(mean[c][0] < -.3 for c in ('sadness', 'fear', 'anger',
                                          'disgust', 'contempt'))
    assert mean['sadness'][1] < 0 < mean['anger'][1]
    # The stronger the rendered units, the farther from the centre.
    happy = main == CLASSES.index('happiness')
    smile = faces['gt_au'][happy][:, UNITS.index(12)]
    assert np.corrcoef(smile, va[happy][:, 0])[0, 1] > .5


@pytest.mark.parametrize('name', CLASSES)
def test_pure_faces_show_the_units_of_a_prototype(name):
    index = CLASSES.index(name)
    faces = sample(60, 0., weights=np.arange(8) == index)
    kinds = [{UNITS.index(u) for u in units} for units in PROTOTYPES[name]]
    for units in faces['gt_au']:
        assert set(np.flatnonzero(units)) in kinds
    assert faces['gt_au'].max(initial=0) <= 1


def test_contempt_is_one_sided_and_others_nearly_even():
    contempt = sample(50, 0., weights=np.arange(8) == 7)['skew']
    happiness = sample(50, 0., weights=np.arange(8) == 1)['skew']
    assert np.abs(contempt).min() >= .88 and np.abs(happiness).max() <= .12
    assert len(set(np.sign(contempt))) == 2
