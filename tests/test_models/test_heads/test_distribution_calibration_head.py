# Copyright (c) mmfer contributors.
import pytest
import torch
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.errors import ConfigError
from mmfer.models.layers import calibrate, upright_landmarks
from mmfer.models.losses import CCCLoss, PatchVisibilityLoss
from mmfer.structures import FERDataSample, SampleBatch
from ...sync_guard import ForbidWaits


def head_of(size=8, **options):
    """A head whose bank remembers all but sample 7."""
    torch.manual_seed(0)
    head = MODELS.build(dict(
        type='DistributionCalibrationHead', num_classes=5, in_channels=6,
        **options)).eval()
    if size:
        head.bank.initialise(size)
        if hasattr(head.trust, 'initialise'):
            head.trust.initialise(size)
        index = torch.arange(size)
        head.bank.set_neighbors(
            torch.stack([(index + k) % size for k in (1, 2, 3)], 1),
            torch.rand(size, 3), torch.zeros(32))
        head.bank.update(index[:-1], torch.randn(size - 1, 5).softmax(1),
                         torch.randn(size - 1, 6), torch.rand(size - 1))
    return head


def samples_of(index, labels):
    samples = []
    for i, label in zip(index, labels):
        sample = FERDataSample().set_gt_label(label)
        sample.set_field(i, 'sample_idx', field_type='metainfo')
        samples.append(sample)
    return samples


def feats_of(number=3):
    torch.manual_seed(1)
    gates = torch.rand(number, 4)
    return (gates / gates.sum(1, keepdim=True), gates, torch.rand(number),
            torch.rand(number, 4, 4),
            torch.randn(number, 6, requires_grad=True))


SAMPLES = samples_of([2, 5, 0], [1, 4, 0])


def test_losses_equal_a_loop():
    head, feats = head_of(centers=dict(type='WeightedCenterLoss')), feats_of()
    bank, z = head.bank, feats[-1]
    logits = head.fc(z)
    total, guidance = 0, 0
    for i, (index, label) in enumerate([(2, 1), (5, 4), (0, 0)]):
        w, r, p = [], [], []
        for k in range(3):
            j = (index + k + 1) % 8
            w.append(bank.weights[index, k] if j != 7 else torch.tensor(0.))
            pair = torch.cat([z[i], bank.features[j]])[None]
            r.append(head.relation.mlp(pair).squeeze().clamp(
                min=-1.3).sigmoid() * bank.evidence[j])
            p.append(bank.scores[j])
        joint = [a * b for a, b in zip(w, r)]
        shares = [x / sum(joint) for x in joint]
        mixed = sum(s * q for s, q in zip(shares, p))
        trust = 1 - (1 - torch.tensor(.5).sigmoid()) * sum(joint) / sum(w)
        d = trust * torch.eye(5)[label] + (1 - trust) * mixed
        log_f = logits[i].log_softmax(0)
        total = total - (d * log_f).sum() / 3
        for share, q in zip(shares, p):
            if share > 0:
                guidance = guidance + share * (
                    q * (q.log() - log_f)).sum() / 3
    losses = head.loss(feats, SAMPLES)
    assert set(losses) == {'loss_cls', 'loss_guidance', 'loss_region',
                           'loss_centers'}
    torch.testing.assert_close(losses['loss_cls'], total)
    torch.testing.assert_close(losses['loss_guidance'], .1 * guidance)


def test_trust_moves_in_the_batch_only():
    head, feats = head_of(), feats_of()
    outputs = head.training_outputs(feats, SAMPLES)
    theta = torch.full((3, ), .5, requires_grad=True)
    near = head.bank.neighbors(torch.tensor([2, 5, 0]))
    given = torch.eye(5)[[1, 4, 0]]
    relations = head.relation(feats[-1], near.features) * near.evidence
    wanted = calibrate(given, theta.sigmoid(), near.weights, relations,
                       near.scores).distribution
    loss = -(wanted * outputs['logits'].log_softmax(1)).sum() / 3
    grad, = torch.autograd.grad(loss, theta)
    head.get_losses(outputs, SAMPLES)
    moved = head.trust(torch.arange(8))
    expected = torch.full((8, ), .5)
    expected[[2, 5, 0]] -= 10 * grad
    torch.testing.assert_close(moved, expected)
    assert (moved[[2, 5, 0]] != .5).all()


def test_the_step_does_not_change_the_gradients():
    """Of the network; they are those of losses that only look."""
    head, feats = head_of(), feats_of()
    outputs = head.training_outputs(feats, SAMPLES)
    losses = head.get_losses(outputs, SAMPLES)
    sum(losses.values()).backward()
    moving = feats[-1].grad.clone()
    head, feats = head_of(), feats_of()
    outputs = head.training_outputs(feats, SAMPLES)
    outputs.pop('sample_idx')
    sum(head.get_losses(outputs, SAMPLES).values()).backward()
    torch.testing.assert_close(feats[-1].grad, moving)
    assert moving.abs().sum() > 0


def test_the_bank_remembers_the_batch():
    head, feats = head_of(), feats_of()
    head.loss(feats, samples_of([7, 2, 4], [1, 2, 3]))
    scores = head(feats).softmax(1)
    torch.testing.assert_close(head.bank.scores[7], scores[0])
    torch.testing.assert_close(head.bank.evidence[7], feats[1].mean(1)[0])
    assert head.bank.known[7] == 1 and not head.bank.scores.requires_grad


def test_an_occluded_neighbour_has_no_influence():
    losses = []
    for score in (0., 1.):
        head = head_of()
        head.bank.evidence[4] = 0
        head.bank.scores[4] = score
        losses.append(head.loss(feats_of(), SAMPLES))
    for name, value in losses[0].items():
        torch.testing.assert_close(value, losses[1][name], rtol=0, atol=0)


def test_cross_entropy_before_neighbours_count():
    wanted = torch.nn.functional.cross_entropy(
        head_of()(feats_of()), torch.tensor([1, 4, 0]))
    head = head_of()
    head.bank.active = False
    losses = head.loss(feats_of(), SAMPLES)
    torch.testing.assert_close(losses['loss_cls'], wanted)
    assert losses['loss_guidance'] == 0
    sum(losses.values()).backward()
    assert all(p.grad is not None for p in head.parameters())
    with pytest.warns(UserWarning, match='NeighborBankHook'):
        losses = head_of(size=0).loss(feats_of(), SAMPLES)
    torch.testing.assert_close(losses['loss_cls'], wanted)


def test_given_distributions():
    head = head_of(guidance=None, region=None)
    head.bank.active = False
    scores = torch.rand(3, 5).softmax(1)
    samples = [s.clone().set_gt_score(p) for s, p in zip(SAMPLES, scores)]
    wanted = -(scores * head(feats_of()).log_softmax(1)).sum(1).mean()
    losses = head.loss(feats_of(), samples)
    assert set(losses) == {'loss_cls'}
    torch.testing.assert_close(losses['loss_cls'], wanted)


def test_trust_from_the_feature():
    head, feats = head_of(trust='feature'), feats_of()
    outputs = head.training_outputs(feats, SAMPLES)
    sum(head.get_losses(outputs, SAMPLES).values()).backward()
    assert head.trust.weight.grad.abs().sum() > 0
    assert ((outputs['trust'] > 0) & (outputs['trust'] < 1)).all()


def test_auxiliary_heads_learn_from_the_feature():
    """The second reading of task guidance: related tasks are learnt."""
    head = head_of(guidance=None, auxiliary_heads=dict(
        au=dict(type='AUHead', au_set=[1, 12],
                loss=dict(type='ActionUnitLoss', loss_weight=.5)),
        va=dict(type='VAHead', loss=dict(
            type='CCCLoss', min_samples=2, loss_weight=.5)),
        landmarks=dict(type='LandmarkHead', num_landmarks=5,
                       loss=dict(type='LandmarkLoss', loss_weight=.5))))
    torch.manual_seed(2)
    au, va = torch.randint(2, (3, 2)).float(), torch.rand(3, 2)
    points = 40 * torch.rand(3, 5, 2)
    points[2, 4] = torch.nan
    samples = [
        s.clone().set_gt_au(a).set_gt_va(v).set_gt_landmarks(p)
        for s, a, v, p in zip(SAMPLES, au, va, points)]
    losses, z = head.loss(feats_of(), samples), (feats_of()[-1], )
    heads, functional = head.auxiliary_heads, torch.nn.functional
    torch.testing.assert_close(
        losses['loss_au'], .5 * functional.binary_cross_entropy_with_logits(
            heads['au'].outputs(z)['au_logits'], au))
    torch.testing.assert_close(
        losses['loss_va'],
        .5 * CCCLoss(min_samples=2)(heads['va'].outputs(z)['va'], va))
    error = heads['landmarks'].outputs(z)['shape'] - upright_landmarks(points)
    torch.testing.assert_close(losses['loss_landmarks'],
                               .5 * error.abs().nan_to_num(0).sum() / 30)
    sum(losses.values()).backward()
    assert all(p.grad.abs().sum() > 0 for p in heads.parameters())
    # Without labels of the tasks they cost nothing, and keep their gradients.
    losses = head.loss(feats_of(), SAMPLES)
    assert not any(losses[f'loss_{task}'] for task in heads)
    sum(losses.values()).backward()


def test_a_head_of_another_kind():
    head = head_of(auxiliary_heads=dict(
        other=dict(type='LinearClsHead', num_classes=5, in_channels=6)))
    losses = head.loss(feats_of(), SAMPLES)
    logits = head.auxiliary_heads['other']((feats_of()[-1], ))
    torch.testing.assert_close(
        losses['loss'], torch.nn.functional.cross_entropy(
            logits, torch.tensor([1, 4, 0])))


def test_the_ancestor_knows_no_evidence_and_no_way_back():
    head, feats = head_of(weigh_evidence=False, fall_back=False), feats_of()
    bank, z = head.bank, feats[-1]
    got = head.training_outputs(feats, SAMPLES)
    for i, (index, label) in enumerate([(2, 1), (5, 4), (0, 0)]):
        near = [(index + k + 1) % 8 for k in range(3)]
        joint = torch.stack([
            bank.weights[index, k] * (j != 7) * head.relation.mlp(
                torch.cat([z[i], bank.features[j]])[None]).squeeze().clamp(
                    min=-1.3).sigmoid() for k, j in enumerate(near)])
        mixed = (joint / joint.sum()) @ bank.scores[near]
        trust = torch.tensor(.5).sigmoid()
        torch.testing.assert_close(
            got['distribution'][i],
            trust * torch.eye(5)[label] + (1 - trust) * mixed)


def test_erased_patches():
    """What a batch augment erased reaches the loss."""
    head = head_of(visibility=dict(type='PatchVisibilityLoss'))
    feats = feats_of()
    window = torch.tensor([[0., 0., .5, 1.]] * 3)
    batch = SampleBatch.of(SAMPLES).with_targets({}, dict(
        erase_window=window))
    found = head.loss(feats, batch)['loss_visibility']
    loss = PatchVisibilityLoss()
    number = feats[0].size(1)
    torch.testing.assert_close(
        found, loss(feats[1], feats[3], window) +
        loss(number * feats[0], feats[3], window))


def test_bad_visibility_that_would_never_act():
    head = head_of(visibility=dict(type='PatchVisibilityLoss'))
    with pytest.raises(ConfigError, match='record.*BatchErasing'):
        head.loss(feats_of(), SAMPLES)
    with pytest.raises(ConfigError, match='PatchAttention'):
        head.loss(feats_of()[-1:], SAMPLES)


def test_a_plain_neck():
    head, z = head_of(), feats_of()[-1]
    assert 'loss_region' not in head.loss((z, ), SAMPLES)
    assert head.bank.evidence[2] != 1  # a mean with what was before
    head.loss((z, ), samples_of([7, 1, 3], [0, 0, 0]))
    assert head.bank.evidence[7] == 1
    assert 'pred_patch_weights' not in head.predict((z, ))[0]


def test_predictions_carry_the_patches():
    head, feats = head_of(), feats_of()
    samples = head.predict(feats)
    for i, sample in enumerate(samples):
        torch.testing.assert_close(sample.pred_patch_weights, feats[0][i])
        torch.testing.assert_close(sample.pred_patch_boxes, feats[3][i])
        torch.testing.assert_close(sample.pred_confidence, feats[1][i].mean())


def test_no_step_waits():
    head, feats = head_of(), feats_of()
    with ForbidWaits():
        sum(head.loss(feats, SAMPLES).values()).backward()
    assert head.fc.weight.grad.any()


def test_bad_trust():
    with pytest.raises(ValueError, match='trust must be one of'):
        head_of(trust='class')


def test_bad_samples_without_index():
    with pytest.raises(KeyError, match='sample_idx'):
        head_of().loss(feats_of(), [
            FERDataSample().set_gt_label(0) for _ in range(3)])
