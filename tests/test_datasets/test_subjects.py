# Copyright (c) mmfer contributors.
"""Any dataset can be restricted to some people."""
import pytest

from mmfer.datasets import FERCSV, SyntheticFER
from mmfer.structures import AnnotationError


def people(dataset):
    return {dataset.get_data_info(i)['subject'] for i in range(len(dataset))}


def test_include_and_exclude_divide_a_dataset():
    whole = SyntheticFER(size=30, num_subjects=10)
    some = sorted(people(whole))[:2]
    kept = SyntheticFER(size=30, num_subjects=10,
                        subjects=dict(include=some))
    others = SyntheticFER(size=30, num_subjects=10,
                          subjects=dict(exclude=some))
    assert people(kept) == set(some)
    assert people(others) == people(whole) - set(some)
    assert len(kept) + len(others) == 30
    assert 'include subjects: 2 remain' in kept.protocol()['notes']
    nobody = SyntheticFER(size=30, subjects=dict(exclude=[]))
    assert len(nobody) == 30


@pytest.mark.parametrize('subjects', [
    ['s1'], dict(include='s1'), dict(include=[], exclude=[]), dict(only=[]),
    {}], ids=['list', 'text', 'both', 'unknown', 'empty'])
def test_bad_form(subjects):
    with pytest.raises(ValueError, match=r'dict\(include=\[...\]\)'):
        SyntheticFER(size=4, subjects=subjects)


def test_bad_name():
    with pytest.raises(AnnotationError, match=r"not there: \['x'\].*s0\d+"):
        SyntheticFER(size=4, subjects=dict(exclude=['x']))


def test_bad_dataset_without_subjects(tmp_path):
    (tmp_path / 'labels.csv').write_text('path,expression\na.png,fear\n')
    with pytest.raises(AnnotationError, match='a sample has no subject'):
        FERCSV(str(tmp_path), subjects=dict(exclude=[]))
