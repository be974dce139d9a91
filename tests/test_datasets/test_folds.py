# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.datasets.folds import check_fold, subject_folds, take_fold


@pytest.fixture
def people():
    """Subjects of very different size, three classes of different size."""
    rng = np.random.RandomState(3)
    subjects, labels = [], []
    for person in range(60):
        size = rng.randint(1, 20)
        subjects += [f'S{person:03d}'] * size
        labels += rng.choice(3, size, p=[0.6, 0.3, 0.1]).tolist()
    return subjects, labels


def test_subjects_stay_whole_and_no_fold_is_empty(people):
    subjects, labels = people
    folds = subject_folds(subjects, labels, 10)
    assert set(folds) == set(range(10))
    for person in set(subjects):
        assert len({f for f, s in zip(folds, subjects) if s == person}) == 1


def test_sizes_and_classes_are_balanced(people):
    subjects, labels = people
    folds = subject_folds(subjects, labels, 5)
    sizes = np.bincount(folds)
    assert sizes.max() - sizes.min() <= 0.1 * sizes.mean()
    for label in range(3):
        counts = np.bincount(folds[np.array(labels) == label])
        assert np.abs(counts - counts.mean()).max() <= 0.2 * counts.mean()


def test_order_of_samples_does_not_matter_and_seed_does(people):
    subjects, labels = map(np.array, people)
    folds = subject_folds(subjects, labels)
    shuffle = np.random.RandomState(0).permutation(len(subjects))
    again = subject_folds(subjects[shuffle], labels[shuffle])
    assert (again == folds[shuffle]).all()
    assert (subject_folds(subjects, labels, seed=1) != folds).any()


def test_folds_are_frozen():
    # A change of these numbers changes published splits: never accept it.
    folds = subject_folds(list('aabbbcdddde'), [0, 1] * 5 + [0], 3)
    assert folds.tolist() == [2, 2, 1, 1, 1, 2, 0, 0, 0, 0, 2]


def test_as_many_folds_as_subjects_leaves_one_out():
    folds = subject_folds(list('abcabc'), num_folds=3)
    assert sorted(folds[:3]) == [0, 1, 2]
    assert (folds[:3] == folds[3:]).all()


def test_take_fold():
    samples = [dict(n=i) for i in range(4)]
    folds = np.array([0, 1, 1, 2])
    for split, numbers in (('test', [1, 2]), ('train', [0, 3]),
                           ('all', [0, 1, 2, 3])):
        taken = take_fold(samples, folds, split, 1)
        assert [s['n'] for s in taken] == numbers


@pytest.mark.parametrize('subjects, num_folds', [('ab', 3), ('aaaa', 2),
                                                 ('abc', 1)],
                         ids=['few_subjects', 'one_subject', 'one_fold'])
def test_bad_folds(subjects, num_folds):
    with pytest.raises(ValueError, match=f'{num_folds} folds cannot'):
        subject_folds(list(subjects), num_folds=num_folds)


@pytest.mark.parametrize('fold', [-1, 10, 1.5, True, '1'],
                         ids=['negative', 'too_high', 'float', 'bool', 'str'])
def test_bad_fold_number(fold):
    with pytest.raises(ValueError, match='fold must be an integer from 0'):
        check_fold(fold, 10)
