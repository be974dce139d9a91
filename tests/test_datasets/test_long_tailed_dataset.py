# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from mmengine.dataset import ConcatDataset
from mmengine.registry import DefaultScope
from mmpretrain.registry import DATASETS
from torch.utils.data import DataLoader

from mmfer.datasets import (FERPlus, LongTailedDataset, fer_collate,
                            leaf_datasets)
from mmfer.datasets.long_tail import draw_long_tail, long_tail_counts
from mmfer.datasets.packing import pack_dataset
from mmfer.datasets.samplers.labels import dataset_labels
from mmfer.engine.protocol import describe_data
from ..toys import make_ferplus

# The 8 classes have 12 faces each.
TAIL = [12, 8, 5, 4, 2, 2, 1, 1]


@pytest.fixture(scope='module')
def faces(tmp_path_factory):
    return make_ferplus(tmp_path_factory.mktemp('faces'), per_class=12)


def _build(faces, factor=12., pipeline=(), **kwargs):
    return DATASETS.build(
        dict(type='LongTailedDataset', imbalance_factor=factor, **kwargs,
             dataset=dict(type='FERPlus', data_root=str(faces),
                          pipeline=list(pipeline))))


# -- the profile


def test_counts_of_long_tailed_cifar():
    """As LDAM's code reckons them, class by class."""
    for classes, most, factor in ((10, 5000, 100), (100, 500, 50)):
        want = [int(most * (1 / factor)**(c / (classes - 1.)))
                for c in range(classes)]
        assert long_tail_counts([most] * classes, factor) == want
    assert long_tail_counts([5000] * 10, 100) == [
        5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]


def test_ranks_follow_the_frequencies():
    available = [8733, 7284, 3136, 3022, 2098, 116, 536, 120]
    assert long_tail_counts(available, 100, max_count=1500) == [
        1500, 776, 402, 208, 107, 15, 55, 28]


@pytest.mark.parametrize('factor', [1, 3.7, 50, 1000])
def test_largest_possible_tail(factor):
    available = [873, 728, 2000, 90, 41]
    counts = long_tail_counts(available, factor)
    assert all(n <= m for n, m in zip(counts, available))
    with pytest.raises(ValueError, match='Hint'):
        long_tail_counts(available, factor, max(counts) + 1)


def test_draw_is_that_of_ldam():
    """Its loop over classes, with NumPy's global generator."""
    labels = np.random.default_rng(0).permutation(np.arange(60) % 3)
    np.random.seed(5)
    want = []
    for label, number in enumerate([7, 20, 1]):
        indices = np.where(labels == label)[0]
        np.random.shuffle(indices)
        want.extend(indices[:number])
    got = draw_long_tail(labels, [7, 20, 1], seed=5)
    assert got.tolist() == sorted(want)


# -- the dataset


def test_dataset_is_cut(faces):
    dataset, whole = _build(faces), FERPlus(data_root=str(faces))
    assert dataset.metainfo == whole.metainfo
    assert np.bincount(dataset.get_gt_labels()).tolist() == TAIL
    assert len(dataset) == sum(TAIL) == len(dataset_labels(dataset))
    paths = {}
    for i, label in enumerate(dataset.get_gt_labels()):
        info = dataset.get_data_info(i)
        assert info['sample_idx'] == i and info['gt_label'] == label
        assert dataset.get_cat_ids(i) == [label]
        paths[info['img_path']] = label
    assert len(paths) == len(dataset)
    for i in range(len(whole)):
        info = whole.get_data_info(i)
        assert paths.get(info['img_path'], info['gt_label']
                         ) == info['gt_label']


def test_seed_decides(faces):
    draws = [[_build(faces, seed=seed).get_data_info(i)['img_path']
              for i in range(5)] for seed in (0, 1, 0)]
    assert draws[0] == draws[2] != draws[1]


def test_leaf_and_protocol_see_what_is_left(faces):
    dataset = _build(faces)
    leaf, = leaf_datasets(dataset)
    assert len(leaf) == len(dataset) and leaf.randomness._told.is_shared()
    block = describe_data(DataLoader(dataset, batch_size=2), 1)
    assert block['wrappers'] == ['LongTailedDataset']
    assert list(block['sets'][0]['class_counts'].values()) == TAIL
    assert 'imbalance factor 12, seed 0, 35 of 96' in str(
        block['sets'][0]['notes'])


def test_within_a_concatenation(faces):
    part = dict(type='LongTailedDataset', imbalance_factor=12.,
                dataset=dict(type='FERPlus', data_root=str(faces)))
    both = ConcatDataset([
        dict(part, _scope_='mmpretrain'), dict(part, _scope_='mmpretrain')])
    assert len(both) == 2 * sum(TAIL)
    assert np.bincount(dataset_labels(both)).tolist() == [2 * n for n in TAIL]


@pytest.mark.parametrize('kind, options, times', [
    ('RepeatDataset', dict(times=3), [3] * 8),
    # 35 faces: classes of one or two are rarer than 1 / 10.
    ('ClassBalancedDataset', dict(oversample_thr=.1),
     [1, 1, 1, 1, 2, 2, 2, 2]),
    ('InMemoryDataset', {}, [1] * 8),
])
def test_within_other_wrappers(faces, kind, options, times):
    tail = dict(type='LongTailedDataset', imbalance_factor=12.,
                dataset=dict(type='FERPlus', data_root=str(faces)))
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        outer = DATASETS.build(dict(type=kind, dataset=tail, **options))
    assert np.bincount(dataset_labels(outer)).tolist() == [
        n * m for n, m in zip(TAIL, times)]


@pytest.mark.parametrize('kind, options', [
    ('RepeatDataset', dict(times=3)),
    ('ClassBalancedDataset', dict(oversample_thr=.1)),
    ('ConcatDataset', {}),
])
def test_other_wrappers_inside_are_refused(faces, kind, options):
    part = dict(type='FERPlus', data_root=str(faces))
    inner = dict(type=kind, **options, **(
        dict(datasets=[part, part]) if kind == 'ConcatDataset' else
        dict(dataset=part)))
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        with pytest.raises(TypeError, match=f'got {kind}. Hint'):
            LongTailedDataset(inner, 12.)


@pytest.mark.parametrize('kind, options, want', [
    ('InMemoryDataset', {}, TAIL),
    # Of twelve faces a class a third is held out, the others are a tail.
    ('FoldDataset', dict(num_folds=3), [8, 5, 4, 3, 2, 1, 1, 1]),
])
def test_wrappers_inside(faces, kind, options, want):
    dataset = LongTailedDataset(
        dict(type=kind, dataset=dict(type='FERPlus', data_root=str(faces)),
             **options), want[0])
    assert np.bincount(dataset.get_gt_labels()).tolist() == want


def test_noisy_labels_count(faces):
    dataset = DATASETS.build(
        dict(type='LongTailedDataset', imbalance_factor=3.,
             dataset=dict(type='FERPlus', data_root=str(faces),
                          noise=dict(type='SymmetricNoise', ratio=.3))))
    labels, (leaf, ) = dataset.get_gt_labels(), leaf_datasets(dataset)
    counts = np.bincount(labels)
    assert counts.min() == counts.max() // 3
    assert 0 < (labels != leaf.clean_labels()).sum() < len(labels) / 2


def test_batches_of_packed_faces(faces, tmp_path):
    load, ready = dict(type='LoadFERImage'), dict(type='PackFERInputs')
    pack_dataset(
        dict(type='FERPlus', data_root=str(faces), pipeline=[load]),
        tmp_path / 'packed', (8, 8), workers=0)
    packed = LongTailedDataset(
        dict(type='PackedFER', data_root=str(tmp_path / 'packed'),
             pipeline=[ready]), 12.)
    plain = _build(
        faces, pipeline=[load, dict(type='FaceResize', size=8), ready])
    loaders = [DataLoader(dataset, batch_size=5, collate_fn=fer_collate)
               for dataset in (plain, packed)]
    for one, other in zip(*loaders, strict=True):
        assert torch.equal(one['inputs'], other['inputs'])
        assert torch.equal(*(batch['data_samples'].targets['gt_label']
                             for batch in (one, other)))
    assert hasattr(packed.__getitems__([0, 1]), 'keys')


@pytest.mark.parametrize('factor, kwargs, message', [
    (.5, {}, 'imbalance factor from 1'),
    (12, dict(max_count=13), 'there are'),
    (100, {}, 'Hint'),
])
def test_bad_tail(faces, factor, kwargs, message):
    with pytest.raises(ValueError, match=message):
        _build(faces, factor, **kwargs)


def test_bad_dataset():
    with pytest.raises(TypeError, match='cuts datasets of MMEngine, got list'):
        LongTailedDataset([1, 2])
