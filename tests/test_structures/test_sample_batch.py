# Copyright (c) mmfer contributors.
import pickle
from multiprocessing.reduction import ForkingPickler

import pytest
import torch
from torch.utils.data import DataLoader

from mmfer.structures import FERDataSample, SampleBatch


def _samples(number=3):
    samples = []
    for i in range(number):
        sample = FERDataSample(
            metainfo=dict(sample_idx=i, img_path=f'{i}.png'))
        sample.set_gt_label(i).set_gt_score([0.1 * i, 1 - 0.1 * i])
        samples.append(sample.set_gt_landmarks(torch.full((5, 2), float(i))))
    return samples


def test_targets_are_stacked_and_viewed():
    samples = _samples()
    batch = SampleBatch.of(samples)
    assert batch.targets['gt_label'].tolist() == [0, 1, 2]
    assert batch.targets['gt_score'].shape == (3, 2)
    assert batch.targets['gt_landmarks'].shape == (3, 5, 2)
    assert batch[1] is samples[1] and list(batch) == samples
    batch.targets['gt_label'][1] = 7
    assert batch[1].gt_label.tolist() == [7]


def test_a_batch_stays_itself():
    batch = SampleBatch.of(_samples())
    assert SampleBatch.of(batch) is batch


def test_samples_are_made_from_stacks():
    """They equal those that are filled one by one."""
    wanted = _samples()
    given = SampleBatch.of(wanted)
    made = SampleBatch(
        given.targets,
        dict(sample_idx=[0, 1, 2], img_path=['0.png', '1.png', '2.png']))
    assert made[0] is made[0]
    for one, other in zip(made, wanted):
        assert set(one.all_keys()) == set(other.all_keys())
        assert one.num_classes == other.num_classes == 2
        assert one.img_path == other.img_path
        assert torch.equal(one.gt_label, other.gt_label)
        assert torch.equal(one.gt_landmarks, other.gt_landmarks)
        assert one.to_dict().keys() == other.to_dict().keys()
    made[1].set_pred_label(4)
    assert 'pred_label' in made[1] and 'pred_label' not in made[0]


def test_unknown_targets_are_nan():
    samples = _samples()
    samples[1].set_gt_va([0.5, -0.5])
    va = SampleBatch.of(samples).targets['gt_va']
    assert va.isnan().all(1).tolist() == [True, False, True]
    assert va[1].tolist() == [0.5, -0.5]


def test_new_targets_reach_the_samples():
    batch = SampleBatch.of(_samples())
    other = batch.with_targets({'gt_label': torch.tensor([5, 5, 6])})
    assert [s.gt_label.item() for s in other] == [5, 5, 6]
    assert torch.equal(other.targets['gt_score'], batch.targets['gt_score'])


@pytest.mark.parametrize('made', [True, False])
def test_targets_are_replaced_in_place(made):
    batch = SampleBatch(SampleBatch.of(_samples()).targets, {})
    if made:
        assert batch[2].gt_label.item() == 2
    batch.update_targets({'gt_label': torch.tensor([5, 5, 6])})
    assert [s.gt_label.item() for s in batch] == [5, 5, 6]
    assert batch.targets['gt_label'].tolist() == [5, 5, 6]
    assert batch[0].gt_score.shape == (2, )


def test_moves_to_a_device():
    moved = SampleBatch.of(_samples()).to('meta')
    assert all(t.is_meta for t in moved.targets.values())
    assert moved[0].gt_score.is_meta


@pytest.mark.parametrize('made', [True, False])
def test_pickle(made):
    batch = SampleBatch.of(_samples())
    if made:
        batch = SampleBatch(batch.targets, dict(sample_idx=[0, 1, 2]))
    again = pickle.loads(pickle.dumps(batch))
    assert torch.equal(again.targets['gt_score'], batch.targets['gt_score'])
    assert [s.sample_idx for s in again] == [0, 1, 2]
    assert isinstance(ForkingPickler.dumps(batch), memoryview)


class _Batches:

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return _samples(5)


def test_comes_from_a_loader_worker():
    loader = DataLoader(
        _Batches(), None, num_workers=1, collate_fn=SampleBatch.of)
    for batch in loader:
        assert batch.targets['gt_label'].tolist() == [0, 1, 2, 3, 4]
        assert batch[4].img_path == '4.png'


def _without(name):
    samples = _samples()
    samples[1].pop(name)
    return samples


def _with_label(value):
    samples = _samples()
    samples[1].set_gt_label(value)
    return samples


def _with_points(number):
    samples = _samples()
    samples[1].set_gt_landmarks(torch.zeros(number, 2))
    return samples


@pytest.mark.parametrize('samples, message', [
    (_without('gt_label'), r'gt_label is known for 2 of 3.*1\.png'),
    (_without('gt_score'), r'gt_score is known for 2 of 3.*1\.png'),
    (_with_label([1, 2]), 'one label'),
    (_with_points(68), 'gt_landmarks differs in shape'),
], ids=['no_label', 'no_score', 'two_labels', 'points_differ'])
def test_bad_batch(samples, message):
    with pytest.raises(ValueError, match=message):
        SampleBatch.of(samples)


@pytest.mark.parametrize('metas', [dict(a=[1, 2]), dict(a=[])],
                         ids=['short', 'empty'])
def test_bad_lengths(metas):
    with pytest.raises(ValueError, match='one length'):
        SampleBatch({'gt_label': torch.tensor([1, 2, 3])}, metas)


def test_labels_that_no_detector_made_are_trusted():
    samples = _samples()
    samples[1].set_au_confidence(.25).set_gt_au([1., 0.])
    batch = SampleBatch.of(samples)
    assert batch.targets['au_confidence'].tolist() == [1, .25, 1]
    assert batch.targets['gt_au'][0].isnan().all()
    assert batch[0].au_confidence == 1
    assert 'va_confidence' not in batch.targets
