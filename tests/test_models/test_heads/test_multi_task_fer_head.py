# Copyright (c) mmfer contributors.
import copy
import math
import pickle

import pytest
import torch
from torch.nn.functional import cross_entropy

from mmfer.errors import ConfigError
from mmfer.models import FERClassifier, MultiTaskFERHead
from mmfer.models.heads import AUGraphHead, AUHead, VAHead
from mmfer.models.losses import ActionUnitLoss, CCCLoss
from mmfer.registry import MODELS
from mmfer.structures import FERDataSample, SampleBatch
from ...sync_guard import ForbidWaits

NAN, N = float('nan'), 10
AU = dict(type='AUHead', au_set='disfa')
GRAPH = dict(type='AUGraphHead', au_set='disfa', graph=dict(
    node_channels=4, hidden_channels=5))
TASKS = dict(
    expr=dict(type='ImportanceHead', rank=dict(
        type='RankRegularizationLoss', margin=1.)), au=GRAPH,
    va=dict(type='VAHead', hidden_channels=6))


def _head(seed=0, tasks=TASKS, **kwargs):
    torch.manual_seed(seed)
    return MODELS.build(
        dict(type='MultiTaskFERHead', num_classes=7, in_channels=8,
             task_heads=tasks, **kwargs))


def _samples(label=True, au=True, va=True, number=N):
    generator = torch.Generator().manual_seed(1)
    samples = []
    for i in range(number):
        sample = FERDataSample(metainfo=dict(sample_idx=i))
        if label:
            sample.set_gt_label(i % 7)
        if au:
            sample.set_gt_au((torch.rand(12, generator=generator) < .5) * 1.)
        if va:
            sample.set_gt_va(torch.rand(2, generator=generator) * 2 - 1)
        samples.append(sample)
    return samples


def _feats(seed=3, number=N):
    return (torch.randn(number, 8,
                        generator=torch.Generator().manual_seed(seed)), )


def test_outputs_are_one_flat_dict():
    outputs = _head().outputs(_feats())
    assert {k: tuple(v.shape) for k, v in outputs.items()} == dict(
        logits=(N, 7), confidence=(N, ), au_logits=(N, 12),
        semantic_feature=(N, 512), semantic_logits=(N, 7), va=(N, 2))


def test_losses_are_those_of_the_tasks_times_their_weights():
    head = _head(task_weights=dict(au=.5, va=.25)).eval()
    head.set_ramp('va', .1)
    samples, feats = _samples(), _feats()
    outputs = head.outputs(feats)
    labels = torch.tensor([i % 7 for i in range(N)])
    au = torch.stack([s.gt_au for s in samples])
    va = torch.stack([s.gt_va for s in samples])
    want = dict(
        loss_cls=cross_entropy(outputs['logits'], labels),
        loss_rank=head.expr.rank(outputs['confidence']),
        loss_au=.5 * ActionUnitLoss()(outputs['au_logits'], au),
        loss_semantic=.5 * cross_entropy(outputs['semantic_logits'], labels),
        loss_va=.025 * CCCLoss()(outputs['va'], va))
    torch.testing.assert_close(head.loss(feats, samples), want)


def test_learnt_weights():
    """Their values by hand, and the place where they settle."""
    head = _head(learn_weights=True).eval()
    samples, feats = _samples(), _feats()
    plain = head.loss(feats, samples)
    assert plain['loss_task_weights'] == 0
    with torch.no_grad():
        head.log_variances.copy_(torch.tensor([.3, -.5, 1.]))
    losses = head.loss(feats, samples)
    factors = dict(loss_cls=.3, loss_rank=.3, loss_au=-.5,
                   loss_semantic=-.5, loss_va=1.)
    for name, s in factors.items():
        torch.testing.assert_close(losses[name], math.exp(-s) * plain[name])
    assert losses['loss_task_weights'].item() == pytest.approx(.4)
    assert losses['task_weight_va'].item() == pytest.approx(math.exp(-1))
    # d/ds (exp(-s) L + s / 2) = 0 at s = log 2 L.
    with torch.no_grad():
        head.log_variances[2] = (2 * plain['loss_va']).log()
    losses = head.loss(feats, samples)
    sum(v for k, v in losses.items() if 'loss' in k).backward()
    assert head.log_variances.grad[2].item() == pytest.approx(0, abs=1e-6)
    assert head.log_variances.grad[0] != 0


def test_tasks_without_labels_leave_their_learnt_weight_alone():
    head = _head(learn_weights=True)
    losses = head.loss(_feats(), _samples(va=False))
    sum(v for k, v in losses.items() if 'loss' in k).backward()
    grad = head.log_variances.grad
    assert grad[2] == 0 and grad[0] != 0 and grad[1] != 0


@pytest.mark.parametrize('learn', [False, True])
@pytest.mark.parametrize('missing', ['au', 'va', 'label', 'all'])
def test_every_parameter_has_a_gradient_whatever_is_unknown(missing, learn):
    head = _head(learn_weights=learn)
    known = {k: k != missing and missing != 'all'
             for k in ('label', 'au', 'va')}
    losses = head.loss(_feats(), _samples(**known))
    zero = dict(au=['loss_au'], va=['loss_va'],
                label=['loss_cls', 'loss_rank', 'loss_semantic'])
    zero['all'] = sum(zero.values(), [])
    for name, value in losses.items():
        if name.startswith('loss_') and name != 'loss_task_weights':
            assert (value.item() == 0) == (name in zero[missing]), name
    sum(v for k, v in losses.items() if 'loss' in k).backward()
    for name, weight in head.named_parameters():
        assert weight.grad is not None, name


@pytest.mark.parametrize('form', ['image', 'classifier'])
@pytest.mark.parametrize('label', [True, False])
def test_a_step_does_not_wait(label, form):
    head = _head(learn_weights=True, tasks=dict(
        TASKS, au=dict(GRAPH, form=form, adjacency='learned')))
    batch, feats = SampleBatch.of(_samples(label=label)), _feats()
    with ForbidWaits():
        losses = head.loss(feats, batch)
        sum(v for k, v in losses.items() if 'loss' in k).backward()
    assert head.task_heads['va'].fc.weight.grad.any()


def test_a_batch_without_labels_stays_without():
    samples = _samples(label=False)
    batch = SampleBatch.of(samples)
    _head().loss(_feats(), batch)
    assert 'gt_label' not in batch.targets and 'gt_label' not in samples[0]


def test_partly_known_labels():
    """Unknown action units do not move the loss of the others."""
    head = _head().eval()
    samples = _samples()
    for sample in samples[5:]:
        del sample.gt_au
    samples[0].gt_au[3] = NAN
    logits = head.outputs(_feats())['au_logits']
    au = torch.full((N, 12), NAN)
    au[:5] = torch.stack([s.gt_au for s in samples[:5]])
    torch.testing.assert_close(
        head.loss(_feats(), samples)['loss_au'], ActionUnitLoss()(logits, au))


def test_confidence_of_a_detector_weighs_the_labels():
    head = _head().eval()
    batch = SampleBatch.of(_samples())
    confidence = torch.linspace(0, 1, N)
    confidence[4] = NAN  # labelled by people
    batch.update_targets(dict(au_confidence=confidence,
                              va_confidence=confidence))
    losses = head.loss(_feats(), batch)
    weights = confidence.nan_to_num(1.)
    outputs = head.outputs(_feats())
    torch.testing.assert_close(losses['loss_au'], ActionUnitLoss()(
        outputs['au_logits'], batch.targets['gt_au'], weights))
    torch.testing.assert_close(losses['loss_va'], CCCLoss()(
        outputs['va'], batch.targets['gt_va'], weights))


@pytest.mark.parametrize('flat', [True, False])
def test_predictions(flat):
    head = _head().eval()
    feats = _feats()
    samples = head.predict(feats, None if flat else _samples())
    outputs = head.outputs(feats)
    assert torch.equal(head(feats), outputs['logits'])
    for i, sample in enumerate(samples):
        torch.testing.assert_close(sample.pred_score,
                                   outputs['logits'][i].softmax(0))
        assert sample.pred_label == outputs['logits'][i].argmax()
        torch.testing.assert_close(sample.pred_au,
                                   outputs['au_logits'][i].sigmoid())
        torch.testing.assert_close(sample.pred_va, outputs['va'][i])
        assert sample.pred_confidence == outputs['confidence'][i]


def test_head_of_mmpretrain():
    head = _head(tasks=dict(va=dict(type='VAHead'), au=AU,
                            expr=dict(type='LinearClsHead')))
    assert head.tasks[0] == 'expr'
    head.init_weights()
    assert head.expr.head.fc.weight.std() < .02  # its own initialization
    losses = head.loss(_feats(), _samples())
    torch.testing.assert_close(losses['loss_cls'], cross_entropy(
        head(_feats()), torch.arange(N) % 7))
    assert set(losses) == {'loss_cls', 'loss_au', 'loss_va'}
    assert 'pred_confidence' not in head.predict(_feats())[0]


def test_checkpoints_without_an_adapter_are_read():
    tasks = dict(expr=dict(type='LinearClsHead'), au=AU)
    head, other = _head(tasks=tasks), _head(seed=1, tasks=tasks)
    state = {key.replace('expr.head.', 'expr.'): value
             for key, value in head.state_dict().items()}
    assert 'task_heads.expr.fc.weight' in state
    other.load_state_dict(state)  # strict
    assert torch.equal(other(_feats()), head(_feats()))
    other.load_state_dict(head.state_dict())


def test_names_that_two_tasks_share():
    class Second(AUHead):

        def outputs(self, feats):
            return dict(second=super().outputs(feats)['au_logits'])

        def get_losses(self, outputs, data_samples):
            return super().get_losses(
                dict(au_logits=outputs['second']), data_samples)

    head = _head(tasks=dict(expr=dict(type='LinearClsHead'), au=AU))
    head.tasks.append('more')
    head.task_weights['more'] = 2.
    head.ramps = torch.ones(3)
    head.task_heads['more'] = Second(au_set='disfa', in_channels=8)
    head.task_heads['more'].load_state_dict(head.task_heads['au'].state_dict())
    losses = head.loss(_feats(), _samples())
    torch.testing.assert_close(losses['more_loss_au'], 2 * losses['loss_au'])


@pytest.mark.parametrize('expr, shape, extra', [
    (dict(type='AttentionConsistencyHead'), (8, 4, 4), {}),
    (dict(type='UncertaintyMixingHead', feat_size=4), (8, 4, 4), {}),
    (dict(type='AttentionFusionHead'), (8, ), dict(feat_index=0)),
])
def test_over_the_heads_of_other_methods(expr, shape, extra):
    head = _head(tasks=dict(expr=expr, au=dict(GRAPH, **extra),
                            va=dict(type='VAHead', **extra)))
    feats = (torch.randn(N, *shape), )
    if extra:
        feats = (*feats, torch.randn(N, 3, 8))
    views = (feats, feats) if head.num_views == 2 else feats
    losses = head.loss(views, _samples())
    assert {'loss_au', 'loss_semantic', 'loss_va'} < set(losses)
    sum(losses.values()).backward()
    for name, weight in head.named_parameters():
        assert weight.grad is not None, name
    assert head.eval()(feats).shape == (N, 7)
    assert head.predict(feats)[0].pred_au.shape == (12, )


@pytest.mark.parametrize('clone', [
    copy.deepcopy, lambda head: pickle.loads(pickle.dumps(head))])
def test_copies_compute_the_same(clone):
    head = _head(learn_weights=True)
    head.set_ramp('au', .3)
    again = clone(head)
    torch.testing.assert_close(again.loss(_feats(), _samples()),
                               head.loss(_feats(), _samples()))
    with torch.no_grad():
        again.expr.fc.weight.zero_()
    assert head.expr.fc.weight.any()


def test_in_a_classifier_with_a_label_bank():
    model = FERClassifier(
        backbone=dict(type='ResNet_CIFAR', depth=18, base_channels=1),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='MultiTaskFERHead', num_classes=7, in_channels=8,
                  task_heads=TASKS),
        label_bank=dict(type='LabelBank', num_classes=7))
    model.label_bank.initialise([3] * N)
    losses = model(torch.randn(N, 3, 8, 8), _samples(), mode='loss')
    assert 'loss_va' in losses
    logits = model.eval()(torch.randn(2, 3, 8, 8))
    assert logits.shape == (2, 7)


def test_face_and_mirror_are_averaged_in_all_tasks():
    model = FERClassifier(
        flip_test=True,
        backbone=dict(type='ResNet_CIFAR', depth=18, base_channels=1),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='MultiTaskFERHead', num_classes=7, in_channels=8,
                  task_heads=TASKS)).eval()
    faces = torch.randn(2, 3, 8, 8)
    both = model(faces, mode='predict')
    model.flip_test = False
    sides = [model(x, mode='predict') for x in (faces, faces.flip(-1))]
    for name in ('pred_score', 'pred_confidence', 'pred_au', 'pred_va'):
        first, second = (side[1].get(name) for side in sides)
        assert not torch.equal(first, second)
        torch.testing.assert_close(both[1].get(name), (first + second) / 2)


@pytest.mark.parametrize('make, error, message', [
    (lambda: _head(tasks=dict(au=AU)), ValueError, 'needs a head .* expr'),
    (lambda: _head(tasks=dict(expr=AU)), ConfigError, 'AUHead cannot be'),
    (lambda: _head(tasks=dict(expr=TASKS['expr'], au=TASKS['expr'])),
     TypeError, "ImportanceHead cannot be the head of the task 'au'"),
    (lambda: _head(tasks=dict(expr=dict(type='ArcFaceClsHead'))),
     ConfigError, 'ArcFaceClsHead cannot.*Hint: .*LinearClsHead'),
    (lambda: _head(task_weights=dict(pose=1)), ValueError, "'pose': 1"),
    (lambda: _head(task_weights=dict(au=-1)), ValueError, "'au': -1"),
    (lambda: _head().set_ramp('pose', 1), KeyError, 'no task'),
    (lambda: _head(tasks=dict(TASKS, second=GRAPH)).outputs(_feats()),
     ValueError, "'second' gives .*au_logits"),
    (lambda: AUGraphHead(au_set='disfa', in_channels=8), ValueError,
     'num_classes'),
    (lambda: AUGraphHead(au_set='disfa', in_channels=8, num_classes=7,
                         form='tree'), ValueError, "got 'tree'"),
    (lambda: AUHead(au_set=[1, 99], in_channels=8), KeyError, '99'),
    (lambda: _head().loss(_feats(), [
        FERDataSample().set_gt_label(0).set_gt_au([0., 1.])
        for _ in range(N)]), ValueError, 'same au_set'),
    (lambda: VAHead(in_channels=8).outputs((torch.zeros(2, 3, 8), )),
     ValueError, 'feat_index'),
])
def test_bad_settings(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_registered():
    assert MODELS.get('MultiTaskFERHead') is MultiTaskFERHead
