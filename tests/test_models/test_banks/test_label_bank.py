# Copyright (c) mmfer contributors.
import copy

import numpy as np
import pytest
import torch

from mmfer.models.banks import LabelBank, sample_indices
from mmfer.registry import MODELS
from mmfer.structures import FERDataSample, SampleBatch

GIVEN = [0, 1, 2, 3, 4, 0, 1, 2]


def bank_of(given=GIVEN, **options):
    bank = LabelBank(num_classes=5, **options)
    bank.initialise(given)
    return bank


def stage(bank, index, labels, margin=None, mask=None):
    number = len(index)
    margin = [.5] * number if margin is None else margin
    bank.stage(
        torch.tensor(index), torch.tensor(labels), torch.full((number, ), .8),
        torch.tensor(margin), None if mask is None else torch.tensor(mask))


def believed(bank):
    return bank.labels(torch.arange(bank.size)).tolist()


def test_staged_labels_count_from_the_commit():
    bank = bank_of()
    stage(bank, [1, 6, 3], [4, 4, 3], [.1, .2, .3])
    assert believed(bank) == GIVEN
    changes = bank.commit()
    assert believed(bank) == [0, 4, 2, 3, 4, 0, 4, 2]
    assert bank.given_labels(torch.arange(8)).tolist() == GIVEN
    assert changes.index.tolist() == [1, 6]  # sample 3 keeps its label
    assert changes.given.tolist() == changes.old.tolist() == [1, 1]
    assert changes.new.tolist() == [4, 4]
    assert changes.margin.tolist() == pytest.approx([.1, .2])
    assert changes.score.tolist() == pytest.approx([.8, .8])
    assert changes.dropped == 0
    assert not len(bank.commit().index)


def test_a_label_can_be_given_back():
    bank = bank_of()
    stage(bank, [2], [0])
    bank.commit()
    index = torch.tensor([2])
    stage(bank, [2], bank.given_labels(index).tolist())
    changes = bank.commit()
    assert (changes.given.item(), changes.old.item(),
            changes.new.item()) == (2, 0, 2)
    assert believed(bank) == GIVEN


def test_the_latest_proposal_counts():
    bank = bank_of()
    stage(bank, [2, 4, 2], [0, 0, 1])
    stage(bank, [4, 5], [3, 3], mask=[True, False])
    stage(bank, [4], [1], mask=[False])
    bank.commit()
    assert believed(bank) == [0, 1, 1, 3, 3, 0, 1, 2]


def test_immediate_effect():
    bank = bank_of(immediate=True)
    stage(bank, [2], [0])
    assert believed(bank)[2] == 0
    assert bank.label.tolist() == GIVEN  # the same on all ranks till commit
    stage(bank, [2], [2])
    assert believed(bank)[2] == 2
    stage(bank, [7], [1])
    assert bank.commit().index.tolist() == [7]
    assert believed(bank) == [*GIVEN[:7], 1]


@pytest.mark.parametrize('cap, kept', [
    (None, [0, 1, 2, 3]), (9, [0, 1, 2, 3]), (2, [1, 3]), (3, [1, 2, 3]),
    (0, []), (.25, [1, 3]), (1., [0, 1, 2, 3])
])
def test_cap_keeps_the_largest_margins(cap, kept):
    bank = bank_of(max_changes=cap)
    stage(bank, [0, 1, 2, 3], [4, 4, 4, 4], [float('nan'), .9, .2, .5])
    changes = bank.commit()
    assert changes.index.tolist() == kept
    assert changes.dropped == 4 - len(kept)
    assert [i for i in range(8) if believed(bank)[i] != GIVEN[i]] == kept


def test_cap_takes_the_first_of_equals():
    bank = bank_of(max_changes=2)
    stage(bank, [5, 3, 1, 0], [4, 4, 4, 4])
    assert bank.commit().index.tolist() == [0, 1]


def test_confidence_last_and_mean():
    bank = bank_of(momentum=.75)
    assert bank.confidence.isnan().all()
    bank.observe(torch.tensor([0, 3]), torch.tensor([.2, .6]))
    bank.observe(torch.tensor([3]), torch.tensor([.8], requires_grad=True))
    bank.commit()
    bank.observe(torch.tensor([3, 4]), torch.tensor([.4, 1.]))
    bank.commit()
    last, mean = bank.confidence, bank.confidence_mean
    torch.testing.assert_close(last[[0, 3, 4]], torch.tensor([.2, .4, 1.]))
    torch.testing.assert_close(
        mean[[0, 3, 4]], torch.tensor([.2, .75 * .8 + .25 * .4, 1.]))
    assert last[[1, 2, 5, 6, 7]].isnan().all()
    assert mean[[1, 2, 5, 6, 7]].isnan().all()


def test_soft_labels():
    bank = bank_of(soft=True)
    index = torch.tensor([1, 3])
    assert bank.soft_labels(index).tolist() == [[0, 1, 0, 0, 0],
                                                [0, 0, 0, 1, 0]]
    wanted = torch.tensor([[.5, .5, 0, 0, 0], [0, 0, 0, .4, .6]])
    bank.stage_soft(index, wanted)
    assert bank.soft_labels(index)[0, 1] == 1
    bank.commit()
    torch.testing.assert_close(bank.soft_labels(index), wanted)
    assert bank.soft_labels(torch.tensor([2])).argmax() == 2
    assert believed(bank) == GIVEN


# -- batches


def batch(index, scores=None):
    samples = [FERDataSample(metainfo=dict(sample_idx=i)).set_gt_label(
        GIVEN[i]) for i in index]
    if scores is not None:
        for sample, score in zip(samples, scores):
            sample.set_gt_score(score)
    return samples


def stacked(index, scores=None):
    """A batch that keeps its targets stacked, whose samples do not exist
    yet."""
    whole = SampleBatch.of(batch(index, scores))
    return SampleBatch(whole.targets, dict(sample_idx=index))


def read(samples, name):
    """What samples and, where there is one, the stack say."""
    values = torch.stack([s.get(name) for s in samples]).squeeze(1)
    if isinstance(samples, SampleBatch):
        assert torch.equal(samples.targets[name], values)
    return values


@pytest.mark.parametrize('kind', [batch, stacked], ids=['samples', 'stacked'])
@pytest.mark.parametrize('soft', [False, True], ids=['hard', 'soft'])
def test_labels_of_a_batch_are_replaced(kind, soft):
    bank = bank_of(soft=soft)
    stage(bank, [6, 2], [0, 4])
    bank.commit()
    samples = kind([5, 6, 2, 7])
    assert bank.write_labels(samples).tolist() == [5, 6, 2, 7]
    assert read(samples, 'gt_label').tolist() == [0, 0, 4, 2]
    if soft:
        assert read(samples, 'gt_score').argmax(1).tolist() == [0, 1, 2, 2]
    else:
        assert 'gt_score' not in samples[0]


@pytest.mark.parametrize('kind', [batch, stacked], ids=['samples', 'stacked'])
def test_distributions_of_corrected_samples_become_onehot(kind):
    bank = bank_of()
    stage(bank, [6], [0])
    bank.commit()
    scores = torch.full((3, 5), .1)
    scores[[0, 1, 2], [GIVEN[5], GIVEN[6], GIVEN[7]]] = .6
    samples = kind([5, 6, 7], scores)
    bank.write_labels(samples)
    wanted = scores.clone()
    wanted[1] = torch.tensor([1., 0, 0, 0, 0])
    torch.testing.assert_close(read(samples, 'gt_score'), wanted)


def test_indices_of_samples():
    device = torch.device('cpu')
    for samples in (batch([3, 1]), stacked([3, 1])):
        assert sample_indices(samples, device).tolist() == [3, 1]


def test_steps_work_without_reading_the_device():
    """On the meta device any look at a value is an error."""
    bank = bank_of(soft=True, min_skill=.1, correction=ALL).to('meta')
    index = torch.zeros(4, dtype=torch.int64, device='meta')
    values = torch.zeros(4, device='meta')
    bank.write_labels(stacked([0, 1, 2, 3]).to('meta'))
    bank.observe(index, values)
    bank.stage(index, index, values, values, values > 0)
    bank.stage_soft(index, torch.zeros(4, 5, device='meta'))
    bank.learn(index, dict(logits=torch.zeros(4, 5, device='meta')))
    assert bank.labels(index).device.type == 'meta'


# -- the mean of the posterior over epochs

ALL = dict(type='MarginRelabeling', scope='all', margin=.3)


def test_beliefs_are_averaged_by_how_well_the_labels_are_fitted():
    """Against sklearn's kappa and sums in plain numbers; one sample is first
    seen late, and the last epoch repeats all labels."""
    metrics = pytest.importorskip('sklearn.metrics')
    bank = bank_of(correction=dict(type='TypicalRelabeling'))
    bank.correcting = False
    torch.manual_seed(0)
    sums, weights = torch.zeros(8, 5), torch.zeros(8)
    for epoch in range(6):
        index = [i for i in range(8) if i != 5 or epoch > 1]
        sure = 9 * torch.eye(5)[[GIVEN[i] for i in index]]
        logits = 2 * torch.randn(len(index), 5) + (
            sure if epoch == 5 else .1 * sure)
        belief = logits.softmax(1)
        bank.learn(torch.tensor(index), dict(logits=logits))
        bank.commit()
        kappa = max(0, metrics.cohen_kappa_score(
            belief.argmax(1), [GIVEN[i] for i in index]))
        sums[index] += (kappa * (1 - kappa))**2 * belief
        weights[index] += (kappa * (1 - kappa))**2
    assert kappa == pytest.approx(1) and (weights > 0).all()
    torch.testing.assert_close(bank.belief, sums / weights[:, None])
    torch.testing.assert_close(bank.belief_weight, weights)


@pytest.mark.parametrize('cap', [0, 1, .125])
def test_going_back_to_given_labels_is_not_capped(cap):
    bank = bank_of(
        correction=dict(ALL, revisit=True), max_changes=cap)
    bank.label[:3] = 4
    logits = torch.zeros(8, 5)
    logits[[0, 1, 2], GIVEN[:3]] = 9.
    logits[[5, 6], 3] = torch.tensor([5., 9.])
    bank.learn(torch.arange(8), dict(logits=logits))
    changes = bank.commit()
    allowed = [6] if cap else []
    assert changes.index.tolist() == [0, 1, 2, *allowed]
    assert changes.dropped == 2 - len(allowed)
    assert believed(bank) == [*GIVEN[:6], 3 if allowed else GIVEN[6], 2]


@pytest.mark.parametrize('correction', [
    dict(type='MarginRelabeling', scope='all', margin=.1),
    dict(type='TypicalRelabeling', quantile=0., min_members=1)
], ids=['a batch', 'all samples'])
def test_labels_change_only_to_known_classes(correction):
    """Samples believed to be of class 0 have this label no more often than
    others; those believed to be of class 1 have theirs mostly."""
    given = [0, 1, 2, 3, 4] * 2 + [1] * 10
    believed_in = [0] * 5 + [1] * 15
    logits = 5 * torch.eye(5)[believed_in]
    for skill, wanted in ((0., believed_in), (.2, [*given[:5], *[1] * 15])):
        bank = bank_of(given, correction=correction, min_skill=skill)
        bank.learn(torch.arange(20), dict(logits=logits))
        changes = bank.commit()
        assert believed(bank) == wanted
        assert changes.dropped == 4 * (skill > 0)


def test_unstable_beliefs_change_nothing():
    torch.manual_seed(0)
    given = torch.arange(200) % 5
    logits = torch.eye(5)[given] + .5 * torch.randn(200, 5)
    stable, unstable = (
        bank_of(given, correction=ALL, min_stability=.75) for _ in range(2))
    changes = []
    for scale, bank in ((.01, stable), (9., unstable)):
        for epoch in range(3):
            noise = scale * torch.randn(200, 5)
            bank.learn(torch.arange(200), dict(logits=5 * (logits + noise)))
            changes.append(len(bank.commit().index))
    assert changes[0] == 0 < changes[1]  # nothing to compare with at first
    assert changes[3:] == [0, 0, 0]


def test_a_revisited_change_stays_only_while_it_would_be_made_again():
    logits = torch.tensor([[0, 9., 0, 0, 0]])
    for revisit, after in ((True, 0), (False, 1)):
        bank = bank_of(correction=dict(ALL, revisit=revisit))
        bank.learn(torch.tensor([0]), dict(logits=logits))
        bank.commit()
        assert believed(bank)[0] == 1
        # Now as likely as each other class: no reason for a change.
        bank.learn(torch.tensor([0]), dict(logits=0 * logits))
        assert len(bank.commit().index) == revisit
        assert believed(bank)[0] == after


def test_beliefs_are_kept_before_corrections_begin():
    bank = bank_of(correction=dict(type='TypicalRelabeling', min_members=1))
    bank.correcting = False
    logits = 9 * torch.eye(5)[[0, 1, 2, 3, 4, 0, 3]]
    bank.learn(torch.arange(7), dict(logits=logits))
    assert not len(bank.commit().index)
    assert bank.belief[6].argmax() == 3 and bank.belief[7].isnan().all()
    again = LabelBank(5, correction=dict(type='TypicalRelabeling',
                                         min_members=1))
    assert not again.load_state_dict(bank.state_dict()).missing_keys
    assert again.restored
    assert again.commit().index.tolist() == [6]


def test_no_mean_no_memory():
    assert 'belief' not in bank_of(correction=ALL).state_dict()


# -- checkpoints


@pytest.mark.parametrize('sized', [True, False], ids=['sized', 'empty'])
@pytest.mark.parametrize('soft', [False, True], ids=['hard', 'soft'])
def test_saved_and_loaded(sized, soft):
    bank = bank_of(soft=soft)
    stage(bank, [2], [0])
    bank.observe(torch.tensor([2]), torch.tensor([.3]))
    bank.commit()
    stage(bank, [4], [0])  # not part of the checkpoint
    state = copy.deepcopy(bank.state_dict())
    again = bank_of([4] * 8, soft=soft) if sized else LabelBank(5, soft=soft)
    result = again.load_state_dict(state)
    assert not result.missing_keys and again.restored
    for name, value in state.items():
        torch.testing.assert_close(again.state_dict()[name], value,
                                   equal_nan=True)
    again.check(GIVEN)
    assert not len(again.commit().index)
    stage(again, [7], [0])
    assert again.commit().index.tolist() == [7]


def test_a_checkpoint_without_a_bank_changes_nothing():
    bank = bank_of()
    result = bank.load_state_dict({}, strict=True)
    assert not result.missing_keys and not bank.restored
    assert bank.size == 8
    bank.load_state_dict(LabelBank(5).state_dict())
    assert bank.size == 8 and not bank.restored


def test_numpy_labels_and_a_new_start():
    bank = bank_of()
    stage(bank, [2], [0])
    bank.commit()
    bank.initialise(np.array(GIVEN))
    assert believed(bank) == GIVEN and bank.confidence.isnan().all()
    bank.initialise(GIVEN[:3])
    assert bank.size == 3 and believed(bank) == GIVEN[:3]


# -- bad input


@pytest.mark.parametrize('options, told', [
    (dict(num_classes=1), 'num_classes'),
    (dict(momentum=1.), 'momentum'),
    (dict(momentum=-.1), 'momentum'),
    (dict(posterior_momentum=.7, correction=ALL), 'TypicalRelabeling'),
    (dict(min_skill=1., correction=ALL), 'min_skill'),
    (dict(min_stability=.5), 'there is none'),
    (dict(min_skill=.1, correction=ALL, immediate=True), 'min_skill.*immed'),
    (dict(correction=dict(type='TypicalRelabeling'), immediate=True),
     'TypicalRelabeling.*immediate'),
    (dict(max_changes=-1), 'max_changes'),
    (dict(max_changes=1.5), 'max_changes'),
    (dict(max_changes=float('nan')), 'max_changes'),
    (dict(max_changes=3, immediate=True), 'immediate'),
], ids=['one class', 'momentum 1', 'negative momentum', 'old momentum',
        'skill 1', 'no correction', 'skill at once', 'rule at once',
        'negative cap',
        'share above 1', 'nan', 'cap with immediate effect'])
def test_bad_settings(options, told):
    with pytest.raises(ValueError, match=told):
        MODELS.build(dict(type='LabelBank', **{'num_classes': 5, **options}))


@pytest.mark.parametrize('labels, told', [
    ([0, 5], 'from 0 to 5.*num_classes=5'), ([-1, 2], 'from -1'),
    ([], 'list'), ([[0, 1]], 'list')
], ids=['too high', 'negative', 'none', 'table'])
def test_bad_labels_of_the_training_set(labels, told):
    with pytest.raises(ValueError, match=told):
        bank_of(labels)


@pytest.mark.parametrize('labels, told', [
    (GIVEN[:7], 'knows 8 samples, the training set has 7'),
    ([*GIVEN[:7], 3], '1 of 8 differ, first sample 7: 2 .* 3 in the training'),
    (GIVEN[::-1], r'[0-9] of 8 differ'),
], ids=['shorter', 'one label', 'other order'])
def test_bad_training_set(labels, told):
    with pytest.raises(ValueError, match=told):
        bank_of().check(labels)


def test_bad_fingerprint():
    bank = bank_of()
    bank.fingerprint[0] ^= 1
    with pytest.raises(ValueError, match='fingerprint differs'):
        bank.check(GIVEN)


def test_bad_checkpoint_of_another_size():
    with pytest.raises(RuntimeError, match='size mismatch for given'):
        bank_of().load_state_dict(bank_of(GIVEN[:5]).state_dict())


def test_bad_checkpoint_without_soft_labels():
    result = bank_of(soft=True).load_state_dict(
        bank_of().state_dict(), strict=False)
    assert result.missing_keys == ['soft']


@pytest.mark.parametrize('label', [5, -1], ids=['too high', 'negative'])
def test_bad_staged_label(label):
    bank = bank_of()
    stage(bank, [6], [label])
    with pytest.raises(ValueError, match=rf'label {label} .* sample 6'):
        bank.commit()


def test_bad_use_before_the_training_set_is_known():
    with pytest.raises(RuntimeError, match='LabelCorrectionHook'):
        LabelBank(5).labels(torch.tensor([0]))


@pytest.mark.parametrize('index', [
    torch.tensor([0], dtype=torch.int32), torch.tensor([[0]]),
    torch.tensor([0.])
], ids=['int32', 'table', 'float'])
def test_bad_indices(index):
    with pytest.raises(TypeError, match='int64 of shape'):
        bank_of().labels(index)


def test_bad_index_outside_the_training_set():
    with pytest.raises((IndexError, RuntimeError)):
        bank_of().labels(torch.tensor([8]))


def test_bad_samples_without_index():
    with pytest.raises(KeyError, match='meta_keys of PackFERInputs'):
        bank_of().write_labels([FERDataSample().set_gt_label(1)])
