# Copyright (c) mmfer contributors.
import pytest
import torch

from mmfer.models.banks import NeighborBank, SampleScalars
from ...processes import run_processes
from ...sync_guard import ForbidWaits


def bank_of(size=6, **options):
    bank = NeighborBank(3, 4, **options)
    bank.initialise(size)
    near = torch.stack([(torch.arange(size) + k) % size for k in (1, 2)], 1)
    weights = torch.linspace(.1, 1, 2 * size).view(size, 2)
    bank.set_neighbors(near, weights, torch.arange(32))
    return bank


def look(bank, index, seed):
    """Update with random values, and give them."""
    torch.manual_seed(seed)
    number = len(index)
    values = (torch.rand(number, 3).softmax(1), torch.randn(number, 4),
              torch.rand(number))
    bank.update(torch.tensor(index), *values)
    return values


@pytest.mark.parametrize('dtype, atol', [('float32', 1e-6),
                                         ('float16', 5e-3)])
def test_running_means_equal_a_loop(dtype, atol):
    bank, oracle = bank_of(feature_dtype=dtype), {}
    for seed, index in enumerate([[0, 1, 2], [2, 4], [1, 2], [2, 0]]):
        for i, *new in zip(index, *look(bank, index, seed)):
            old = oracle.get(i)
            oracle[i] = new if old is None else [
                .9 * a + .1 * b for a, b in zip(old, new)]
    assert bank.features.dtype == getattr(torch, dtype)
    near = bank.neighbors(torch.arange(6))
    for i in range(6):
        for k, j in enumerate([(i + 1) % 6, (i + 2) % 6]):
            if j not in oracle:
                assert near.weights[i, k] == 0
                continue
            assert near.weights[i, k] == bank.weights[i, k] > 0
            for got, wanted in zip(near[:3], oracle[j]):
                torch.testing.assert_close(got[i, k], wanted, atol=atol,
                                           rtol=0)


def test_a_sample_that_stands_there_twice():
    """The last look counts, and is not mixed with the first."""
    bank = bank_of()
    scores, features, evidence = look(bank, [3, 3], 0)
    torch.testing.assert_close(bank.features[3], features[1])
    torch.testing.assert_close(bank.evidence[3], evidence[1])


def test_neighbors_count_when_active():
    bank = bank_of()
    look(bank, list(range(6)), 0)
    bank.active = False
    assert not bank.neighbors(torch.arange(6)).weights.any()
    bank.active = True
    assert bank.neighbors(torch.arange(6)).weights.all()


def test_means_start_when_neighbors_count():
    bank = bank_of()
    bank.active = False
    look(bank, [1, 2], 0)
    scores, features, evidence = look(bank, [1, 2], 1)
    torch.testing.assert_close(bank.features[1:3], features)
    bank.active = True
    later = look(bank, [2], 2)[1]
    torch.testing.assert_close(bank.features[2],
                               .9 * features[1] + .1 * later[0])


def test_nothing_known_of_blanks():
    near = NeighborBank(3, 4).no_neighbors(5)
    assert [t.shape for t in near] == [(5, 1, 3), (5, 1, 4), (5, 1), (5, 1)]
    assert not any(t.any() for t in near)


def test_checkpoints_hold_the_memory():
    bank, other = bank_of(), bank_of()
    look(bank, [0, 5], 0)
    state = {k: v.clone() for k, v in bank.state_dict().items()}
    assert set(state) == {'scores', 'features', 'evidence', 'known',
                          'fingerprint'}
    look(other, [1, 2], 1)
    assert not other.load_state_dict(state).missing_keys and other.restored
    for one, two in zip(bank.neighbors(torch.arange(6)),
                        other.neighbors(torch.arange(6))):
        torch.testing.assert_close(one, two)
    # A model that is not trained leaves it alone.
    empty = NeighborBank(3, 4)
    empty.load_state_dict(state)
    assert not empty.size and not empty.restored
    bank.initialise(6)
    assert not bank.known.any()


def test_free_numbers_take_sgd_steps():
    numbers = SampleScalars(init=.5, lr=2.)
    numbers.initialise(5)
    oracle = [.5] * 5
    for index, grads in (([1, 3], [1., -2.]), ([3, 3], [.5, .25])):
        numbers.step(torch.tensor(index), torch.tensor(grads))
        for i, grad in zip(index, grads):
            oracle[i] -= 2 * grad
    assert numbers(torch.arange(5)).tolist() == oracle
    assert oracle[0] == oracle[2] == oracle[4] == .5


def test_no_step_waits():
    bank, numbers = bank_of(), SampleScalars()
    numbers.initialise(6)
    index = torch.tensor([4, 1])
    evidence = torch.rand(2)
    with ForbidWaits():
        bank.neighbors(index)
        bank.update(index, torch.rand(2, 3), torch.rand(2, 4), evidence)
        numbers.step(index, numbers(index) + 1)
    assert torch.equal(bank.evidence[index], evidence)
    assert numbers.moved.nonzero().flatten().tolist() == [1, 4]


WORKER = """
import sys
import torch
import torch.distributed as dist
from mmfer.models.banks import SampleScalars
from tests.test_models.test_banks.test_neighbor_bank import bank_of, look
rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group('gloo', init_method=f'file://{folder}/store',
                        rank=rank, world_size=2)
bank, numbers = bank_of(feature_dtype='float16'), SampleScalars()
numbers.initialise(6)
steps = [[[0, 1], [2]], [[3], [2, 4]]][rank]
for step, index in enumerate(steps):
    look(bank, index, 10 * rank + step)
    numbers.step(torch.tensor(index), torch.full((len(index), ), -1.))
bank.merge()
numbers.merge()
look(bank, [5], 7)  # alike on both ranks
bank.merge()
torch.save(dict(bank.state_dict(), moved=numbers.moved[:6]),
           f'{folder}/{rank}.pth')
dist.destroy_process_group()
"""


def test_two_processes_agree(tmp_path):
    run_processes(WORKER, tmp_path)
    first, second = (torch.load(tmp_path / f'{rank}.pth', weights_only=True)
                     for rank in range(2))
    for name, value in first.items():
        rows = slice(6) if name != 'fingerprint' else slice(None)
        assert torch.equal(value[rows], second[name][rows]), name
    assert first['known'][:6].tolist() == [1] * 6
    assert first['moved'].tolist() == [1, 1, 1, 1, 1, 0]
    # Sample 2 was seen by both; its latest note is that of rank 0, the third
    # it made.
    alone = bank_of(feature_dtype='float16')
    look(alone, [0, 1], 0)
    look(alone, [2], 1)
    assert torch.equal(first['features'][2], alone.features[2])


# Bad input


@pytest.mark.parametrize('options, message', [
    (dict(momentum=1.), 'momentum'), (dict(feature_dtype='int8'), 'int8')])
def test_bad_bank(options, message):
    with pytest.raises(ValueError, match=message):
        NeighborBank(3, 4, **options)


def test_bad_index():
    with pytest.raises(ValueError, match='knows 6 samples'):
        bank_of().set_neighbors(torch.zeros(5, 2), torch.zeros(5, 2),
                                torch.zeros(32))


def test_bad_rate():
    with pytest.raises(ValueError, match='lr must be positive'):
        SampleScalars(lr=0)
