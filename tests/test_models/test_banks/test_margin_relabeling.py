# Copyright (c) mmfer contributors.
import pytest
import torch

from mmfer.models.banks import MarginRelabeling

LOGITS = torch.tensor([[4., 0., 0.], [0., 4., 0.], [0., 0.1, 0.],
                       [0., 0., 4.]])


def relabel(logits, labels, margin=0.2, scope='low', confidence=None):
    outputs = dict(logits=logits)
    if confidence is not None:
        outputs['confidence'] = confidence
    return MarginRelabeling(margin, scope)(outputs, torch.tensor(labels))


def test_all():
    labels = torch.tensor([0, 0, 0, 1])
    result = MarginRelabeling(scope='all')(dict(logits=LOGITS), labels)
    assert labels.tolist() == [0, 0, 0, 1]  # left alone
    assert result.labels.tolist() == [0, 1, 0, 2]
    assert result.changed.tolist() == [False, True, False, True]
    score = LOGITS.softmax(1)
    torch.testing.assert_close(result.score, score.max(1).values)
    assert float(result.margin[0]) == 0


def test_low_leaves_the_high_group():
    labels = [0, 0, 0, 1]
    weights = torch.tensor([0.1, 0.9, 0.8, 0.2])  # high: floor(0.7 * 4) = 2
    result = relabel(LOGITS, labels, confidence=weights)
    assert result.changed.tolist() == [False, False, False, True]
    assert result.labels.tolist() == [0, 0, 0, 2]
    swapped = relabel(LOGITS, labels, confidence=-weights)
    assert swapped.changed.tolist() == [False, True, False, False]


def test_more_than_the_margin():
    logits = torch.tensor([[0.4, 0.6]]).log()
    assert relabel(logits, [0], 0.19, 'all').changed.all()
    assert not relabel(logits, [0], 0.21, 'all').changed.any()


def test_one_sample_is_the_low_group():
    result = relabel(LOGITS[1:2], [0], confidence=torch.ones(1))
    assert result.labels.tolist() == [1]


@pytest.mark.parametrize('config, message', [
    (dict(scope='some'), 'scope must be'),
    (dict(margin=1.), 'margin must lie'),
    (dict(ratio=1.), 'ratio must lie'),
], ids=['scope', 'margin', 'ratio'])
def test_bad_relabeling(config, message):
    with pytest.raises(ValueError, match=message):
        MarginRelabeling(**config)


@pytest.mark.parametrize('scope, outputs, missing', [
    ('low', dict(logits=LOGITS), 'confidence'),
    ('all', dict(mixed_logits=LOGITS), 'logits'),
], ids=['no confidence', 'no logits'])
def test_bad_head_for_relabeling(scope, outputs, missing):
    with pytest.raises(ValueError, match=f'needs {missing} of each'):
        MarginRelabeling(scope=scope)(outputs, torch.zeros(4).long())
