# Copyright (c) mmfer contributors.
import torch

from mmfer.models.banks import StagedRows


def rows_of(size=6):
    rows = StagedRows(label=(torch.int64, ()), pair=(torch.float32, (2, )))
    rows.resize(size)
    return rows


def put(rows, index, label, mask=None):
    label = torch.tensor(label)
    mask = None if mask is None else torch.tensor(mask)
    rows.put(torch.tensor(index), mask, label=label,
             pair=torch.stack([label, -label], 1))


def test_random_notes_equal_a_dictionary():
    torch.manual_seed(0)
    rows, oracle = rows_of(20), {}
    for _ in range(30):
        index = torch.randint(20, (8, ))  # with repetitions
        label, mask = torch.randint(100, (8, )), torch.rand(8) < .3
        put(rows, index.tolist(), label.tolist(), mask.tolist())
        for i, new, wanted in zip(index.tolist(), label.tolist(),
                                  mask.tolist()):
            if wanted:
                oracle[i] = new
    seen, noted = rows.merge()
    assert 10 < len(oracle) <= 20
    assert seen.tolist() == [i in oracle for i in range(20)]
    assert noted['label'].tolist() == [oracle.get(i, 0) for i in range(20)]
    assert (noted['pair'] == torch.stack(
        [noted['label'], -noted['label']], 1)).all()


def test_merging_starts_anew():
    rows = rows_of()
    put(rows, [1, 2], [5, 6])
    rows.merge()
    seen, noted = rows.merge()
    assert not seen.any() and not noted['label'].any()
    put(rows, [3], [7])
    assert rows.merge()[0].tolist() == [False] * 3 + [True] + [False] * 2


def test_nothing_is_noted_by_an_empty_mask():
    rows = rows_of()
    put(rows, [0, 5], [3, 4], [False, False])
    assert not rows.merge()[0].any()


def test_the_last_sample_has_its_own_row():
    rows = rows_of()
    put(rows, [5, 0], [3, 4], [True, False])
    seen, noted = rows.merge()
    assert seen.tolist() == [False] * 5 + [True]
    assert noted['label'][5] == 3


def test_checkpoints_go_without():
    assert not rows_of().state_dict()


def test_half_precision_is_taken():
    rows = StagedRows(score=(torch.float32, ()))
    rows.resize(2)
    rows.put(torch.tensor([1]), score=torch.tensor([.5], dtype=torch.half))
    assert rows.merge()[1]['score'].tolist() == [0., .5]
