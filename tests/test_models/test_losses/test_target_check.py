# Copyright (c) mmfer contributors.
import math

import pytest
import torch
from mmpretrain.structures import DataSample
from torch.nn.functional import cross_entropy, one_hot

from mmfer.errors import ConfigError
from mmfer.registry import MODELS

SOFT = dict(type='CrossEntropyLoss', use_soft=True)
CASES = {
    'soft': (SOFT, r'CrossEntropyLoss\(use_soft=True\).*label distributions '
             r'of shape \(N, 7\).*labels of shape \(N,\).*Hint: '
             r'loss=dict\(use_soft=False\)'),
    'sigmoid': (dict(type='CrossEntropyLoss', use_sigmoid=True),
                r'Hint: loss=dict\(use_sigmoid=False\)'),
}


def samples(number, soft=False):
    made = []
    for i in range(number):
        sample = DataSample().set_gt_label(i % 7)
        made.append(sample.set_gt_score(one_hot(
            torch.tensor(i % 7), 7).float()) if soft else sample)
    return made


@pytest.mark.parametrize('head', ['LinearClsHead', 'CosineHead'])
@pytest.mark.parametrize('number', [6, 7, 1])
@pytest.mark.parametrize('loss, message', CASES.values(), ids=CASES)
def test_bad_labels_where_distributions_are_needed(head, number, loss,
                                                   message):
    """Also in a batch of as many samples as classes, which broadcasts."""
    model = MODELS.build(
        dict(type=head, num_classes=7, in_channels=4, loss=loss))
    with pytest.raises(ConfigError, match=message.replace('N', str(number))):
        model.loss((torch.ones(number, 4), ), samples(number))


@pytest.mark.parametrize('loss', [
    dict(type='SeesawLoss', num_classes=7), dict(type='LDAMLoss'),
    dict(type='FocalCrossEntropyLoss')])
def test_bad_distributions_where_labels_are_needed(loss):
    model = MODELS.build(
        dict(type='LinearClsHead', num_classes=7, in_channels=4, loss=loss))
    with pytest.raises(ConfigError, match="Hint: target='majority'"):
        model.loss((torch.ones(7, 4), ), samples(7, soft=True))


@pytest.mark.parametrize('loss', [
    dict(type='CrossEntropyLoss'), SOFT,
    dict(type='CrossEntropyLoss', use_sigmoid=True),
    dict(type='LabelSmoothLoss', label_smooth_val=0.1),
    dict(type='FocalLoss'), dict(type='AsymmetricLoss'),
    dict(type='SeesawLoss', num_classes=7),
    dict(type='LDAMLoss', counts=[1] * 7),
    dict(type='BatchBalancedCrossEntropyLoss')])
@pytest.mark.parametrize('target', [
    torch.zeros(7), torch.zeros(6, dtype=torch.int64), torch.rand(7, 3),
    torch.rand(1, 7)], ids=lambda target: f'{tuple(target.shape)}')
def test_bad_shapes_of_targets(loss, target):
    with pytest.raises(ConfigError, match=f"{loss['type']}.* needs .*gives"):
        MODELS.build(loss)(torch.ones(7, 7), target)


def test_good_targets_pass():
    torch.manual_seed(0)
    logits, labels = torch.randn(7, 7), torch.arange(7)
    hard = cross_entropy(logits, labels)
    for loss, target in ((dict(type='CrossEntropyLoss'), labels),
                         (dict(type='CrossEntropyLoss'),
                          one_hot(labels).float()),
                         (SOFT, one_hot(labels)),
                         (dict(type='LabelSmoothLoss', label_smooth_val=0.,
                               mode='original'), labels[:, None])):
        assert MODELS.build(loss)(logits, target).item() == pytest.approx(
            hard.item())
    for kind in ('FocalLoss', 'AsymmetricLoss'):
        loss = MODELS.build(dict(type=kind))
        assert loss(logits, labels) == loss(logits, one_hot(labels))
    head = MODELS.build(dict(
        type='LinearClsHead', num_classes=7, in_channels=4, loss=SOFT))
    torch.nn.init.zeros_(head.fc.weight)
    torch.nn.init.zeros_(head.fc.bias)
    found = head.loss((torch.ones(7, 4), ), samples(7, soft=True))['loss']
    assert found.item() == pytest.approx(math.log(7))


@pytest.mark.parametrize('loss, inputs', [
    (dict(type='AffinityLoss', num_classes=3, in_channels=4),
     lambda column: (torch.ones(5, 4), column.long())),
    (dict(type='WeightedCenterLoss', num_classes=3, in_channels=4),
     lambda column: (torch.ones(5, 4), column[:, 0].long(), column)),
    (dict(type='TemplateSimilarityLoss'),
     lambda column: (torch.ones(5, 4), column[:, 0].long(), torch.ones(3, 4),
                     column)),
    (dict(type='ActionUnitLoss'),
     lambda column: (torch.ones(5, 2), torch.ones(5, 2), column)),
    (dict(type='CCCLoss'),
     lambda column: (torch.ones(5, 2), torch.ones(5, 2), column)),
], ids=lambda value: value['type'] if isinstance(value, dict) else '')
def test_bad_columns_where_one_value_a_sample_is_needed(loss, inputs):
    """A column would be broadcast to all pairs of samples."""
    with pytest.raises(ValueError, match=r'shape \(5, \), one for each'):
        MODELS.build(loss)(*inputs(torch.zeros(5, 1)))


def test_bad_labels_for_the_alignment_of_soft_labels():
    loss = MODELS.build(dict(type='SoftLabelAlignmentLoss'))
    with pytest.raises(ConfigError, match='SoftLabelAlignmentLoss needs label '
                       'distributions'):
        loss(torch.ones(7, 7), torch.ones(7, 7), torch.arange(7))
