# Copyright (c) mmfer contributors.
import torch

from mmfer.models.heads import ImportanceHead
from mmfer.structures import FERDataSample

LABELS = [0, 1, 2, 0, 1, 1]


def _head(**options):
    torch.manual_seed(0)
    return ImportanceHead(num_classes=3, in_channels=5, **options)


def _similarity_head():
    return _head(importance=dict(type='SimilarityConfidence'))


def _samples():
    return [FERDataSample().set_gt_label(label) for label in LABELS]


def test_names_of_weights():
    """Converted weights of other projects rely on them."""
    shapes = {k: tuple(v.shape) for k, v in _head().state_dict().items()}
    assert shapes == {
        'fc.weight': (3, 5),
        'fc.bias': (3, ),
        'importance.weight': (1, 5),
        'importance.bias': (1, )
    }


def test_without_labels_needed_training_is_testing():
    head, feats = _head(), (torch.randn(6, 5), )
    training = head.training_outputs(feats, _samples())
    testing = head.outputs(feats)
    assert set(training) == {'logits', 'confidence'}
    for name, value in training.items():
        assert torch.equal(value, testing[name])


def test_importance_of_labels_in_training():
    head, pooled = _similarity_head(), torch.randn(6, 5)
    outputs = head.training_outputs((pooled, ), _samples())
    alpha = head.importance(pooled, torch.tensor(LABELS))
    torch.testing.assert_close(outputs['confidence'], alpha[:, 0])
    torch.testing.assert_close(outputs['logits'], alpha * head.fc(pooled))
    other = [FERDataSample().set_gt_label(2 - label) for label in LABELS]
    changed = head.training_outputs((pooled, ), other)['confidence']
    assert not torch.allclose(changed, outputs['confidence'])
    losses = head.loss((pooled, ), _samples())
    sum(losses.values()).backward()
    assert set(losses) == {'loss_cls', 'loss_rank'}
    assert all(p.grad.abs().sum() > 0 for p in head.parameters())


def test_predictions_do_not_depend_on_the_batch():
    head, pooled = _similarity_head(), torch.randn(6, 5)
    samples = head.predict((pooled, ))
    alone = head.predict((pooled[:1], ))[0]
    torch.testing.assert_close(alone.pred_score, samples[0].pred_score)
    torch.testing.assert_close(alone.pred_score,
                               head.fc(pooled[0]).softmax(0))
    assert 'pred_confidence' not in alone
