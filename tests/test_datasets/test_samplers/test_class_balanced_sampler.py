# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from mmengine.dataset import (ClassBalancedDataset, ConcatDataset,
                              RepeatDataset)
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmpretrain.datasets import KFoldDataset
from scipy.stats import chisquare

from mmfer.datasets import FERCSV
from mmfer.datasets.samplers import ClassBalancedSampler
from mmfer.datasets.samplers.labels import dataset_labels
from ...processes import run_processes


class Labels:
    """A dataset that only knows its labels."""

    def __init__(self, labels):
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def get_gt_labels(self):
        return self.labels


class Categories(Labels):
    """A dataset with ``get_cat_ids`` only."""

    get_gt_labels = property()

    def get_cat_ids(self, idx):
        return self.labels[idx]


@pytest.fixture
def toy():
    rng = np.random.RandomState(0)
    return Labels(rng.permutation(np.repeat([0, 1, 3], [10, 90, 900])))


@pytest.fixture
def faces(tmp_path):
    """A CSV dataset of 12 samples, eight of them happy."""
    names = ['happy'] * 8 + ['sad'] * 3 + ['fear']
    rows = ''
    for i, name in enumerate(names):
        (tmp_path / f'{i}.png').touch()
        rows += f'{i}.png,{name}\n'
    (tmp_path / 'labels.csv').write_text('path,expression\n' + rows)
    return FERCSV(str(tmp_path))


@pytest.mark.parametrize('power, weights', [
    (1, [1, 1, 1]), (0.5, [10**.5, 90**.5, 900**.5]), (0, [10, 90, 900])])
def test_class_frequencies(toy, power, weights):
    sampler = ClassBalancedSampler(toy, power, num_samples=30000, seed=1)
    drawn = np.bincount(toy.labels[list(sampler)], minlength=4)
    expected = np.array(weights) / np.sum(weights)
    assert drawn[2] == 0
    assert chisquare(drawn[[0, 1, 3]], 30000 * expected).pvalue > 0.01
    np.testing.assert_allclose(sampler.class_probabilities[[0, 1, 3]],
                               expected)


def test_samples_are_even_within_their_class(toy):
    sampler = ClassBalancedSampler(toy, num_samples=30000, seed=1)
    drawn = np.bincount(list(sampler), minlength=1000)
    for label in (0, 1, 3):
        assert chisquare(drawn[toy.labels == label]).pvalue > 0.01


def test_seed_and_epoch_decide(toy):
    draws = []
    for seed, epoch in ((5, 0), (5, 1), (6, 0), (5, 0), (4, 1)):
        sampler = ClassBalancedSampler(toy, seed=seed)
        np.random.seed(len(draws))  # The global stream must not matter.
        sampler.set_epoch(epoch)
        draws.append(list(sampler))
    assert draws[0] == draws[3]
    for other in (1, 2, 4):
        assert draws[0] != draws[other]
    # Seed and epoch are not merely added up.
    assert draws[1] != draws[2] and draws[0] != draws[4]


def test_length_and_type(toy):
    assert len(ClassBalancedSampler(toy, seed=0)) == 1000
    sampler = ClassBalancedSampler(toy, num_samples=7, seed=0)
    indices = list(sampler)
    assert len(sampler) == len(indices) == 7
    assert all(type(i) is int for i in indices)


def test_labels_through_wrappers(faces):
    own = faces.get_gt_labels().tolist()
    assert own == [0] * 8 + [1] * 3 + [2]
    repeated = RepeatDataset(faces, 2)
    both = ConcatDataset([faces, faces])
    oversampled = ClassBalancedDataset(faces, 0.3)
    # From a dict: MMPretrain's KFoldDataset does not take a built dataset.
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        fold = KFoldDataset(
            dict(type='FERCSV', data_root=faces.data_root),
            fold=2,
            num_splits=3,
            test_mode=True)
    for dataset in (faces, repeated, both, oversampled, fold):
        labels = dataset_labels(dataset)
        assert labels.dtype == np.int32
        assert labels.tolist() == [
            dataset.get_data_info(i)['gt_label'] for i in range(len(dataset))]
    assert len(oversampled) > 12 and len(fold) == 4
    assert dataset_labels(Categories([[2], [0]])).tolist() == [2, 0]


@pytest.mark.parametrize('wrap', [
    lambda d: d,
    lambda d: dict(type='RepeatDataset', dataset=d, times=3),
    lambda d: dict(type='ConcatDataset', datasets=[d, d]),
], ids=['plain', 'repeat', 'concat'])
def test_in_a_dataloader_of_the_runner(faces, wrap):
    dataset = wrap(dict(type='FERCSV', data_root=faces.data_root))
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        loader = Runner.build_dataloader(
            dict(
                batch_size=5,
                num_workers=0,
                dataset=dataset,
                sampler=dict(type='ClassBalancedSampler', num_samples=3000),
                collate_fn=dict(type='pseudo_collate')),
            seed=3)
    labels = [label for batch in loader for label in batch['gt_label']]
    assert len(labels) == 3000
    assert chisquare(np.bincount(labels)).pvalue > 0.01
    assert loader.sampler.seed == 3


WORKER = '''
import sys
import numpy as np
import torch.distributed as dist
from mmfer.datasets.samplers import ClassBalancedSampler

class Labels:
    def __len__(self): return 101
    def get_gt_labels(self): return np.arange(101) % 7 % 3

rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group('gloo', init_method='file://' + folder + '/store',
                        rank=rank, world_size=2)
np.random.seed(rank)
for name, seed in (('given', 9), ('agreed', None)):
    sampler = ClassBalancedSampler(Labels(), seed=seed)
    sampler.set_epoch(4)
    np.savez(f'{folder}/{name}{rank}.npz', own=list(sampler),
             draw=sampler.draw(), length=len(sampler), seed=sampler.seed)
dist.destroy_process_group()
'''


def test_two_ranks_share_one_draw(tmp_path):
    run_processes(WORKER, tmp_path)
    for name in ('given', 'agreed'):
        first, second = (np.load(tmp_path / f'{name}{rank}.npz')
                         for rank in range(2))
        assert first['seed'] == second['seed']
        assert first['length'] == second['length'] == 51
        assert (first['draw'] == second['draw']).all()
        # Alternating places of one global draw, without gap or overlap.
        assert (first['own'] == first['draw'][0::2]).all()
        assert (second['own'] == first['draw'][1::2]).all()
        assert len(first['own']) == len(second['own']) == 51


def test_bad_nothing_told():
    with pytest.raises(TypeError, match='list tells no labels'):
        ClassBalancedSampler([1, 2], seed=0)


@pytest.mark.parametrize('dataset, kwargs, message', [
    (Labels([0, 1]), dict(power=-.1), r'power must lie in \[0, 1\], got -0.1'),
    (Labels([0, 1]), dict(power=2), 'got 2'),
    (Labels([0, 1]), dict(power=float('nan')), 'got nan'),
    (Labels([0, 1]), dict(num_samples=0), 'num_samples must be positive'),
    (Labels(np.zeros(0, int)), {}, 'empty dataset'),
    (Labels([0, -1]), {}, 'without a class index'),
    (Labels([0, np.nan]), {}, 'without a class index'),
    (Categories([[0], [0, 1]]), {}, r'sample 1 of .* the classes \[0, 1\]'),
    (Categories([[0], []]), {}, r'sample 1 of .* the classes \[\]'),
], ids=['power_negative', 'power_high', 'power_nan', 'num_samples', 'empty',
        'label_negative', 'label_nan', 'two_labels', 'no_label'])
def test_bad_argument(dataset, kwargs, message):
    with pytest.raises(ValueError, match=message):
        ClassBalancedSampler(dataset, seed=0, **kwargs)
