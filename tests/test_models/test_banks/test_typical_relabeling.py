# Copyright (c) mmfer contributors.
import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from mmfer.errors import ConfigError
from mmfer.models.banks import LabelBank, TypicalRelabeling
from mmfer.registry import MODELS
from ...processes import run_processes

CLASSES = 4
RULE = dict(type='TypicalRelabeling', quantile=.4)


def _beliefs(number=200, power=1., seed=0):
    torch.manual_seed(seed)
    labels = torch.randint(CLASSES, (number, ))
    odds = torch.randn(number, CLASSES) + 2 * torch.eye(CLASSES)[labels]
    return (power * odds).double().softmax(1), labels


def _loop(beliefs, labels, known, quantile, min_members):
    rows, labels, result = beliefs.tolist(), labels.tolist(), []
    best = [row.index(max(row)) for row in rows]

    def preference(i, k, y):
        return math.log(rows[i][k]) - math.log(rows[i][y])

    for i, y in enumerate(labels):
        k = best[i]
        members = [j for j in range(len(labels))
                   if known[j] and labels[j] == best[j] == k]
        usual = sorted(preference(j, k, y) for j in members)
        changed = known[i] and k != y and len(usual) >= min_members and (
            preference(i, k, y) >= usual[round(quantile * (len(usual) - 1))])
        result.append(k if changed else y)
    return result


@pytest.mark.parametrize('quantile, min_members', [(.4, 10), (0., 1),
                                                   (1., 1), (.2, 30)])
def test_against_a_loop(quantile, min_members):
    beliefs, labels = _beliefs()
    known = torch.rand(200) < .9
    rule = MODELS.build(dict(type='TypicalRelabeling', quantile=quantile,
                             min_members=min_members))
    found = rule(beliefs, labels, known)
    assert found.labels.tolist() == _loop(
        beliefs, labels, known.tolist(), quantile, min_members)
    assert torch.equal(found.changed, found.labels != labels)
    assert found.changed.any() or quantile == 1.


@pytest.mark.parametrize('power, lowest, highest', [(.01, .25, .27),
                                                    (12., .99, 1.)])
def test_flat_and_sharp_beliefs_change_the_same(power, lowest, highest):
    everything = torch.ones(200, dtype=torch.bool)
    wanted, labels = _beliefs()
    beliefs, _ = _beliefs(power=power)
    assert lowest < beliefs.amax(1).median() <= highest
    rule = TypicalRelabeling(quantile=.2)
    found = rule(beliefs, labels, everything)
    assert found.changed.any()
    assert torch.equal(found.labels, rule(wanted, labels, everything).labels)


def test_beliefs_of_zero_do_no_harm():
    beliefs = torch.eye(CLASSES)[torch.arange(40) % CLASSES]
    labels = torch.arange(40) % CLASSES
    labels[0] = 1
    found = TypicalRelabeling(min_members=5)(
        beliefs, labels, torch.ones(40, dtype=torch.bool))
    assert found.changed.nonzero().flatten().tolist() == [0]
    assert found.margin[0].isfinite()


def test_rare_classes_get_no_labels():
    beliefs, labels = _beliefs()
    labels[(labels == 2) & (beliefs.argmax(1) == 2)] = 0
    found = TypicalRelabeling(quantile=0., min_members=1)(
        beliefs, labels, torch.ones(200, dtype=torch.bool))
    assert not (found.labels[found.changed] == 2).any()


# -- small networks that are trained with the bank


def _train(separation=3., noise=.2, epochs=12, sharp=1., seed=0,
           min_skill=.25, min_stability=.75, **options):
    """Train on Gaussian classes; return the bank, true labels and the mean
    top belief of the last epoch."""
    torch.manual_seed(seed)
    size, classes, length, batch = 1600, 8, 32, 100
    means = torch.randn(classes, length)
    means *= separation / means.norm(dim=1, keepdim=True)
    clean = torch.randint(classes, (size, ))
    inputs = means[clean] + torch.randn(size, length)
    wrong = (clean + torch.randint(1, classes, (size, ))) % classes
    given = torch.where(torch.rand(size) < noise, wrong, clean)
    net = nn.Sequential(
        nn.Linear(length, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
        nn.Linear(128, classes))
    bank = LabelBank(classes, correction=RULE, min_skill=min_skill,
                     min_stability=min_stability, **options)
    bank.initialise(given)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for _ in range(epochs):
        top = 0.
        for index in torch.randperm(size).split(batch):
            logits = net(inputs[index] + .3 * torch.randn(batch, length))
            optimizer.zero_grad()
            cross_entropy(logits, bank.labels(index)).backward()
            optimizer.step()
            logits = sharp * logits.detach()
            bank.learn(index, dict(logits=logits))
            top += float(logits.softmax(1).amax(1).sum()) / size
        bank.commit()
    return bank, clean, top


def _quality(bank, clean):
    changed = bank.label != bank.given
    right = int((changed & (bank.label == clean)).sum())
    wrong = int((bank.given != clean).sum())
    return right / max(int(changed.sum()), 1), right / max(wrong, 1)


@pytest.mark.parametrize('noise', [.2, .4])
@pytest.mark.parametrize('epochs', [8, 40])
def test_short_and_long_training_find_the_same(noise, epochs):
    """After 40 epochs the network repeats many of the wrong labels."""
    bank, clean, _ = _train(noise=noise, epochs=epochs)
    precision, recall = _quality(bank, clean)
    assert precision >= .85 and recall >= .3, (precision, recall)


@pytest.mark.parametrize('sharp, lowest, highest', [(100., .99, 1.),
                                                    (.02, .125, .2)])
def test_sharp_and_flat_networks(sharp, lowest, highest):
    bank, clean, top = _train(sharp=sharp)
    assert lowest < top <= highest
    precision, recall = _quality(bank, clean)
    assert precision >= .8 and recall >= .3, (precision, recall)


def test_right_labels_are_left_alone():
    bank, clean, _ = _train(noise=0.)
    assert (bank.label != clean).sum() <= 16  # 1 %


@pytest.mark.parametrize('separation', [0., 1.])
def test_a_network_too_weak_to_know_changes_nothing(separation):
    bank, _, _ = _train(separation=separation, epochs=20)
    assert torch.equal(bank.label, bank.given)
    # The conditions are what holds it back.
    bank, clean, _ = _train(separation=separation, epochs=20, min_skill=0.,
                            min_stability=0.)
    assert (bank.label != bank.given).any() and _quality(bank, clean)[0] < .5


# -- processes

WORKER = '''
import sys
import torch, torch.distributed as dist
rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group('gloo', init_method='file://' + folder + '/store',
                        rank=rank, world_size=2)
from mmfer.models.banks import LabelBank
given, epochs = torch.load(folder + '/epochs.pt', weights_only=True)
def make():
    return LabelBank(4, min_skill=.1, min_stability=.1,
                     correction=dict(type='TypicalRelabeling'))
bank = make()
bank.initialise(given)
for number, logits in enumerate(epochs):
    index = torch.arange(rank, len(given), 2)
    bank.learn(index, dict(logits=logits[index]))
    bank.commit()
    if number == 1:  # interrupted and resumed
        state, bank = bank.state_dict(), make()
        bank.load_state_dict(state)
torch.save(bank.state_dict(), f'{folder}/bank{rank}.pt')
dist.destroy_process_group()
'''


def test_two_processes_are_one(tmp_path):
    beliefs, given = _beliefs()
    epochs = [(beliefs.log() + torch.randn(200, CLASSES)).float()
              for _ in range(4)]
    torch.save((given, epochs), tmp_path / 'epochs.pt')
    run_processes(WORKER, tmp_path)
    states = [torch.load(tmp_path / f'bank{rank}.pt', weights_only=True)
              for rank in range(2)]
    bank = LabelBank(CLASSES, min_skill=.1, min_stability=.1,
                     correction=dict(type='TypicalRelabeling'))
    bank.initialise(given)
    for logits in epochs:
        bank.learn(torch.arange(200), dict(logits=logits))
        bank.commit()
    assert (bank.label != bank.given).any()
    for name, value in bank.state_dict().items():
        for state in states:
            torch.testing.assert_close(
                state[name], value, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize('options, message', [
    (dict(quantile=1.1), 'quantile'), (dict(outputs=()), 'outputs'),
    (dict(min_members=0), 'min_members')])
def test_bad_settings(options, message):
    with pytest.raises(ConfigError, match=message):
        TypicalRelabeling(**options)


def test_bad_head():
    bank = LabelBank(CLASSES, correction=dict(
        type='TypicalRelabeling', outputs=('posterior', )))
    bank.initialise([0, 1, 2, 3])
    with pytest.raises(ValueError, match='needs posterior'):
        bank.learn(torch.arange(2), dict(logits=torch.zeros(2, 4)))
