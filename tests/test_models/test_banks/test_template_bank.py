# Copyright (c) mmfer contributors.
import copy
import math

import numpy as np
import pytest
import torch

from mmfer.models.banks import TemplateBank
from mmfer.models.banks.confidence_bins import confidence_bins, top_parts
from mmfer.registry import MODELS
from ...processes import run_processes

CLASSES, LENGTH = 3, 5


def _bank(**options):
    return TemplateBank(CLASSES, LENGTH, **options)


def _epoch(seed, per_class=(10, 20, 10), lonely=()):
    """Samples in random order, as rows of a table of tensors.

    No two of them share a bin of confidence. No sample of the ``lonely``
    classes is predicted to be of its class.
    """
    random = np.random.default_rng(seed)
    labels = random.permutation(np.repeat(range(CLASSES), per_class))
    odds = random.permutation(np.linspace(-7, 7, len(labels)))
    wrong = np.isin(labels, lonely) | (random.random(len(labels)) < .3)
    features = random.normal(size=(len(labels), LENGTH)) + 4
    features += 3 * np.eye(CLASSES, LENGTH)[labels]
    return (torch.tensor(features, dtype=torch.float32),
            torch.tensor(labels),
            torch.tensor(np.where(wrong, (labels + 1) % CLASSES, labels)),
            torch.tensor(1 / (1 + np.exp(-odds)), dtype=torch.float32))


def _feed(bank, epoch, batch=7):
    for start in range(0, len(epoch[1]), batch):
        bank.observe(*(part[start:start + batch] for part in epoch))


class Oracle:
    """The templates by sorting all samples of an epoch."""

    def __init__(self, ratio=.7, momentum=.9, debias=True):
        self.ratio, self.momentum, self.debias = ratio, momentum, debias
        self.means, self.templates = [{c: [] for c in range(CLASSES)}
                                      for _ in range(2)]
        self.center = None

    def mean_of(self, values):
        """The average over the epochs, from all of their values."""
        if not self.debias:
            mean = values[0]
            for value in values[1:]:
                mean = self.momentum * mean + (1 - self.momentum) * value
            return mean
        weights = [self.momentum**i for i in range(len(values))][::-1]
        return sum(w * v for w, v in zip(weights, values)) / sum(weights)

    def add(self, epoch):
        features, labels, predictions, confidence = (
            part.double().numpy() for part in epoch)
        for c in range(CLASSES):
            rows = [i for i in range(len(labels)) if labels[i] == c]
            if not rows:
                continue
            self.means[c].append(features[rows].mean(0))
            rows.sort(key=lambda i: -confidence[i])
            rows = rows[:round(self.ratio * len(rows))]
            rows = [i for i in rows if predictions[i] == c]
            if self.center is None or not rows:
                continue
            parts = [features[i] - self.center for i in rows]
            mean = sum(part / np.linalg.norm(part) for part in parts)
            self.templates[c].append(mean / np.linalg.norm(mean))
        self.center = np.mean(
            [self.mean_of(v) for v in self.means.values() if v], 0)

    def template(self, c):
        if self.templates[c]:
            return self.mean_of(self.templates[c])
        if not self.means[c]:
            return np.zeros(LENGTH)
        direction = self.mean_of(self.means[c]) - self.center
        return direction / np.linalg.norm(direction)

    def table(self):
        """The centre, then all templates."""
        return np.stack(
            [self.center, *(self.template(c) for c in range(CLASSES))])


def _table(bank):
    return torch.cat([bank.center[None], bank.templates]).numpy()


@pytest.mark.parametrize('options', [
    {}, dict(debias=False), dict(momentum=.5, ratio=.4),
    dict(momentum=0., ratio=1.)
], ids=['default', 'biased', 'others', 'last epoch'])
def test_templates_against_a_loop(options):
    """Epochs of unequal classes, some of them without a qualifying sample,
    one of them without any sample for two epochs."""
    bank, oracle = _bank(**options), Oracle(**options)
    epochs = [
        _epoch(0, (10, 20, 0)), _epoch(1, (20, 10, 0), lonely=[1]),
        _epoch(2, (10, 10, 20)), _epoch(3, (20, 10, 10), lonely=[0]),
        _epoch(4, (0, 10, 10))
    ]
    found = []
    for epoch in epochs:
        _feed(bank, epoch)
        found.append(bank.commit().tolist())
        oracle.add(epoch)
        np.testing.assert_allclose(_table(bank), oracle.table(), atol=1e-5)
    # The first epoch has no centre to look from.
    assert found == [[False] * 3, [True, False, False], [True] * 3,
                     [False, True, True], [False, True, True]]


@pytest.mark.parametrize('kind', ['no samples', 'none predicted', 'nothing'])
def test_a_class_without_qualifying_samples_keeps_its_template(kind):
    bank = _bank()
    for seed in range(3):
        _feed(bank, _epoch(seed))
        bank.commit()
    before = bank.templates.clone()
    if kind != 'nothing':
        _feed(bank, _epoch(9, (10, 10, 0)) if kind == 'no samples' else
              _epoch(9, lonely=[2]))
    assert bank.commit().tolist() == [kind != 'nothing'] * 2 + [False]
    assert torch.equal(bank.templates[2], before[2])
    assert torch.equal(bank.templates[0], before[0]) == (kind == 'nothing')


def test_only_trusted_samples_count():
    """The trust is relative to the class: a distrusted class is no less."""
    bank = _bank()
    bank.center += 1  # a centre, and means, from before
    bank.means_updates += 1
    features = torch.eye(CLASSES, LENGTH)[[0] * 10 + [1] * 10]
    features[7:10] = features[17:] = 9.
    labels = torch.tensor([0] * 10 + [1] * 10)
    confidence = torch.cat([
        torch.linspace(.9, .8, 10), torch.linspace(.2, .1, 10)])
    bank.observe(features, labels, labels, confidence)
    assert bank.commit().tolist() == [True, True, False]
    for c in range(2):
        direction = torch.eye(LENGTH)[c] - 1
        torch.testing.assert_close(bank.templates[c],
                                   direction / direction.norm())


def test_repeated_samples_without_confidence_are_the_mean():
    bank, oracle = _bank(ratio=.3), Oracle(ratio=1.)
    for seed in range(3):
        features, labels, predictions, confidence = _epoch(seed)
        for _ in range(2):
            bank.observe(features, labels, predictions)
        bank.commit()
        oracle.add((features, labels, predictions, confidence))
        np.testing.assert_allclose(_table(bank), oracle.table(), atol=1e-5)


def test_nothing_is_noted_in_evaluation_or_without_label():
    bank = _bank().eval()
    _feed(bank, _epoch(0))
    assert not bank.counts.any() and not bank.features.any()
    bank.train()
    features, labels, predictions, confidence = _epoch(1)
    twin = _bank()
    for _ in range(2):
        for each in (bank, twin):
            each.observe(features, labels, predictions, confidence)
        unknown = torch.full_like(labels, -1)
        bank.observe(9 * features, unknown, unknown, confidence)
        bank.commit(), twin.commit()
        assert torch.equal(bank.templates, twin.templates)
        assert torch.equal(bank.center, twin.center)


# -- the posterior


def test_posterior_against_a_loop():
    bank = _bank(temperature=.3)
    for seed in range(2):
        _feed(bank, _epoch(seed, (10, 10, 0)))
        bank.commit()
    features = torch.randn(4, LENGTH)
    found = bank.posterior(features)
    for row, feature in zip(found.tolist(), features):
        z, powers = feature - bank.center, [0.] * 3
        for k in range(2):  # the third class was never seen
            t = bank.templates[k]
            cosine = float(z @ t) / float(z.norm()) / float(t.norm())
            powers[k] = math.exp(cosine / .3)
        assert row == pytest.approx([p / sum(powers) for p in powers],
                                    abs=1e-5)


def test_posterior_is_uniform_before_the_first_epoch():
    bank = _bank()
    _feed(bank, _epoch(0))
    torch.testing.assert_close(
        bank.posterior(torch.randn(2, LENGTH)), torch.full((2, 3), 1 / 3))


def test_centring_tells_classes_apart():
    """Features that share a large part, as those behind a ReLU do."""
    bank, epochs = _bank(), [_epoch(seed) for seed in range(3)]
    for features, *rest in epochs:
        bank.observe(features + 50, *rest)
        bank.commit()
    features, labels = _epoch(7)[:2]
    posterior = bank.posterior(features + 50)
    hits = posterior.argmax(1) == labels
    assert hits.float().mean() > .9
    raw = torch.cosine_similarity((features + 50)[:, None],
                                  bank.means[None], dim=2)
    top = raw.topk(2).values
    assert (top[:, 0] - top[:, 1]).max() < .01


# -- confidences in bins


@pytest.mark.parametrize('ratio', [.1, .7, 1.])
def test_parts_of_bins_against_a_loop(ratio):
    torch.manual_seed(0)
    counts = torch.randint(5, (6, 8)).float()
    counts[2] = 0
    parts = top_parts(counts, ratio)
    for row, found in zip(counts.tolist(), parts.tolist()):
        left = ratio * sum(row)
        for number, part in reversed(list(zip(row, found))):
            taken = min(number, left)
            left -= taken
            if number:
                assert part == pytest.approx(taken / number, abs=1e-5)
    torch.testing.assert_close((parts * counts).sum(1),
                               ratio * counts.sum(1))


def test_bins_are_ordered_and_wide_enough():
    odds = torch.linspace(-12, 12, 500)
    bins = confidence_bins(odds.sigmoid(), 16)
    assert bins.dtype == torch.int64 and (bins.diff() >= 0).all()
    expected = [min(max(math.floor(v + 8), 0), 15) for v in odds.tolist()]
    assert (bins - torch.tensor(expected)).abs().max() <= 0
    ends = confidence_bins(torch.tensor([0., 1., .5]), 16)
    assert ends.tolist() == [0, 15, 8]


# -- gradients, devices, memory


def test_no_gradient():
    bank = _bank()
    features, labels, predictions, confidence = _epoch(0)
    features.requires_grad_(), confidence.requires_grad_()
    for _ in range(2):
        bank.observe(features, labels, predictions, confidence)
        bank.commit()
    assert not list(bank.parameters())
    assert not any(b.requires_grad for b in bank.buffers())
    assert not bank.posterior(features).requires_grad


def test_steps_work_without_reading_the_device():
    """On the meta device any look at a value is an error."""
    bank = _bank().to('meta')
    features, labels, predictions, confidence = (
        part.to('meta') for part in _epoch(0))
    bank.observe(features, labels, predictions, confidence)
    assert bank.posterior(features).device.type == 'meta'


def test_memory_does_not_grow():
    bank = TemplateBank(8, 512)
    assert sum(b.numel() * 4 for b in bank.buffers()) < 5e6
    sizes = [b.numel() for b in bank.buffers()]
    bank.observe(torch.randn(64, 512), torch.arange(64) % 8,
                 torch.arange(64) % 8, torch.rand(64))
    bank.commit()
    assert [b.numel() for b in bank.buffers()] == sizes


def test_half_precision_is_taken():
    bank, twin = _bank(), _bank()
    features, labels, predictions, confidence = _epoch(0)
    half = features.half(), labels, predictions, confidence.half()
    bank.observe(*half)
    twin.observe(half[0].float(), labels, predictions, half[3].float())
    bank.commit(), twin.commit()
    assert torch.equal(bank.templates, twin.templates)
    assert bank.posterior(half[0]).dtype == torch.float32


# -- checkpoints


def test_saved_and_loaded():
    bank = _bank()
    for seed in range(3):
        _feed(bank, _epoch(seed))
        bank.commit()
    state = copy.deepcopy(bank.state_dict())
    assert set(state) == {
        'center', 'templates', 'means', 'templates_updates', 'means_updates'
    }
    again = _bank()
    assert again.empty and not bank.empty
    _feed(again, _epoch(5))  # forgotten
    again.load_state_dict(state)
    for each in (bank, again):
        _feed(each, _epoch(8))
        each.commit()
    assert torch.equal(again.templates, bank.templates)
    assert torch.equal(again.center, bank.center)
    again.initialise()
    assert again.empty and not any(b.any() for b in again.buffers())


def test_a_checkpoint_without_templates_changes_nothing():
    bank = _bank()
    _feed(bank, _epoch(0))
    bank.commit()
    before = bank.templates.clone()
    assert not bank.load_state_dict({}, strict=True).missing_keys
    assert torch.equal(bank.templates, before) and not bank.empty


def test_bad_checkpoint_of_another_size():
    with pytest.raises(RuntimeError, match='size mismatch for templates'):
        _bank().load_state_dict(TemplateBank(4, LENGTH).state_dict())


# -- processes


WORKER = '''
import sys
import torch, torch.distributed as dist
rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group('gloo', init_method='file://' + folder + '/store',
                        rank=rank, world_size=2)
from mmfer.models.banks import TemplateBank
bank = TemplateBank(3, 5)
for epoch in torch.load(folder + '/epochs.pt', weights_only=True):
    # Unequal parts; of the last epoch the first rank sees nothing.
    own = slice(0, 13 * rank) if len(epoch[1]) < 40 else slice(
        15 * rank, 15 + 25 * rank)
    bank.observe(*(part[own] for part in epoch))
    bank.commit()
torch.save(bank.state_dict(), f'{folder}/bank{rank}.pt')
dist.destroy_process_group()
'''


def test_two_processes_are_one(tmp_path):
    epochs = [_epoch(0), _epoch(1), _epoch(2, (5, 5, 3))]
    torch.save(epochs, tmp_path / 'epochs.pt')
    run_processes(WORKER, tmp_path)
    first, second = (torch.load(tmp_path / f'bank{rank}.pt',
                                weights_only=True) for rank in range(2))
    bank = _bank()
    for epoch in epochs:
        _feed(bank, epoch)
        bank.commit()
    for name, value in bank.state_dict().items():
        assert torch.equal(first[name], second[name])
        torch.testing.assert_close(first[name], value, atol=1e-5, rtol=0)


# -- bad input


@pytest.mark.parametrize('options, told', [
    (dict(num_classes=1), 'num_classes must be at least 2'),
    (dict(in_channels=0), 'in_channels and num_bins'),
    (dict(num_bins=0), 'in_channels and num_bins'),
    (dict(ratio=0.), 'ratio must lie'), (dict(ratio=1.1), 'ratio must lie'),
    (dict(momentum=1.), 'momentum must lie'),
    (dict(temperature=0.), 'temperature must be'),
    (dict(temperature=float('nan')), 'temperature must be'),
])
def test_bad_settings(options, told):
    options = {'num_classes': 3, 'in_channels': 5, **options}
    with pytest.raises(ValueError, match=told):
        MODELS.build(dict(type='TemplateBank', **options))


def test_bad_length_of_features():
    with pytest.raises(RuntimeError):
        _bank().observe(torch.randn(2, 4), torch.tensor([0, 1]),
                        torch.tensor([0, 1]))
