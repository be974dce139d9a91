# Copyright (c) mmfer contributors.
import pytest
import torch

from mmfer.models.banks import (LabelBank, SimilarityRelabeling,
                                TemplateBank)
from mmfer.models.layers import SimilarityConfidence
from mmfer.models.losses import RankRegularizationLoss
from mmfer.registry import MODELS
from ...sync_guard import ForbidWaits

CLASSES = 4


def _outputs(number, seed=0, agree=.7):
    """Random posteriors; logits that mostly agree with them."""
    torch.manual_seed(seed)
    posterior = (2 * torch.randn(number, CLASSES)).softmax(1)
    logits = torch.where(
        torch.rand(number, 1) < agree, posterior.log(),
        torch.randn(number, CLASSES))
    return dict(posterior=posterior, logits=logits,
                confidence=torch.rand(number))


def _loop(outputs, labels, margin=.2, require_agreement=True, low_ratio=.3):
    """The labels afterwards."""
    posterior, logits, confidence = (
        outputs[name].tolist() for name in ('posterior', 'logits',
                                            'confidence'))
    number = len(labels)
    trusted = sorted(range(number), key=lambda i: -confidence[i])
    trusted = trusted[:number - _low(number, low_ratio)]
    result = list(labels)
    for i, row in enumerate(posterior):
        best = row.index(max(row))
        agrees = logits[i].index(max(logits[i])) == best
        if i not in trusted and row[best] - row[labels[i]] > margin and (
                agrees or not require_agreement):
            result[i] = best
    return result


def _low(number, low_ratio):
    """Size of the low group: what is left of the whole trusted ones."""
    tenths = round(10 * low_ratio)
    return number - (10 - tenths) * number // 10


@pytest.mark.parametrize('options', [
    {}, dict(margin=.5), dict(margin=0.), dict(require_agreement=False),
    dict(low_ratio=.6), dict(low_ratio=1.), dict(low_ratio=.9)
], ids=str)
@pytest.mark.parametrize('number', [1, 7, 40])
def test_against_a_loop(options, number):
    outputs = _outputs(number)
    labels = torch.randint(CLASSES, (number, ))
    relabel = MODELS.build(dict(type='SimilarityRelabeling', **options))
    found = relabel(outputs, labels)
    assert found.labels.tolist() == _loop(outputs, labels.tolist(), **options)
    assert torch.equal(found.changed, found.labels != labels)
    if number == 40:
        assert found.changed.any()
    for i, row in enumerate(outputs['posterior'].tolist()):
        assert float(found.score[i]) == pytest.approx(max(row))
        assert float(found.margin[i]) == pytest.approx(
            max(row) - row[labels[i]])


def test_other_branches_may_have_a_say():
    """The mean of templates, classifier and action units, all alike."""
    outputs, labels = _outputs(40), torch.randint(CLASSES, (40, ))
    outputs['semantic_logits'] = torch.randn(40, CLASSES)
    relabel = SimilarityRelabeling(low_ratio=1., also=('logits',
                                                       'semantic_logits'))
    mean = torch.zeros(40, CLASSES)
    for i in range(40):
        for name in ('logits', 'semantic_logits'):
            odds = outputs[name][i].exp()
            mean[i] += odds / odds.sum() / 3
        mean[i] += outputs['posterior'][i] / 3
    torch.testing.assert_close(relabel.posterior(outputs), mean)
    expected = _loop(dict(outputs, posterior=mean), labels.tolist(),
                     low_ratio=1.)
    assert relabel(outputs, labels).labels.tolist() == expected
    del outputs['semantic_logits']
    with pytest.raises(ValueError, match='semantic_logits'):
        relabel(outputs, labels)


def test_trusted_samples_are_never_changed():
    """Those of the high group of the rank loss, however sure it all is."""
    for seed in range(20):
        outputs = _outputs(32, seed, agree=1.)
        outputs['posterior'] = torch.eye(CLASSES)[torch.arange(32) % CLASSES]
        outputs['logits'] = outputs['posterior']
        labels = (torch.arange(32) + 1) % CLASSES
        changed = SimilarityRelabeling()(outputs, labels).changed
        high = int(RankRegularizationLoss().ratio * 32)
        order = outputs['confidence'].argsort(descending=True)
        assert not changed[order[:high]].any()
        assert changed[order[high:]].all()


def test_agreement_is_asked_of_the_classifier():
    outputs = dict(
        posterior=torch.tensor([[.8, .1, .1]]),
        logits=torch.tensor([[1., 0., 2.]]),
        confidence=torch.tensor([.1]))
    labels = torch.tensor([1])
    assert SimilarityRelabeling()(outputs, labels).labels.tolist() == [1]
    free = SimilarityRelabeling(require_agreement=False)
    assert free(outputs, labels).labels.tolist() == [0]


def test_uniform_posterior_changes_nothing():
    """As it is before there are templates."""
    outputs = _outputs(20)
    outputs['posterior'] = torch.full((20, CLASSES), 1 / CLASSES)
    relabel = SimilarityRelabeling(margin=0., low_ratio=1.)
    assert not relabel(outputs, torch.arange(20) % CLASSES).changed.any()


def test_a_step_with_templates_does_not_wait():
    """From confidence to staged labels. The classifier finds the fourth
    sample to be of the first class, from the third epoch the template too."""
    torch.manual_seed(0)
    templates, labels = TemplateBank(CLASSES, 6), _label_bank()
    confidence, index = SimilarityConfidence(CLASSES), torch.arange(4)
    features = 3 * torch.eye(4, 6) + torch.rand(4, 6)
    logits = torch.eye(CLASSES)[[0, 1, 2, 0]]
    believed = []
    for epoch in range(3):
        if epoch == 2:
            features[3] = features[0]
        with ForbidWaits():
            given = labels.labels(index)
            alpha = confidence(features, given).flatten()
            templates.observe(features, given, logits.argmax(1), alpha)
            labels.learn(index, dict(
                posterior=templates.posterior(features), logits=logits,
                confidence=alpha))
        templates.commit(), labels.commit()
        believed.append(labels.labels(index).tolist())
    assert believed == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 0]]


def _label_bank(**options):
    bank = LabelBank(
        CLASSES, correction=dict(type='SimilarityRelabeling', low_ratio=1.),
        **options)
    bank.initialise([0, 1, 2, 3])
    return bank


def _sure(*classes):
    posterior = torch.eye(CLASSES)[list(classes)]
    return dict(posterior=posterior, logits=posterior,
                confidence=torch.linspace(.9, .1, len(classes)))


def test_labels_change_at_the_end_of_the_epoch_and_back():
    bank, index = _label_bank(), torch.arange(4)
    bank.learn(index, _sure(0, 1, 0, 0))
    assert bank.labels(index).tolist() == [0, 1, 2, 3]
    bank.commit()
    assert bank.labels(index).tolist() == [0, 1, 0, 0]
    # Changes survive a checkpoint; what is staged goes on from them.
    again = _label_bank()
    again.load_state_dict(bank.state_dict())
    assert again.labels(index).tolist() == [0, 1, 0, 0]
    again.learn(index, _sure(0, 1, 2, 0))
    again.commit()
    assert again.labels(index).tolist() == [0, 1, 2, 0]


def test_the_bank_caps_changes_by_their_margin():
    bank, index = _label_bank(max_changes=1), torch.arange(4)
    outputs = _sure(1, 0, 1, 0)
    outputs['posterior'] = .9 * outputs['posterior'] + .025
    outputs['posterior'][2] = torch.tensor([.02, .96, .01, .01])
    bank.learn(index, outputs)
    assert bank.commit().dropped == 3
    assert bank.labels(index).tolist() == [0, 1, 1, 3]


@pytest.mark.parametrize('options, told', [
    (dict(margin=1.), 'margin must lie'), (dict(margin=-.1), 'margin'),
    (dict(low_ratio=0.), 'low_ratio must lie'), (dict(low_ratio=1.1), 'low_'),
])
def test_bad_settings(options, told):
    with pytest.raises(ValueError, match=told):
        SimilarityRelabeling(**options)


@pytest.mark.parametrize('name', ['posterior', 'logits', 'confidence'])
def test_bad_head_for_relabeling(name):
    outputs = _outputs(3)
    del outputs[name]
    with pytest.raises(ValueError, match=f'needs {name} of each.*Hint'):
        SimilarityRelabeling()(outputs, torch.zeros(3).long())
