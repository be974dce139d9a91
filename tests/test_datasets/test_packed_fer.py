# Copyright (c) mmfer contributors.
import copy
import os
import pickle

import numpy as np
import pytest
import torch
from mmengine.dataset import ConcatDataset
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmfer.analysis import verify_config
from mmfer.datasets import PackedFER, SyntheticFER, fer_collate
from mmfer.datasets.packing import pack_dataset
from mmfer.registry import DATASETS
from tests.toys import make_ferplus, small_config

PACK = [dict(type='PackFERInputs')]


@pytest.fixture(scope='module')
def faces(tmp_path_factory):
    """Drawn faces with all kinds of targets, packed and not."""
    folder = tmp_path_factory.mktemp('faces')
    cfg = dict(type='SyntheticFER', size=20, image_size=40,
               target='distribution')
    draw = dict(type='DrawSyntheticFace')
    pack_dataset(dict(cfg, pipeline=[draw]), folder / 'pack', (32, 32),
                 workers=0)
    unpacked = DATASETS.build(dict(cfg, pipeline=[
        draw, dict(type='FaceResize', size=32), *PACK]))
    return folder / 'pack', unpacked


def _same(batch, wanted):
    assert torch.equal(batch['inputs'], wanted['inputs'])
    for name, stack in wanted['data_samples'].targets.items():
        assert torch.equal(batch['data_samples'].targets[name], stack), name
    for one, other in zip(batch['data_samples'], wanted['data_samples']):
        assert set(one.all_keys()) == set(other.all_keys())
        for key in other.all_keys():
            np.testing.assert_array_equal(one.get(key), other.get(key), key)
            assert type(one.get(key)) is type(other.get(key)), key


def test_is_bit_identical_to_the_unpacked_dataset(faces):
    folder, unpacked = faces
    packed = PackedFER(folder, pipeline=PACK)
    indices = [3, 19, 0, 3]
    wanted = fer_collate([unpacked[i] for i in indices])
    assert set(wanted['data_samples'].targets) == {
        'gt_label', 'gt_score', 'gt_au', 'gt_va', 'gt_landmarks'}
    _same(fer_collate(packed.__getitems__(indices)), wanted)
    _same(fer_collate([packed[i] for i in indices]), wanted)


def test_other_annotations_are_kept(faces):
    folder, unpacked = faces
    packed = PackedFER(folder)
    for index in (0, 7):
        info, wanted = packed.get_data_info(index), unpacked.get_data_info(
            index)
        for key in ('votes', 'true_distribution', 'ambiguity', 'occluder',
                    'subject'):
            np.testing.assert_array_equal(info[key], wanted[key])
    assert packed.get_gt_labels().tolist() == unpacked.get_gt_labels().tolist()
    assert packed.class_counts() == unpacked.class_counts()


def test_further_transforms_work_on_the_stored_faces(faces):
    folder, unpacked = faces
    pipeline = [dict(type='FaceFlip', prob=1.), *PACK]
    packed = PackedFER(folder, pipeline=pipeline)
    batch = packed.__getitems__([1, 2])
    assert isinstance(batch, list)
    assert torch.equal(batch[0]['inputs'], unpacked[1]['inputs'].flip(-1))
    assert packed[1]['data_samples'].flip is True
    assert batch[0]['data_samples'].affine.shape == (2, 3)


def test_label_space_and_targets(faces):
    folder, _ = faces
    eight = PackedFER(folder, pipeline=PACK)
    seven = PackedFER(folder, label_space='rafdb', targets=['gt_va'],
                      pipeline=PACK)
    assert len(seven) == 20 - eight.class_counts()['contempt']
    assert seven.class_counts()['happiness'] == eight.class_counts()[
        'happiness']
    batch = seven.__getitems__(list(range(len(seven))))
    assert set(batch['data_samples'].targets) == {'gt_label', 'gt_va',
                                                  'gt_mask'}
    for index, sample in enumerate(batch['data_samples']):
        alone = seven[index]
        assert sample.gt_label == alone['data_samples'].gt_label
        assert torch.equal(batch['inputs'][index], alone['inputs'])


@pytest.mark.parametrize('indices', [5, -5, [2, 9, 4]])
def test_subsets(faces, indices):
    folder, _ = faces
    whole = PackedFER(folder, pipeline=PACK)
    chosen = np.arange(20)[indices if isinstance(indices, list) else slice(
        indices) if indices > 0 else slice(indices, None)].tolist()
    wanted = whole.__getitems__(chosen)['inputs']
    ways = [PackedFER(folder, pipeline=PACK, indices=indices),
            whole.get_subset(indices), copy.deepcopy(whole)]
    ways[2].get_subset_(indices)
    for dataset in ways:
        batch = dataset.__getitems__(list(range(len(chosen))))
        assert torch.equal(batch['inputs'], wanted)


def test_copies_do_not_carry_pixels(faces):
    folder, _ = faces
    packed = PackedFER(folder, pipeline=PACK)
    packed.__getitems__([0])
    assert len(pickle.dumps(packed)) < 20 * 32 * 32 * 3
    again = pickle.loads(pickle.dumps(packed))
    assert torch.equal(again[5]['inputs'], packed[5]['inputs'])


@pytest.mark.parametrize('workers', [0, 2])
def test_loader_and_sample_indices(faces, workers):
    folder, _ = faces
    packed = PackedFER(folder, pipeline=PACK)
    packed.sample_offset = 100
    loader = DataLoader(packed, 6, num_workers=workers,
                        collate_fn=fer_collate)
    indices = []
    for batch in loader:
        assert batch['inputs'].is_contiguous(memory_format=torch.channels_last)
        for image, sample in zip(batch['inputs'], batch['data_samples']):
            indices.append(sample.sample_idx)
            assert torch.equal(image, packed[indices[-1] - 100]['inputs'])
    assert indices == list(range(100, 120))


def test_works_inside_wrappers(faces):
    folder, unpacked = faces
    packed = PackedFER(folder, pipeline=PACK)
    both = ConcatDataset([packed, unpacked])
    batch = next(iter(DataLoader(both, 40, collate_fn=fer_collate)))
    assert torch.equal(batch['inputs'][:20], batch['inputs'][20:])


def test_protocol_tells_both(faces):
    folder, unpacked = faces
    info, wanted = PackedFER(folder).protocol(), unpacked.protocol()
    for key in ('dataset', 'split', 'classes', 'samples', 'class_counts',
                'label_space'):
        assert info[key] == wanted[key]
    assert info['packed']['size'] == [32, 32]
    assert 'DrawSyntheticFace' in str(info['packed']['pipeline'])
    assert isinstance(unpacked, SyntheticFER)


def test_trains_like_the_unpacked_dataset(tmp_path):
    """The same weights after two epochs with a worker."""
    root = make_ferplus(tmp_path / 'data', size=24)
    make_ferplus(root, 'valid', per_class=2, size=24)
    weights = {}
    for packed in (False, True):
        cfg = small_config(root, tmp_path / f'run{packed}', num_workers=1)
        for name, split in (('train', 'train'), ('val', 'valid')):
            loader = cfg[f'{name}_dataloader']
            loader.collate_fn = dict(type='fer_collate')
            loader.dataset.pipeline = [
                dict(type='LoadFERImage'), *PACK]
            if packed:
                out = tmp_path / f'pack-{split}'
                pack_dataset(loader.dataset.to_dict(), out, (24, 24),
                             workers=0)
                loader.dataset = dict(
                    type='PackedFER', data_root=os.fspath(out), pipeline=PACK)
        cfg.test_dataloader = cfg.test_evaluator = cfg.test_cfg = None
        runner = Runner.from_cfg(cfg)
        runner.train()
        weights[packed] = runner.model.state_dict()
    for name, value in weights[False].items():
        assert torch.equal(value, weights[True][name]), name


def test_can_be_verified(faces, tmp_path):
    """Also where the original files are gone."""
    root = make_ferplus(tmp_path / 'data', size=24)
    cfg = dict(type='FERPlus', data_root=os.fspath(root), pipeline=[
        dict(type='LoadFERImage')])
    pack_dataset(cfg, tmp_path / 'pack', (24, 24), workers=0)
    (root / 'data').rename(root / 'gone')
    loader = dict(dataset=dict(
        type='PackedFER', data_root=os.fspath(tmp_path / 'pack')))
    report = verify_config(dict(train_dataloader=loader))
    assert not [f for f in report['findings'] if 'missing' in str(f)]
    assert report['datasets'][0]['samples'] == 32


@pytest.mark.parametrize('options, message', [
    (dict(split='test'), "no split 'test'"),
    (dict(targets=['gt_age']), 'gt_age'),
    (dict(label_space=['pain']), 'share no class'),
], ids=['split', 'targets', 'label_space'])
def test_bad_options(faces, options, message):
    with pytest.raises((ValueError, KeyError), match=message):
        PackedFER(faces[0], **options).full_init()
