# Copyright (c) mmfer contributors.
"""SymmetricNoise, PairNoise and TransitionNoise."""
import numpy as np
import pytest

from mmfer.datasets.noise import (PairNoise, SymmetricNoise, TransitionNoise)
from mmfer.registry import TASK_UTILS
from mmfer.structures import LabelSpace

SPACE = LabelSpace.get('rafdb')
MATRIX = np.eye(7) * .6 + np.roll(np.eye(7), 1, 1) * .3 + np.roll(
    np.eye(7), 3, 1) * .1


def labels_of(number, seed=3):
    share = np.array([.1, .02, .06, .4, .16, .06, .2])
    return np.random.default_rng(seed).choice(7, number, p=share)


def draw(noise, labels, space=SPACE):
    return noise(labels, [str(i) for i in range(len(labels))], space, SPACE)


def loop_oracle(matrix, labels, seed):
    """One sample after the other, from the words of the documentation."""
    flips, places = np.random.RandomState(seed).random_sample(
        (2, len(labels)))
    by_name = sorted(range(7), key=lambda c: SPACE.classes[c])
    noisy = []
    for label, flip, place in zip(labels, flips, places):
        stay = matrix[label][label]
        new = label
        if flip < 1 - stay:
            reached = 0.
            for other in by_name:
                if other != label and matrix[label][other] > 0:
                    reached += matrix[label][other] / (1 - stay)
                    new = other
                    if place < reached:
                        break
        noisy.append(new)
    return noisy


@pytest.mark.parametrize('noise', [
    SymmetricNoise(.3, seed=5), SymmetricNoise(.3, 'all', seed=5),
    SymmetricNoise(1., seed=5), PairNoise(.4, seed=5),
    PairNoise(.5, dict(fear='Surprised', anger='disgust'), seed=5),
    TransitionNoise(MATRIX, seed=5)
], ids=['others', 'all', 'everything', 'next', 'pairs', 'matrix'])
def test_equals_a_loop_over_samples(noise):
    labels = labels_of(500)
    assert draw(noise, labels).tolist() == loop_oracle(
        noise.matrix(SPACE), labels, 5)


def test_symmetric_rate_and_targets():
    labels = labels_of(40000)
    noisy = draw(SymmetricNoise(.3), labels)
    flipped = noisy != labels
    # Four standard deviations of a binomial share.
    assert abs(flipped.mean() - .3) < 4 * (.21 / 40000)**.5
    counts = np.bincount(noisy[flipped & (labels == 3)], minlength=7)
    assert counts[3] == 0
    expected = counts.sum() / 6
    chi2 = ((np.delete(counts, 3) - expected)**2 / expected).sum()
    assert chi2 < 20.5  # 0.1 % of chi-squared with 5 degrees of freedom


def test_among_all_classes_makes_fewer_wrong():
    labels = labels_of(40000)
    flipped = draw(SymmetricNoise(.35, among='all'), labels) != labels
    assert abs(flipped.mean() - .3) < 4 * (.21 / 40000)**.5


@pytest.mark.parametrize('ratio', [0., .1, .25, .5, 1.])
def test_exact_number_in_each_class(ratio):
    labels = labels_of(1003)
    noisy = draw(SymmetricNoise(ratio, exact=True), labels)
    for label in range(7):
        members = labels == label
        assert (noisy[members] != label).sum() == int(ratio * members.sum() +
                                                      .5)


def test_pairs_only_go_to_their_partner():
    labels = labels_of(2000)
    noisy = draw(PairNoise(.5, dict(fear='surprise')), labels)
    changed = noisy != labels
    assert set(labels[changed]) == {1} and set(noisy[changed]) == {0}
    noisy = draw(PairNoise(1.), labels)
    assert (noisy == (labels + 1) % 7).all()


def test_seed_decides():
    labels = labels_of(300)
    one, two, other = (draw(SymmetricNoise(.3, seed=s), labels)
                       for s in (1, 1, 2))
    assert (one == two).all() and (one != other).any()
    np.random.seed(9)
    before = np.random.random()
    np.random.seed(9)
    draw(SymmetricNoise(.3), labels)
    assert np.random.random() == before  # the global stream is left alone


@pytest.mark.parametrize('noise', [
    SymmetricNoise(.5), SymmetricNoise(.5, exact=True),
    TransitionNoise(MATRIX, SPACE.classes)
], ids=['bernoulli', 'exact', 'matrix'])
def test_the_same_by_name_in_another_order(noise):
    labels = labels_of(400)
    other = LabelSpace.get('affectnet7')
    mapping = SPACE.map_to(other)
    assert (mapping[draw(noise, labels)] == draw(noise, mapping[labels],
                                                 other)).all()


def test_built_from_configs():
    noise = TASK_UTILS.build(dict(type='SymmetricNoise', ratio=.1, seed=4))
    assert noise.settings() == dict(
        ratio=.1, among='others', seed=4, exact=False)
    noise = TASK_UTILS.build(dict(type='TransitionNoise', matrix=MATRIX))
    np.testing.assert_allclose(noise.settings()['matrix'], MATRIX)
    noise = TASK_UTILS.build(dict(type='PairNoise', ratio=.1))
    assert noise.settings()['pairs'] == 'next class'


@pytest.mark.parametrize('kind, options, told', [
    (SymmetricNoise, dict(ratio=1.2), 'ratio .* 1.2'),
    (SymmetricNoise, dict(ratio=-.1), 'ratio'),
    (SymmetricNoise, dict(ratio=float('nan')), 'ratio .* nan'),
    (SymmetricNoise, dict(ratio='30%'), "ratio .* '30%'"),
    (SymmetricNoise, dict(ratio=True), 'ratio'),
    (SymmetricNoise, dict(ratio=.1, among='any'), "'others' or 'all'"),
    (SymmetricNoise, dict(ratio=.1, seed=-1), 'seed'),
    (SymmetricNoise, dict(ratio=.1, seed=None), 'seed'),
    (SymmetricNoise, dict(ratio=.1, seed=2**32), 'seed'),
    (PairNoise, dict(ratio=2), 'ratio'),
    (PairNoise, dict(ratio=.1, pairs={}), 'pairs'),
    (PairNoise, dict(ratio=.1, pairs=['fear', 'anger']), 'pairs'),
    (TransitionNoise, dict(matrix=[[1, 0]]), r'square.*\(1, 2\)'),
    (TransitionNoise, dict(matrix=.3), 'square'),
    (TransitionNoise, dict(matrix=[['a', 'b'], [0, 1]]), 'numbers'),
    (TransitionNoise, dict(matrix=[[1, 0], [0]]), 'numbers'),
    (TransitionNoise, dict(matrix=[[1, 0], [.5, .4]]), 'row 1'),
    (TransitionNoise, dict(matrix=[[1.5, -.5], [0, 1]]), 'row 0'),
    (TransitionNoise, dict(matrix=[[1, float('nan')], [0, 1]]), 'row 0'),
    (TransitionNoise, dict(matrix=np.eye(2), classes=['fear']), '1 classes'),
], ids=['ratio above 1', 'negative ratio', 'nan ratio', 'ratio as text',
        'ratio as bool', 'unknown convention', 'negative seed', 'no seed',
        'seed too large', 'pair ratio', 'no pairs', 'pairs as list',
        'not square', 'a number', 'words', 'ragged', 'row sum', 'negative',
        'nan', 'too few classes'])
def test_bad_settings(kind, options, told):
    with pytest.raises(ValueError, match=told):
        kind(**options)


@pytest.mark.parametrize('noise, space, error, told', [
    (PairNoise(.1, dict(fear='contempt')), SPACE, KeyError, 'contempt'),
    (PairNoise(.1, dict(joy='happy')), SPACE, ValueError, 'own partner'),
    (TransitionNoise(np.eye(8)), SPACE, ValueError, 'does not fit'),
    (TransitionNoise(np.eye(7), LabelSpace.get('ckplus7').classes), SPACE,
     ValueError, 'contempt'),
    (SymmetricNoise(.1), LabelSpace('one', ['fear']), ValueError, 'no other'),
], ids=['unknown partner', 'own partner', 'matrix of 8 for 7',
        'matrix of other classes', 'one class'])
def test_bad_label_space(noise, space, error, told):
    with pytest.raises(error, match=told):
        noise.matrix(space)
