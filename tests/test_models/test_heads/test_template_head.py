# Copyright (c) mmfer contributors.
import pytest
import torch

from mmfer.models.losses import TemplateSimilarityLoss
from mmfer.registry import MODELS
from mmfer.structures import FERDataSample

N, CLASSES = 12, 4
AU = dict(type='AUGraphHead', au_set='disfa', graph=dict(
    node_channels=4, hidden_channels=5, semantic_channels=6))
TEMPLATE = dict(
    type='TemplateHead', templates=dict(type='TemplateBank', in_channels=6),
    similarity=dict(type='TemplateSimilarityLoss'))


def _head(**tasks):
    torch.manual_seed(0)
    return MODELS.build(
        dict(type='MultiTaskFERHead', num_classes=CLASSES, in_channels=8,
             task_heads=dict(expr=dict(type='ImportanceHead'), **tasks)))


def _bank(head):
    return head.task_heads['template'].templates


def _feats():
    return (torch.randn(N, 8, generator=torch.Generator().manual_seed(1)), )


def _samples(label=True):
    samples = [FERDataSample() for _ in range(N)]
    for i, sample in enumerate(samples):
        if label:
            sample.set_gt_label(i % CLASSES)
    return samples


def _fill(bank):
    """Templates as after some epochs."""
    with torch.no_grad():
        bank.templates.normal_()
        bank.center.normal_()
        bank.means_updates.fill_(3)
        bank.templates_updates.fill_(2)


def test_a_step_notes_the_batch_and_compares_it():
    head = _head(au=AU, template=TEMPLATE)
    bank = _bank(head)
    _fill(bank)
    outputs = head.training_outputs(_feats(), _samples())
    torch.testing.assert_close(
        outputs['posterior'], bank.posterior(outputs['semantic_feature']))
    assert bank.counts.sum() == N and bank.counts[-1] == 0
    sums = torch.zeros(CLASSES + 1, 6)
    for i, feature in enumerate(outputs['semantic_feature'].detach()):
        sums[i % CLASSES] += feature
    torch.testing.assert_close(bank.features, sums)
    head.get_losses(outputs, _samples())
    assert bank.counts.sum() == N


def test_similarity_loss():
    head = _head(au=AU, template=TEMPLATE)
    bank = _bank(head)
    _fill(bank)
    feats = _feats()
    outputs = head.training_outputs(feats, _samples())
    loss = head.get_losses(outputs, _samples())['loss_similarity']
    project = head.task_heads['template'].projection
    want = TemplateSimilarityLoss()(
        project(feats[0]), torch.arange(N) % CLASSES, bank.templates,
        outputs['confidence'])
    torch.testing.assert_close(loss, want)
    loss.backward()
    assert project.weight.grad.abs().sum() > 0


def test_batch_without_labels_counts_nowhere():
    head = _head(au=AU, template=TEMPLATE)
    _fill(_bank(head))
    losses = head.loss(_feats(), _samples(label=False))
    assert losses['loss_similarity'] == 0
    losses['loss_similarity'].backward()
    assert head.task_heads['template'].projection.weight.grad is not None
    assert _bank(head).counts[-1] == N


def test_testing_computes_nothing_of_it():
    head = _head(au=AU, template=TEMPLATE).eval()
    assert not {'posterior', 'projected'} & set(head.outputs(_feats()))
    head.predict(_feats())
    assert _bank(head).counts.sum() == 0


def test_without_similarity_loss():
    head = _head(au=AU, template=dict(TEMPLATE, similarity=None))
    losses = head.loss(_feats(), _samples())
    assert not any('similarity' in name for name in losses)


def test_learnt_weights_with_a_task_without_losses():
    torch.manual_seed(0)
    head = MODELS.build(
        dict(type='MultiTaskFERHead', num_classes=CLASSES, in_channels=8,
             learn_weights=True, task_heads=dict(
                 expr=dict(type='ImportanceHead'), au=AU,
                 template=dict(TEMPLATE, similarity=None))))
    sum(v for k, v in head.loss(_feats(), _samples()).items()
        if 'loss' in k).backward()
    assert head.log_variances.grad[0] != 0
    assert head.log_variances.grad[2] == 0


def test_bad_without_semantic_feature():
    head = _head(template=TEMPLATE)
    with pytest.raises(ValueError, match='semantic_feature of another task'):
        head.loss(_feats(), _samples())


def test_bad_length():
    head = _head(au=dict(AU, form='classifier', graph=None),
                 template=TEMPLATE)
    with pytest.raises(ValueError, match='templates.in_channels .* to 12'):
        head.loss(_feats(), _samples())
