# Copyright (c) mmfer contributors.
import os

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from torch.utils.data import DataLoader

from mmfer.datasets import InMemoryDataset, fer_collate

LOAD = [dict(type='LoadFERImage'), dict(type='PackFERInputs')]


@pytest.fixture
def make(tmp_path):
    init_default_scope('mmpretrain')
    lines = ['path,expression,subject,valence,arousal']
    rng = np.random.RandomState(0)
    for i, name in enumerate(['happy', 'sad', 'happy', 'fear', 'sad']):
        img = rng.randint(0, 255, (8 + (i == 4), 8, 3)).astype(np.uint8)
        assert cv2.imwrite(os.fspath(tmp_path / f'{i}.png'), img)
        lines.append(f'{i}.png,{name},P{i},{"0.5,0" if i % 2 else ","}')
    (tmp_path / 'labels.csv').write_text('\n'.join(lines) + '\n')

    def build(pipeline=LOAD, number=4):
        return InMemoryDataset(dict(
            type='FERCSV', data_root=str(tmp_path), indices=number,
            pipeline=pipeline))

    return build


def test_batches_are_those_of_the_dataset(make):
    held = make()
    order = [3, 0, 2]
    loader = DataLoader(held, batch_sampler=[order], collate_fn=fer_collate)
    batch, = list(loader)
    expected = fer_collate([held.dataset[i] for i in order])
    assert torch.equal(batch['inputs'], expected['inputs'])
    ours, theirs = batch['data_samples'], expected['data_samples']
    assert set(ours.targets) == set(theirs.targets)
    for name, stack in ours.targets.items():
        torch.testing.assert_close(stack, theirs.targets[name],
                                   equal_nan=True)
    for one, other in zip(ours, theirs):
        assert set(one.all_keys()) == set(other.all_keys())
        assert (one.subject, one.sample_idx) == (other.subject,
                                                 other.sample_idx)
    sample = held[2]
    assert torch.equal(sample['inputs'], batch['inputs'][2])
    assert sample['data_samples'].sample_idx == 2


def test_files_are_read_once(make, tmp_path):
    held = make()
    first = held[1]['inputs'].clone()
    for path in tmp_path.glob('*.png'):
        path.unlink()
    assert torch.equal(held[1]['inputs'], first)


def test_another_label_order_is_followed(make):
    held = make()
    assert held[0]['data_samples'].gt_label.tolist() == [0]
    held.dataset.set_label_space(['fear', 'sadness', 'happiness'])
    assert held[0]['data_samples'].gt_label.tolist() == [2]
    assert held.get_gt_labels().tolist() == [2, 1, 2, 0]


def test_bad_random_pipeline(make):
    noise = dict(type='FaceGaussianNoise', prob=1.)
    with pytest.raises(ValueError, match='data_preprocessor.augments'):
        make([LOAD[0], noise, LOAD[1]])[0]


def test_bad_sizes(make):
    with pytest.raises(ValueError, match='put FaceResize'):
        make(number=5)[0]
