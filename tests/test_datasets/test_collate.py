# Copyright (c) mmfer contributors.
import pytest
import torch
from mmengine.dataset import default_collate
from mmengine.registry import FUNCTIONS

from mmfer.datasets import fer_collate
from mmfer.datasets.collate import CollatedBatch
from mmfer.structures import FERDataSample, SampleBatch


def _sample(size):
    return dict(inputs=torch.zeros(3, size, size, dtype=torch.uint8),
                data_samples=FERDataSample().set_gt_label(size))


def test_stacks_inputs_and_targets():
    batch = fer_collate([_sample(4), _sample(4)])
    assert batch['inputs'].shape == (2, 3, 4, 4)
    assert isinstance(batch['data_samples'], SampleBatch)
    assert batch['data_samples'].targets['gt_label'].tolist() == [4, 4]


def test_inputs_of_several_sizes_stay_a_list():
    batch = fer_collate([_sample(4), _sample(6)])
    assert [tuple(i.shape) for i in batch['inputs']] == [(3, 4, 4), (3, 6, 6)]


def test_a_collated_batch_passes():
    ready = CollatedBatch(inputs=1, data_samples=2)
    assert fer_collate(ready) == dict(inputs=1, data_samples=2)


def test_has_a_name_for_configs():
    assert FUNCTIONS.get('fer_collate') is fer_collate


def test_bad_collate_function_gives_a_hint():
    with pytest.raises(KeyError, match='fer_collate'):
        default_collate(CollatedBatch(inputs=1))


def test_takes_the_scope_of_inherited_configs():
    """A config that inherits from ``mmfer::...`` hands it over."""
    batch = fer_collate([_sample(4)], _scope_='mmfer')
    assert batch['inputs'].shape == (1, 3, 4, 4)
