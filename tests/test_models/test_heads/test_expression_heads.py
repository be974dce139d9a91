# Copyright (c) mmfer contributors.
"""What all heads for expressions have in common."""
import inspect

import pytest
import torch
from mmpretrain.models.heads import LinearClsHead
from torch.nn.functional import cross_entropy

from mmfer.errors import ConfigError
from mmfer.models import FERClassifier, heads
from mmfer.models.banks import MarginRelabeling, SimilarityRelabeling
from mmfer.models.heads import BaseAuxiliaryHead, BaseFERHead
from mmfer.registry import MODELS
from mmfer.structures import FERDataSample

N, C, D = 6, 7, 8
POOLED, MAP = ((D, ), ), ((D, 4, 4), )
# Head -> its options, and the shapes of what it takes.
HEADS = dict(
    AttentionConsistencyHead=({}, MAP),
    AttentionFusionHead=({}, ((D, ), (3, D))),
    ClassAttentionHead=({}, MAP),
    ClassEvidenceHead=(dict(grid=2), ((D, 4, 4), (D, 4, 4))),
    CosineHead=({}, POOLED),
    DeepSupervisionHead=(dict(aux_channels=[D]), ((D, ), (D, ))),
    DistributionCalibrationHead=({}, POOLED),
    ImportanceHead=({}, POOLED),
    LinearClsHead=({}, POOLED),
    MultiTaskFERHead=(dict(task_heads=dict(
        expr=dict(type='LinearClsHead'),
        au=dict(type='AUHead', au_set='disfa'))), POOLED),
    UncertaintyMixingHead=(dict(feat_size=4), MAP))
OF_MMFER = [name for name in HEADS if hasattr(heads, name)]
# They estimate a confidence themselves.
CONFIDENT = ('ImportanceHead', 'UncertaintyMixingHead')
WRAPPED = [name for name in HEADS if name not in CONFIDENT]


def _config(name):
    return dict(type=name, num_classes=C, in_channels=D, **HEADS[name][0])


def _build(config, seed=0):
    torch.manual_seed(seed)
    head = MODELS.build(config)
    if not isinstance(head, BaseFERHead):
        head = heads.build_expression_head(config)
    # Not the start, where fresh weights are equal or zero.
    for weight in head.parameters():
        torch.nn.init.normal_(weight, std=.3)
    return head


def _around(name, **options):
    return dict(type='ImportanceHead', num_classes=C, in_channels=D,
                feat_index=0, head=_config(name), **options)


def _feats(name, head):
    torch.manual_seed(1)
    feats = tuple(torch.randn(N, *shape) for shape in HEADS[name][1])
    return feats, (feats, feats) if head.num_views == 2 else feats


def _samples():
    return [FERDataSample(metainfo=dict(sample_idx=i)).set_gt_label(i)
            for i in range(N)]


def _views_and_losses(head, name):
    _, feats = _feats(name, head)
    outputs = head.training_outputs(feats, _samples())
    return outputs, head.get_losses(outputs, _samples())


pytestmark = pytest.mark.filterwarnings('ignore:the neighbour bank')


def test_no_head_is_left_out():
    found = {
        name for name, kind in vars(heads).items()
        if inspect.isclass(kind) and issubclass(kind, BaseFERHead)
        and MODELS.get(name) is kind
    }
    assert found == set(OF_MMFER)


@pytest.mark.parametrize('name', HEADS)
def test_training_gives_logits_of_single_samples(name):
    """Label banks relabel by them; they are those of testing."""
    head = _build(_config(name)).eval()
    feats, views = _feats(name, head)
    outputs = head.training_outputs(views, _samples())
    testing = head.outputs(feats)
    torch.testing.assert_close(outputs['logits'], testing['logits'])
    assert ('confidence' in outputs) == ('confidence' in testing) == (
        name in CONFIDENT)
    scope = 'low' if name in CONFIDENT else 'all'
    found = MarginRelabeling(0., scope)(outputs, torch.zeros(N).long())
    if scope == 'all':
        assert torch.equal(found.labels, testing['logits'].argmax(1))


# Confidence around a head


@pytest.mark.parametrize('name', WRAPPED)
def test_confidence_scales_the_logits_of_a_head(name):
    head = _build(_around(name)).eval()
    feats, views = _feats(name, head)
    plain = head.head.outputs(feats)['logits']
    pooled = feats[0] if feats[0].ndim == 2 else feats[0].mean((2, 3))
    alpha = (pooled @ head.importance.weight.T + head.importance.bias
             ).sigmoid()
    assert ((alpha > 0) & (alpha < 1)).all()
    for outputs in (head.outputs(feats),
                    head.training_outputs(views, _samples())):
        torch.testing.assert_close(outputs['confidence'], alpha[:, 0])
        torch.testing.assert_close(outputs['logits'], alpha * plain)
    for i, sample in enumerate(head.predict(feats)):
        assert sample.pred_label == plain[i].argmax()
        torch.testing.assert_close(sample.pred_score,
                                   (alpha * plain)[i].softmax(0))
        torch.testing.assert_close(sample.pred_confidence, alpha[i, 0])


@pytest.mark.parametrize('name', WRAPPED)
def test_losses_of_a_head_see_scaled_logits(name):
    head = _build(_around(name)).train()
    outputs, losses = _views_and_losses(head, name)
    torch.testing.assert_close(
        losses['loss_rank'], head.rank(outputs['confidence']))
    logits = outputs['logits']
    if name == 'CosineHead':
        logits = logits / head.head.scale
    torch.testing.assert_close(
        losses['loss_cls'], cross_entropy(logits, torch.arange(N)))
    own = set(_views_and_losses(_build(_config(name)), name)[1])
    assert set(losses) == own | {'loss_rank'}
    losses['loss_cls'].backward()
    for weight in head.importance.parameters():
        assert weight.grad.any()


def test_the_loss_is_given_to_the_head():
    head = _build(_around(
        'LinearClsHead', loss=dict(type='BatchBalancedCrossEntropyLoss')))
    kind = type(head.loss_module).__name__
    assert kind == 'BatchBalancedCrossEntropyLoss'
    assert head.head.loss_module is head.loss_module


def test_confidence_that_judges_labels():
    head = _build(_around(
        'AttentionFusionHead', importance=dict(type='SimilarityConfidence')))
    feats, _ = _feats('AttentionFusionHead', head)
    outputs = head.training_outputs(feats, _samples())
    alpha = head.importance(feats[0], torch.arange(N))
    torch.testing.assert_close(outputs['confidence'], alpha[:, 0])
    head.eval()
    assert 'confidence' not in head.outputs(feats)
    assert torch.equal(head(feats), head.head(feats))


@pytest.mark.parametrize('name', CONFIDENT)
def test_bad_head_with_a_confidence_of_its_own(name):
    head = _build(_around(name))
    _, feats = _feats(name, head)
    with pytest.raises(ConfigError, match=f'{name} estimates a confidence.*'
                       'Hint: use it without'):
        head.training_outputs(feats, _samples())


@pytest.mark.parametrize('name', ['AUHead', 'ArcFaceClsHead'])
def test_bad_head_without_logits(name):
    inner = dict(type=name)
    if name == 'AUHead':
        inner['au_set'] = 'disfa'
    with pytest.raises(ConfigError, match=f'{name} cannot be the head'):
        MODELS.build(dict(type='ImportanceHead', num_classes=C,
                          in_channels=D, head=inner))


# Relabeling


CNN = dict(type='ResNet_CIFAR', depth=18, base_channels=1)
NECK = dict(type='GlobalAveragePooling')


def _classifier(head, correction, neck=NECK, **options):
    torch.manual_seed(0)
    model = FERClassifier(
        backbone=CNN, neck=neck, head=head, label_bank=dict(
            type='LabelBank', num_classes=C, correction=correction),
        **options)
    model.label_bank.initialise(range(N))
    return model


@pytest.mark.parametrize('name, options', [
    ('LinearClsHead', dict()),
    ('AttentionConsistencyHead', dict(neck=None, mirror_view=True)),
    ('AttentionFusionHead', dict(neck=dict(
        type='MultiHeadCrossAttention', in_channels=D, num_heads=2,
        reduction=2))),
])
def test_relabeling_by_the_confidence_around_a_head(name, options):
    """The least confident sample of three learns its new label."""
    head = _around(name, rank=dict(
        type='RankRegularizationLoss', ratio=.5))
    model = _classifier(
        head, dict(type='MarginRelabeling', margin=0., ratio=.5), **options)
    bank = model.eval().label_bank
    images = torch.randn(N, 3, 32, 32)
    losses = model(images, _samples(), mode='loss')
    sum(losses.values()).backward()
    assert all(p.grad is not None for p in model.parameters())
    samples = model(images, mode='predict')
    confidence = torch.stack([s.pred_confidence for s in samples])
    bank.commit()
    torch.testing.assert_close(bank.confidence, confidence)
    low = confidence.argsort()[:N // 2]
    labels = torch.arange(N)
    labels[low] = torch.cat([s.pred_label for s in samples])[low]
    assert torch.equal(bank.label, labels)


@pytest.mark.parametrize('rule, missing, hint', [
    (MarginRelabeling(), 'confidence', 'ImportanceHead'),
    (SimilarityRelabeling(low_ratio=1), 'posterior', 'TemplateHead'),
    (SimilarityRelabeling(also=['semantic_logits']), 'semantic_logits',
     'AUGraphHead'),
    (MarginRelabeling(scope='all'), 'logits', 'one output'),
])
def test_hints_name_what_gives_the_missing_output(rule, missing, hint):
    outputs = {name: torch.rand(N, C) for name in rule.needed
               if name != missing}
    with pytest.raises(ConfigError, match=f'needs {missing} of each.*Hint: '
                       f'.*{hint}'):
        rule(outputs, torch.zeros(N).long())


@pytest.mark.parametrize('name', [
    name for name, kind in vars(heads).items()
    if inspect.isclass(kind) and issubclass(kind, BaseAuxiliaryHead)
    and MODELS.get(name) is kind])
def test_bad_bank_over_a_head_without_expressions(name):
    options = dict(
        AUHead=dict(au_set='disfa'), AUGraphHead=dict(au_set='disfa'),
        TemplateHead=dict(templates=dict(type='TemplateBank', in_channels=D))
    ).get(name, {})
    head = dict(type=name, in_channels=D, num_classes=C, **options)
    with pytest.raises(ConfigError, match=f'{name} gives no logits.*Hint: '
                       '.*MultiTaskFERHead'):
        _classifier(head, dict(type='MarginRelabeling'))


class TwoOutputs(LinearClsHead):
    """A head of another project that gives the feature too."""

    def forward(self, feats):
        return super().forward(feats), feats[-1]

    def loss(self, feats, data_samples, **kwargs):
        return self._get_loss(self(feats)[0], data_samples, **kwargs)


def test_bad_bank_over_a_foreign_head_with_several_outputs():
    model = _classifier(TwoOutputs(C, D), dict(
        type='MarginRelabeling', scope='all'))
    with pytest.raises(ConfigError, match='needs logits.*Hint: .*one output'):
        model(torch.randn(N, 3, 32, 32), _samples(), mode='loss')
