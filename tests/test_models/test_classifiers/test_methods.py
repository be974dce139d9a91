# Copyright (c) mmfer contributors.
"""Every method is a composition: parts, a training step, other backbones."""
import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.models.layers import draw_partners
from mmfer.structures import FERDataSample, SampleBatch

CNN = dict(type='ResNet_CIFAR', depth=18, base_channels=8, out_indices=(3, ))
CONVNEXT = dict(
    type='ConvNeXt',
    arch=dict(depths=[1, 1, 1, 1], channels=[8, 16, 32, 64]),
    gap_before_final_norm=False)
CBAM = dict(type='CBAMResNet', stem_channels=8, base_channels=8)

# Name -> neck, head (64 channels of 4 x 4 or 1 x 1), classifier options.
METHODS = dict(
    scn=(dict(type='GlobalAveragePooling'),
         dict(type='ImportanceHead', num_classes=7, in_channels=64), {}),
    rul=(None,
         dict(
             type='UncertaintyMixingHead',
             num_classes=7,
             in_channels=64,
             embed_dims=16), {}),
    eac=(None,
         dict(type='AttentionConsistencyHead', num_classes=7,
              in_channels=64), dict(mirror_view=True)),
    dan=(dict(type='MultiHeadCrossAttention', in_channels=64),
         dict(type='AttentionFusionHead', num_classes=7, in_channels=64), {}),
    fan2022=(None,
             dict(
                 type='UncertaintyMixingHead',
                 num_classes=7,
                 in_channels=64,
                 embed_dims=16,
                 different_class_only=True,
                 loss=dict(type='AddUpLoss',
                           class_counts=[4, 9, 2, 8, 1, 5, 7])), {}))
# A confidence around the heads of others.
for _name, _head, _index in (
        ('dan', METHODS['dan'][1], 0), ('eac', METHODS['eac'][1], -1),
        ('linear', dict(type='LinearClsHead'), -1)):
    _neck, _, _kwargs = METHODS['scn' if _name == 'linear' else _name]
    METHODS[f'confident_{_name}'] = (_neck, dict(
        type='ImportanceHead', num_classes=7, in_channels=64, head=_head,
        feat_index=_index), _kwargs)
LOSSES = dict(
    scn={'loss_cls', 'loss_rank'},
    rul={'loss_mix'},
    eac={'loss_cls', 'loss_consistency'},
    dan={'loss_cls', 'loss_affinity', 'loss_partition'},
    fan2022={'loss_mix'},
    confident_dan={'loss_cls', 'loss_rank', 'loss_affinity',
                   'loss_partition'},
    confident_eac={'loss_cls', 'loss_rank', 'loss_consistency'},
    confident_linear={'loss_cls', 'loss_rank'})
CONFIDENT = [name for name in METHODS if name not in ('eac', 'dan')]


def _build(name, backbone=CNN, **options):
    neck, head, kwargs = METHODS[name]
    head = dict(head)
    if head['type'] == 'UncertaintyMixingHead':
        head['feat_size'] = 4 if backbone is CNN else 1
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='FERClassifier',
            backbone=backbone,
            neck=neck,
            head=head,
            data_preprocessor=dict(type='FERDataPreprocessor'),
            **kwargs,
            **options))


def _samples(number):
    return [FERDataSample().set_gt_label(i % 7) for i in range(number)]


@pytest.mark.parametrize('name', METHODS)
def test_the_three_modes(name):
    model, images = _build(name).eval(), torch.randn(6, 3, 32, 32)
    logits = model(images)
    assert logits.shape == (6, 7)
    samples = model(images, mode='predict')
    for sample, row in zip(samples, logits.softmax(1)):
        torch.testing.assert_close(sample.pred_score, row)
        assert sample.pred_label.tolist() == [row.argmax()]
        has = name in CONFIDENT
        assert ('pred_confidence' in sample) == has
        if has:
            assert sample.pred_confidence.shape == ()
            assert 0 < sample.pred_confidence < 1
    losses = model(images, _samples(6), mode='loss')
    assert set(losses) == LOSSES[name]
    assert all(loss.shape == () for loss in losses.values())


@pytest.mark.parametrize('name', METHODS)
@pytest.mark.parametrize('backbone', [CNN, CONVNEXT, CBAM],
                         ids=['cifar', 'convnext', 'cbam'])
def test_trains_with_any_backbone(name, backbone):
    """Three steps on one batch change every parameter."""
    model = _build(name, backbone)
    model.init_weights()
    optim = build_optim_wrapper(
        model, dict(optimizer=dict(type='Adam', lr=3e-3)))
    before = {k: p.detach().clone() for k, p in model.named_parameters()}
    data = dict(
        inputs=torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8),
        data_samples=_samples(8))
    logs = [model.train_step(data, optim) for _ in range(3)]
    assert all(torch.isfinite(log['loss']) for log in logs)
    still = [
        key for key, parameter in model.named_parameters()
        if torch.equal(before[key], parameter)
    ]
    assert not still


@pytest.mark.parametrize('name', METHODS)
def test_losses_stay_in_float32_under_autocast(name):
    model, images = _build(name), torch.randn(6, 3, 32, 32)
    with torch.autocast('cpu', torch.bfloat16):
        losses = model(images, _samples(6), mode='loss')
    for loss in losses.values():
        assert loss.dtype == torch.float32 and torch.isfinite(loss)


class Stacked(SampleBatch):
    """A batch of stacked targets whose samples cannot be walked through."""

    @property
    def samples(self):
        raise AssertionError('a loop over the samples')


@pytest.mark.parametrize('name', METHODS)
def test_no_loop_over_stacked_samples(name):
    model, images = _build(name).eval(), torch.randn(6, 3, 32, 32)
    plain = _samples(6)
    stacked = Stacked(SampleBatch.of(_samples(6)).targets, {})
    losses = []
    for samples in (plain, stacked):
        torch.manual_seed(3)
        losses.append(model(images, samples, mode='loss'))
    for key in losses[0]:
        torch.testing.assert_close(losses[0][key], losses[1][key])


@pytest.mark.parametrize('name', METHODS)
def test_a_label_bank_learns_from_the_head(name):
    """Losses stay what they are; confidence and proposals reach the bank."""
    images, samples = torch.randn(6, 3, 32, 32), _samples(6)
    for index, sample in enumerate(samples):
        sample.set_field(index, 'sample_idx', field_type='metainfo')
    correction = dict(type='MarginRelabeling', margin=0., scope='all')
    model, plain = _build(
        name,
        label_bank=dict(type='LabelBank', num_classes=7,
                        correction=correction),
    ).eval(), _build(name).eval()
    bank = model.label_bank
    bank.initialise(range(6))
    losses = []
    for each in (model, plain):
        torch.manual_seed(3)
        losses.append(each(images, samples, mode='loss'))
    for key, value in losses[1].items():
        torch.testing.assert_close(losses[0][key], value)
    changes = bank.commit()
    confidence = torch.stack([
        s.get('pred_confidence', torch.tensor(torch.nan))
        for s in plain(images, mode='predict')])
    torch.testing.assert_close(bank.confidence, confidence, equal_nan=True)
    expected = plain(images).argmax(1)
    assert torch.equal(bank.label, expected)
    assert len(changes.index) == (expected != torch.arange(6)).sum()


def test_an_empty_label_bank_says_so():
    model = _build('scn', label_bank=dict(type='LabelBank', num_classes=7))
    images = torch.randn(2, 3, 32, 32)
    with pytest.warns(UserWarning, match='does not know the training set'):
        losses = model(images, _samples(2), mode='loss')
    assert set(losses) == LOSSES['scn']


def test_importance_scales_logits_with_their_bias():
    head = _build('scn').head
    feats = torch.randn(5, 64)
    weight, bias = head.importance.weight, head.importance.bias
    alpha = torch.sigmoid(feats @ weight.T + bias)
    logits = head((feats, ))
    torch.testing.assert_close(logits, alpha * head.fc(feats))
    assert torch.equal(logits.argmax(1), head.fc(feats).argmax(1))


def mixing_loss(head, x, samples, partners):
    outputs = head.training_outputs((x, ), samples, partners)
    return head.get_losses(outputs, samples)['loss_mix']


def test_mixing_loss_by_hand():
    model = _build('rul')
    head, samples = model.head.eval(), _samples(5)
    x, labels = torch.randn(5, 64, 4, 4), torch.arange(5)
    partners = torch.tensor([1, 0, 2, 4, 3])
    value = mixing_loss(head, x, samples, partners)
    mu, var = head.feature(x), head.log_variance(x).exp().mean(1)
    total = 0
    for i, j in enumerate(partners.tolist()):
        part = var[i] / (var[i] + var[j])
        logits = head.fc(part * mu[i] + (1 - part) * mu[j])
        scores = logits.log_softmax(0)
        total = total - (scores[labels[i]] + scores[labels[j]]) / 2
    torch.testing.assert_close(value, total / 5)
    torch.manual_seed(4)
    drawn = head.loss((x, ), samples)['loss_mix']
    torch.manual_seed(4)
    again = mixing_loss(head, x, samples, draw_partners(labels))
    torch.testing.assert_close(drawn, again)


def test_mixing_is_for_training_only():
    """Logits do not look at the second branch; confidence does."""
    head, x = _build('rul').head.eval(), torch.randn(3, 64, 4, 4)
    logits = head((x, ))
    first = head.predict((x, ))
    torch.nn.init.constant_(head.log_variance.norm.bias, 2.)
    assert torch.equal(head((x, )), logits)
    for old, new in zip(first, head.predict((x, ))):
        assert new.pred_confidence < old.pred_confidence


def test_consistency_does_not_move_the_classifier():
    model = _build('eac')
    losses = model(torch.randn(4, 3, 32, 32), _samples(4), mode='loss')
    losses['loss_consistency'].backward()
    assert model.head.fc.weight.grad is None
    assert model.backbone.conv1.weight.grad.abs().sum() > 0


def test_two_views_update_statistics_twice():
    model = _build('eac').train()
    model(torch.randn(4, 3, 32, 32), _samples(4), mode='loss')
    assert model.backbone.bn1.num_batches_tracked == 2


def test_mirror_and_given_views_agree():
    images = torch.randn(4, 3, 32, 32)
    mirror, given = _build('eac').eval(), _build('eac').eval()
    given.mirror_view = False
    pairs = torch.stack([images, images.flip(-1)], dim=1)
    first = mirror(images, _samples(4), mode='loss')
    second = given(pairs, _samples(4), mode='loss')
    for key in first:
        torch.testing.assert_close(first[key], second[key])
    torch.testing.assert_close(given(pairs), given(images))


def test_no_consistency_is_cross_entropy():
    model, images = _build('eac').eval(), torch.randn(4, 3, 32, 32)
    loss = model(images, _samples(4), mode='loss')['loss_cls']
    expected = torch.nn.functional.cross_entropy(
        model(images), torch.arange(4))
    torch.testing.assert_close(loss, expected)


def test_flip_test_averages_confidence():
    images = torch.randn(3, 3, 32, 32)
    one, two = _build('scn').eval(), _build('scn', flip_test=True).eval()
    plain = one(images, mode='predict')
    mirror = one(images.flip(-1), mode='predict')
    for a, b, c in zip(plain, mirror, two(images, mode='predict')):
        torch.testing.assert_close(
            c.pred_confidence, (a.pred_confidence + b.pred_confidence) / 2)


# Bad input


@pytest.mark.parametrize('name, views, message', [
    ('scn', 2, 'takes 1 view'),
    ('eac', 3, None),
], ids=['too_many', 'mirror_of_first'])
def test_bad_number_of_views(name, views, message):
    model, images = _build(name), torch.randn(2, views, 3, 32, 32)
    if message is None:  # the mirror of the first is the second
        assert model(images, _samples(2), mode='loss')
        model.mirror_view, message = False, 'takes 2 view'
    with pytest.raises(ValueError, match=message):
        model(images, _samples(2), mode='loss')


def test_bad_single_view():
    model = _build('eac')
    model.mirror_view = False
    with pytest.raises(ValueError, match='FaceViews'):
        model(torch.randn(2, 3, 32, 32), _samples(2), mode='loss')


@pytest.mark.parametrize('name', ['eac', 'dan', 'rul'])
def test_bad_pooled_backbone(name):
    backbone = dict(CONVNEXT, gap_before_final_norm=True)
    with pytest.raises(ValueError, match='feature map'):
        _build(name, backbone)(torch.randn(2, 3, 32, 32))


def test_bad_logits_of_a_headless_classifier():
    model = MODELS.build(dict(type='FERClassifier', backbone=CNN))
    with pytest.raises(ValueError, match='without head'):
        model(torch.randn(2, 3, 32, 32))


@pytest.mark.parametrize('name', ['ImportanceHead', 'UncertaintyMixingHead'])
def test_bad_number_of_classes(name):
    with pytest.raises(ValueError, match='num_classes'):
        MODELS.build(dict(type=name, num_classes=0, in_channels=8))


@pytest.mark.parametrize('config', [
    dict(num_heads=0), dict(reduction=1024)], ids=['heads', 'reduction'])
def test_bad_cross_attention(config):
    with pytest.raises(ValueError, match='must be positive'):
        MODELS.build(dict(type='MultiHeadCrossAttention', **config))
