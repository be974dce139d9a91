# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from mmfer.analysis.audit import (Signal, belief_signal, rank, rank_shares,
                                  ranking_quality, signal_weights)

RNG = np.random.default_rng(0)


def test_rank_shares_equal_scipy():
    values = RNG.integers(0, 5, 40) / 5.
    values[::7] = np.nan
    known = ~np.isnan(values)
    got = rank_shares(values)
    assert np.isnan(got[~known]).all()
    np.testing.assert_allclose(
        got[known], (rankdata(values[known]) - .5) / known.sum())


def test_ranking_against_a_loop():
    labels = RNG.integers(0, 3, 12)
    signals = {}
    for name in 'xyz':
        belief = RNG.random((12, 3))
        belief /= belief.sum(1, keepdims=True)
        belief[RNG.random(12) < .3] = np.nan
        signals[name] = belief_signal(belief, labels)
    suspicion = RNG.random(12)
    suspicion[:6] = np.nan
    signals['w'] = Signal(suspicion)
    for signal in signals.values():
        signal.suspicion[0] = np.nan
        if signal.belief is not None:
            signal.belief[0] = np.nan
    got = rank(signals, labels)
    shares = np.stack([rank_shares(s.suspicion) for s in signals.values()])
    weights = signal_weights(shares)
    assert got.weights == dict(zip(signals, weights))
    for i in range(12):
        known = [j for j in range(4) if not np.isnan(shares[j, i])]
        total = sum(weights[j] for j in known)
        assert got.score[i] == pytest.approx(
            sum(weights[j] * shares[j, i] for j in known) / total
            if total else 0)
        beliefs = [s.belief[i] for s in signals.values()
                   if s.belief is not None and not np.isnan(s.belief[i, 0])]
        want = int(np.mean(beliefs, 0).argmax()) if beliefs else labels[i]
        assert got.proposal[i] == want
        agree = np.mean([b.argmax() == want for b in beliefs] or [0])
        assert got.agreement[i] == pytest.approx(agree)
    assert (np.diff(got.score[got.order]) <= 0).all()


def test_signals_count_by_what_the_others_explain():
    """Against pandas' correlations."""
    pandas = pytest.importorskip('pandas')
    truth = RNG.random(500)
    shares = np.stack([truth + .1 * RNG.random(500),
                       truth + .9 * RNG.random(500), .2 * RNG.random(500),
                       -.1 * truth, np.full(500, .5)])
    shares[0, :50] = shares[1, 400:] = np.nan
    table = pandas.DataFrame(shares.T)
    wanted = [max(table[i].corr(table.drop(columns=i).mean(axis=1)), 0) ** 2
              for i in range(4)] + [0]
    got = signal_weights(shares)
    np.testing.assert_allclose(got, wanted)
    assert min(got[:2]) > .1 > got[2] and got[3] == got[4] == 0


def test_signals_that_disagree_count_alike():
    ramp = np.linspace(0, 1, 9)
    assert signal_weights(np.stack([ramp, 1 - ramp])).tolist() == [1, 1]
    assert signal_weights(ramp[None]).tolist() == [1]
    assert signal_weights(np.full((2, 9), np.nan)).tolist() == [1, 1]


def test_labels_are_corrected_where_signals_agree():
    labels = np.array([0, 0, 1])
    beliefs = np.array([[[.1, .9], [.2, .8], [.1, .9]],
                        [[.3, .7], [.6, .4], [.2, .8]]])
    ranking = rank({str(i): belief_signal(b, labels)
                    for i, b in enumerate(beliefs)}, labels)
    assert ranking.proposal.tolist() == [1, 1, 1]
    assert ranking.corrected(labels, 1.).tolist() == [1, 0, 1]
    assert ranking.corrected(labels, .5).tolist() == [1, 1, 1]


def test_without_proposals_labels_stay():
    labels = np.array([0, 1])
    ranking = rank(dict(a=Signal(np.array([.2, .9]))), labels)
    assert ranking.order.tolist() == [1, 0]
    assert ranking.corrected(labels).tolist() == [0, 1]


def test_quality_equals_scikit_learn():
    wrong = RNG.random(200) < .3
    suspicion = wrong * .2 + RNG.integers(0, 10, 200) / 10.
    got = ranking_quality(suspicion, wrong)
    assert got['auc'] == pytest.approx(roc_auc_score(wrong, suspicion))
    # Ties at the border count by the mean over their orders.
    means = []
    for seed in range(300):
        order = np.random.default_rng(seed).permutation(200)
        top = order[np.argsort(-suspicion[order], kind='stable')][:20]
        means.append(wrong[top].mean())
    assert got['precision'] == pytest.approx(np.mean(means), abs=.02)


@pytest.mark.parametrize('case', ['no signal', 'agreement'])
def test_bad_ranking(case):
    if case == 'no signal':
        with pytest.raises(ValueError, match='no signal is left.*Hint'):
            rank({}, np.array([0]))
    else:
        ranking = rank(dict(a=Signal(np.array([.2]))), np.array([0]))
        with pytest.raises(ValueError, match=r'in \(0, 1\], got 0'):
            ranking.corrected(np.array([0]), 0)
