# Copyright (c) mmfer contributors.
import hashlib
import os.path as osp
import subprocess
import sys
import time

import numpy as np
import pytest
from mmpretrain.registry import DATASETS
from torch.utils.data import DataLoader

import mmfer  # noqa: F401
from mmfer.datasets import SyntheticFER
from mmfer.structures import AU_SETS

DRAW = [dict(type='DrawSyntheticFace')]
ARRAYS = ('img', 'gt_mask', 'gt_landmarks', 'gt_au', 'gt_va', 'votes',
          'true_distribution')


def digest(sample):
    state = hashlib.sha256()
    for key in ARRAYS:
        state.update(np.ascontiguousarray(sample[key]).tobytes())
    state.update(str((sample['gt_label'], sample['subject'],
                      sample['occluder'])).encode())
    return state.hexdigest()


def test_a_face_keeps_its_name():
    """Whatever part of the set it stands in."""
    whole = SyntheticFER(size=30, num_subjects=10)
    names = {info['face'].tobytes(): info['face_name']
             for info in map(whole.get_data_info, range(30))}
    assert len(set(names.values())) == 30
    subject = whole.get_data_info(0)['subject']
    for options in (dict(indices=[7, 3]), dict(label_space='affectnet7'),
                    dict(subjects=dict(exclude=[subject]))):
        part = SyntheticFER(size=30, num_subjects=10, **options)
        assert len(part) < 30
        for info in map(part.get_data_info, range(len(part))):
            assert info['face_name'] == names[info['face'].tobytes()]


def test_registered_and_complete():
    dataset = DATASETS.build(
        dict(type='SyntheticFER', size=20, pipeline=DRAW, image_size=96))
    sample = dataset[7]
    assert sample['img'].shape == (96, 96, 3)
    assert sample['img'].dtype == np.uint8
    assert sample['gt_mask'].shape == (96, 96)
    assert sample['gt_mask'].dtype == np.uint8
    assert sample['gt_landmarks'].shape == (68, 2)
    assert sample['gt_landmarks'].dtype == np.float32
    assert sample['gt_au'].shape == (len(AU_SETS['synthetic']), )
    assert sample['gt_va'].shape == (2, )
    assert sample['img_path'] == 'synthetic/seed0/train/000007'
    assert 'gt_score' not in sample and 'record' not in sample
    # Everything but the pixels is there without drawing.
    info = dataset.get_data_info(7)
    np.testing.assert_array_equal(info['gt_landmarks'],
                                  sample['gt_landmarks'])
    assert 'img' not in info


def test_same_bytes_in_any_size_and_order():
    small = SyntheticFER(size=12, pipeline=DRAW)
    large = SyntheticFER(size=150, pipeline=DRAW)
    backward = {i: digest(large[i]) for i in reversed(range(12))}
    assert backward == {i: digest(small[i]) for i in range(12)}
    assert len(set(backward.values())) == 12


@pytest.mark.parametrize('change', [
    dict(seed=1), dict(split='valid'), dict(split='test')], ids=str)
def test_other_seed_or_split_is_another_face(change):
    first = SyntheticFER(size=4, pipeline=DRAW)
    other = SyntheticFER(size=4, pipeline=DRAW, **change)
    assert all(digest(first[i]) != digest(other[i]) for i in range(4))


def test_same_bytes_in_another_process_and_in_workers():
    code = ('import sys; sys.path.insert(0, sys.argv[1])\n'
            'from test_synthetic_fer import DRAW, digest\n'
            'from mmfer.datasets import SyntheticFER\n'
            'dataset = SyntheticFER(size=9, pipeline=DRAW, seed=5)\n'
            'print(*[digest(dataset[i]) for i in range(9)])')
    output = subprocess.run(
        [sys.executable, '-c', code, osp.dirname(__file__)],
        capture_output=True, text=True, check=True)
    dataset = SyntheticFER(size=9, pipeline=DRAW, seed=5)
    here = [digest(dataset[i]) for i in range(9)]
    assert output.stdout.split()[-9:] == here
    loader = DataLoader(dataset, batch_size=2, num_workers=2,
                        collate_fn=lambda batch: [digest(s) for s in batch])
    assert [d for batch in loader for d in batch] == here


def test_drawing_leaves_the_generators_alone():
    dataset = SyntheticFER(size=2, pipeline=DRAW)
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    dataset[0], dataset[1]
    np.testing.assert_array_equal(before, np.random.get_state()[1])


def test_splits_share_no_subject():
    subjects = {}
    for split in SyntheticFER.SPLITS:
        dataset = SyntheticFER(size=200, split=split, num_subjects=25)
        subjects[split] = {
            dataset.get_data_info(i)['subject'] for i in range(200)}
    assert not subjects['train'] & subjects['valid']
    assert not subjects['train'] & subjects['test']
    assert not subjects['valid'] & subjects['test']
    assert [len(s) for s in subjects.values()] == [15, 5, 5]


def test_classes_are_balanced_without_ambiguity():
    counts = SyntheticFER(size=803, ambiguity=0.).class_counts().values()
    assert min(counts) >= 99 and max(counts) <= 102


def test_long_tail_follows_the_class_weights():
    weights = dict(neutral=40, happiness=30, sadness=20, fear=10)
    counts = SyntheticFER(size=1000, ambiguity=0.,
                          class_weights=weights).class_counts()
    for name, count in counts.items():
        assert abs(count - 10 * weights.get(name, 0)) <= 3, counts


def test_distribution_target_is_the_votes():
    dataset = SyntheticFER(size=60, target='distribution', ambiguity=1.)
    for i in range(60):
        info = dataset.get_data_info(i)
        np.testing.assert_allclose(info['gt_score'], info['votes'] / 10)
        assert info['gt_label'] == info['votes'].argmax()


def test_truth_labels_ignore_the_votes():
    kwargs = dict(size=300, target='distribution', ambiguity=1.)
    truth = SyntheticFER(labels='truth', **kwargs)
    votes = SyntheticFER(labels='votes', **kwargs)
    differ = 0
    for i in range(300):
        info = truth.get_data_info(i)
        np.testing.assert_array_equal(info['gt_score'],
                                      info['true_distribution'])
        assert info['gt_label'] == info['true_distribution'].argmax()
        differ += info['gt_label'] != votes.get_data_info(i)['gt_label']
    assert 0 < differ < 150


def test_other_label_space_maps_by_name():
    native = SyntheticFER(size=80)
    mapped = SyntheticFER(size=80, label_space='rafdb')
    contempt = native.class_counts()['contempt']
    assert mapped.dropped == {'contempt': contempt} and contempt > 0
    assert len(mapped) == 80 - contempt
    info = mapped.get_data_info(0)
    assert info['true_distribution'].shape == (7, )
    assert info['true_distribution'].sum() == pytest.approx(1)


def test_occlusion_and_ambiguity_shares():
    dataset = SyntheticFER(size=1500, occlusion=.4, ambiguity=.25)
    infos = [dataset.get_data_info(i) for i in range(1500)]
    hidden = np.mean([info['occluder'] != 'none' for info in infos])
    blended = np.mean([info['ambiguity'] > 0 for info in infos])
    assert abs(hidden - .4) < .05 and abs(blended - .25) < .05
    assert {info['occluder'] for info in infos} == {
        'none', 'mask', 'glasses', 'sunglasses', 'hand'}
    for info in infos[:50]:
        p = info['true_distribution'].astype(np.float64)
        entropy = -sum(q * np.log(q) for q in p if q > 0)
        assert info['ambiguity'] == pytest.approx(entropy, abs=1e-5)


def test_annotations_are_cheap():
    start = time.process_time()
    SyntheticFER(size=5000)
    assert time.process_time() - start < 10


def test_protocol_and_repr():
    dataset = SyntheticFER(size=30, seed=4, occlusion=.5)
    protocol = dataset.protocol()
    assert protocol['samples'] == 30
    assert 'occlusion 0.5' in protocol['notes']
    assert 'drawn faces, seed 4' in repr(dataset)


@pytest.mark.parametrize('kwargs, words', [
    (dict(size=0), 'size must lie in'),
    (dict(size=2.5), 'size must be an integer'),
    (dict(size=True), 'size must be an integer'),
    (dict(size='many'), "got 'many'"),
    (dict(split='training'), "no split 'training'"),
    (dict(image_size=16), r'image_size must lie in \[32, 1024\], got 16'),
    (dict(image_size=(112, 112)), 'image_size must be an integer'),
    (dict(seed=-1), 'seed must lie in'),
    (dict(seed=None), 'seed must be an integer'),
    (dict(target='soft'), 'target must be one of'),
    (dict(labels='annotators'), 'labels must be one of'),
    (dict(num_subjects=2), 'num_subjects must lie in'),
    (dict(ambiguity=1.5), r'ambiguity must lie in \[0, 1\], got 1.5'),
    (dict(occlusion=-.1), 'occlusion must lie in'),
    (dict(occlusion=float('nan')), 'occlusion must lie in'),
    (dict(pose=80), 'pose must lie in'),
    (dict(sensor_noise='low'), 'noise must be a number'),
    (dict(class_weights=[1] * 8), 'class_weights must be a dict'),
    (dict(class_weights=dict(joyful=1)), 'joyful'),
    (dict(class_weights=dict(anger=-1)), 'not negative'),
    (dict(class_weights={}), 'not all zero'),
    (dict(label_space='rafbd'), "unknown label space 'rafbd'"),
    (dict(label_space=['calm', 'bored']), 'share no class'),
    (dict(data_root='data/faces'), 'takes no data_root'),
], ids=lambda value: str(value)[:40])
def test_bad_arguments(kwargs, words):
    with pytest.raises((TypeError, ValueError, KeyError), match=words):
        SyntheticFER(**kwargs)
