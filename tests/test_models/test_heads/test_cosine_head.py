# Copyright (c) mmfer contributors.
import pytest
import torch

from mmfer.models import ClassAttentionHead, CosineHead
from mmfer.models.augments import BatchAugments
from mmfer.structures import FERDataSample, SampleBatch

COUNTS = [60, 20, 5]


def _head(loss='LDAMLoss', **kwargs):
    torch.manual_seed(0)
    settings = dict(counts=COUNTS, scale=20.) if loss == 'LDAMLoss' else {}
    return CosineHead(
        3, 5, scale=20., loss=dict(type=loss, **settings), **kwargs)


def test_cosines():
    head, feats = _head(), (torch.randn(6, 5), )
    outputs = head.outputs(feats)
    for feature, row in zip(feats[0], outputs['cosines']):
        for direction, value in zip(head.weight, row):
            assert value.item() == pytest.approx(
                torch.cosine_similarity(feature, direction, 0).item(),
                abs=1e-6)
    torch.testing.assert_close(outputs['logits'], 20 * outputs['cosines'])
    labels = torch.arange(6) % 3
    samples = [FERDataSample().set_gt_label(int(i)) for i in labels]
    torch.testing.assert_close(
        head.loss(feats, samples)['loss_cls'],
        head.loss_module(outputs['cosines'], labels))
    predicted = head.predict(feats)
    torch.testing.assert_close(
        torch.stack([sample.pred_score for sample in predicted]),
        outputs['logits'].softmax(1))


def _mixed(labels):
    """A batch after mixing, and pairs (label, share) of each sample."""
    done = BatchAugments([dict(type='BatchMixup', alpha=1., num_classes=3)])(
        torch.zeros(len(labels), 3, 2, 2), dict(gt_label=labels))
    pairs = [((int(labels[i]), float(w)), (int(labels[k]), 1 - float(w)))
             for i, (k, w) in enumerate(zip(done.records['mix_index'],
                                            done.records['mix_weight']))]
    return SampleBatch(done.targets, {}, records=done.records), pairs


def test_both_labels_of_mixed_samples_count():
    head, feats = _head(), (torch.randn(6, 5), )
    head.loss_module.set_phase(1.)
    batch, pairs = _mixed(torch.arange(6) % 3)
    cosines = head.outputs(feats)['cosines']
    total = parts = 0.
    for row, both in zip(cosines, pairs):
        for label, share in both:
            single = head.loss_module.losses(row[None], torch.tensor([label]))
            weight = share / COUNTS[label]
            total, parts = total + weight * single.item(), parts + weight
    assert head.loss(feats, batch)['loss_cls'].item() == pytest.approx(
        total / parts, rel=1e-5)


@pytest.mark.parametrize('loss', [
    dict(type='CrossEntropyLoss', use_soft=True),
    dict(type='FocalCrossEntropyLoss', counts=COUNTS, gamma=0.)])
@pytest.mark.parametrize('name', ['cosines', 'logits'])
def test_cross_entropy_of_mixed_samples(loss, name):
    """By distributions it is the same as by labels and shares, in any head."""
    if name == 'cosines':
        head, feats = CosineHead(3, 5, loss=loss), (torch.randn(6, 5), )
    else:
        head = ClassAttentionHead(3, 5, loss=loss)
        feats = (torch.randn(6, 5, 2, 2), )
    batch, _ = _mixed(torch.arange(6) % 3)
    scores = head.outputs(feats)[name].log_softmax(1)
    torch.testing.assert_close(
        head.loss(feats, batch)['loss_cls'],
        -(batch.targets['gt_score'] * scores).sum(1).mean())


def test_bad_scale():
    with pytest.raises(ValueError, match='scale must be positive'):
        CosineHead(7, 5, scale=0.)
