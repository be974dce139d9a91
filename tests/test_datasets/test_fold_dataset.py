# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch

from mmfer.datasets import FoldDataset, InMemoryDataset, leaf_datasets
from mmfer.registry import DATASETS

DRAW = [dict(type='DrawSyntheticFace'), dict(type='PackFERInputs')]
FACES = dict(type='SyntheticFER', size=40, image_size=32, num_subjects=12)


def people_of(dataset):
    return {dataset.get_data_info(i)['subject'] for i in range(len(dataset))}


def test_folds_make_up_the_whole():
    parts = [FoldDataset(FACES, fold, 4, held_out=True) for fold in range(4)]
    rests = [FoldDataset(FACES, fold, 4) for fold in range(4)]
    places = np.concatenate([part.indices for part in parts])
    assert sorted(places) == list(range(40))
    whole = parts[0].dataset.__class__(
        **{k: v for k, v in FACES.items() if k != 'type'})
    subjects = [whole.get_data_info(i)['subject'] for i in range(40)]
    for part, rest in zip(parts, rests):
        people = people_of(part)
        assert people and people.isdisjoint(people_of(rest))
        assert people | people_of(rest) == set(subjects)
        assert len(part) + len(rest) == part.whole_size == 40
        for dataset in (part, rest):
            labels = whole.get_gt_labels()[dataset.indices]
            assert dataset.get_gt_labels().tolist() == labels.tolist()
            assert dataset.get_cat_ids(1) == [labels[1]]
            assert dataset.get_data_info(2)['subject'] == (
                subjects[dataset.indices[2]])
    assert 'only fold 0 of 4' in repr(parts[0])


def test_unknown_people_stand_for_themselves(tmp_path):
    """A file of four faces, two of anna's; the others may be anyone's."""
    rows = ['path,expression,subject', 'a.png,fear,anna', 'b.png,fear,',
            'c.png,fear,', 'd.png,fear,anna']
    (tmp_path / 'labels.csv').write_text('\n'.join(rows))
    (tmp_path / 'a.png').touch()
    faces = dict(type='FERCSV', data_root=str(tmp_path))
    found = [FoldDataset(faces, fold, 3, held_out=True).indices.tolist()
             for fold in range(3)]
    assert sorted(found) == [[0, 3], [1], [2]]


def test_workers_are_reached():
    """What is told them, and what they tell, goes by shared memory."""
    part = FoldDataset(dict(FACES, on_error='skip'), 0, 4)
    leaf, = leaf_datasets(part)
    assert leaf.randomness._told.is_shared() and leaf.failed.is_shared()
    subset = leaf.get_subset([0])  # of MMPretrain's KFoldDataset
    assert subset.randomness._told.is_shared() and subset.failed.is_shared()


def test_of_a_long_tail():
    """The folds of a tail are its parts, not tails of their own."""
    tail = dict(type='LongTailedDataset', imbalance_factor=5,
                dataset=dict(FACES, size=80))
    whole = DATASETS.build(tail)
    parts = [FoldDataset(tail, fold, 3, held_out=True) for fold in range(3)]
    places = np.concatenate([part.indices for part in parts])
    assert sorted(places) == list(range(len(whole)))
    for part in parts:
        assert [part.get_data_info(i)['face_name']
                for i in range(len(part))] == [
            whole.get_data_info(i)['face_name'] for i in part.indices]


def test_held_in_memory_both_ways():
    """And with the numbers that a concatenation gives."""
    faces = dict(FACES, pipeline=DRAW)
    outer = FoldDataset(dict(type='InMemoryDataset', dataset=faces), 1, 4)
    inner = InMemoryDataset(dict(
        type='FoldDataset', dataset=faces, fold=1, num_folds=4))
    for part in (outer, inner):
        leaf, = leaf_datasets(part)
        leaf.sample_offset = 100
    places = [0, len(outer) - 1]
    whole = InMemoryDataset(faces).__getitems__(
        [int(outer.indices[place]) for place in places])
    for part in (outer, inner):
        batch = part.__getitems__(places)
        assert torch.equal(batch['inputs'], whole['inputs'])
        assert [sample.sample_idx for sample in batch['data_samples']] == [
            100 + place for place in places]


@pytest.mark.parametrize('options, message', [
    (dict(fold=5), 'from 0 to 4'), (dict(num_folds=30), '30 folds cannot')])
def test_bad_fold(options, message):
    with pytest.raises(ValueError, match=message):
        FoldDataset(FACES, **options)


@pytest.mark.parametrize('wrapper', [
    dict(type='KFoldDataset', dataset=FACES),
    dict(type='InMemoryDataset', dataset=dict(
        type='RepeatDataset', times=2,
        dataset=dict(FACES, _scope_='mmpretrain')))],
    ids=lambda wrapper: wrapper['type'])
def test_bad_dataset_that_cannot_be_cut(wrapper):
    with pytest.raises(TypeError, match='FoldDataset cuts.*Hint'):
        FoldDataset(wrapper)
