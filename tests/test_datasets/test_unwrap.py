# Copyright (c) mmfer contributors.
from mmengine.dataset import BaseDataset, ClassBalancedDataset
from mmengine.dataset import ConcatDataset as EngineConcat
from mmengine.dataset import RepeatDataset
from mmpretrain.datasets import KFoldDataset
from torch.utils.data import ConcatDataset, Subset

from mmfer.datasets import leaf_datasets
from mmfer.datasets.unwrap import wrapper_names


class _Toy(BaseDataset):

    def load_data_list(self):
        return [dict(gt_label=i % 2) for i in range(6)]

    def get_cat_ids(self, idx):
        return [self.get_data_info(idx)['gt_label']]


def test_a_plain_dataset_is_its_own_leaf():
    toy = _Toy()
    assert leaf_datasets(toy) == [toy]


def test_wrappers_of_every_kind_are_opened():
    a, b, c = _Toy(), _Toy(), _Toy()
    for wrapper in (RepeatDataset(a, times=2), Subset(a, [3]),
                    ClassBalancedDataset(a, oversample_thr=0.1),
                    Subset(a, [0, 1]), EngineConcat([a])):
        assert leaf_datasets(wrapper) == [a]
    (fold, ) = leaf_datasets(KFoldDataset(dict(type=_Toy), num_splits=2))
    assert isinstance(fold, _Toy) and len(fold) == 3
    nested = ConcatDataset([RepeatDataset(a, times=2), ConcatDataset([b, c])])
    assert [id(x) for x in leaf_datasets(nested)] == [id(a), id(b), id(c)]


def test_a_dataset_held_twice_is_listed_once():
    a = _Toy()
    assert leaf_datasets(ConcatDataset([a, RepeatDataset(a, times=3)])) == [a]


def test_the_wrappers_are_named():
    a, b = _Toy(), _Toy()
    nested = ConcatDataset([RepeatDataset(a, times=2), Subset(b, [0])])
    assert wrapper_names(nested) == [
        'ConcatDataset', 'RepeatDataset', 'Subset'
    ]
    assert wrapper_names(a) == []
