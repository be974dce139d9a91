# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.datasets import FoldDataset
from mmfer.datasets.folds import subject_folds

FACES = dict(type='SyntheticFER', size=40, image_size=32, num_subjects=12)


def test_folds_make_up_the_whole():
    parts = [FoldDataset(FACES, fold, 4, held_out=True) for fold in range(4)]
    rests = [FoldDataset(FACES, fold, 4) for fold in range(4)]
    places = np.concatenate([part.indices for part in parts])
    assert sorted(places) == list(range(40))
    whole = parts[0].dataset.__class__(
        **{k: v for k, v in FACES.items() if k != 'type'})
    subjects = [whole.get_data_info(i)['subject'] for i in range(40)]
    folds = subject_folds(subjects, whole.get_gt_labels(), 4)
    for fold, (part, rest) in enumerate(zip(parts, rests)):
        assert part.indices.tolist() == np.flatnonzero(folds == fold).tolist()
        assert set(part.indices).isdisjoint(rest.indices)
        assert len(part) + len(rest) == part.whole_size == 40
        for dataset in (part, rest):
            labels = whole.get_gt_labels()[dataset.indices]
            assert dataset.get_gt_labels().tolist() == labels.tolist()
            assert dataset.get_cat_ids(1) == [labels[1]]
            assert dataset.get_data_info(2)['subject'] == (
                subjects[dataset.indices[2]])
    assert 'only fold 0 of 4' in repr(parts[0])


@pytest.mark.parametrize('options, message', [
    (dict(fold=5), 'from 0 to 4'), (dict(num_folds=30), '30 folds cannot')])
def test_bad_fold(options, message):
    with pytest.raises(ValueError, match=message):
        FoldDataset(FACES, **options)
