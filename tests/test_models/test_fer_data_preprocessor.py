# Copyright (c) mmfer contributors.
import torch
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.structures import FERDataSample


def _batch():
    samples = [FERDataSample().set_gt_label(i) for i in range(3)]
    for i, sample in enumerate(samples):
        sample.set_gt_va([0.1 * i, -0.1 * i])
        sample.set_gt_landmarks(torch.full((5, 2), float(i)))
    samples[1].set_gt_au([1., float('nan'), 0.])  # only one has AUs
    inputs = torch.randint(0, 256, (3, 3, 8, 8), dtype=torch.uint8)
    return dict(inputs=inputs, data_samples=samples)


def test_normalises_and_turns_to_rgb():
    processor = MODELS.build(dict(type='FERDataPreprocessor'))
    batch = _batch()
    out = processor(batch)['inputs']
    rgb = batch['inputs'].flip(1).float()
    mean = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)
    std = torch.tensor([58.395, 57.12, 57.375]).view(3, 1, 1)
    torch.testing.assert_close(out, (rgb - mean) / std)


def test_targets_keep_their_values_and_absent_ones_stay_absent():
    processor = MODELS.build(dict(type='FERDataPreprocessor'))
    samples = processor(_batch())['data_samples']
    for i, sample in enumerate(samples):
        assert sample.gt_label.tolist() == [i]
        torch.testing.assert_close(sample.gt_va,
                                   torch.tensor([0.1 * i, -0.1 * i]))
        assert (sample.gt_landmarks == i).all()
    assert ['gt_au' in s for s in samples] == [False, True, False]
    assert samples[1].gt_au.isnan().tolist() == [False, True, False]


def test_targets_move_in_one_copy_a_kind():
    """All samples' targets are views of one tensor."""
    processor = MODELS.build(dict(type='FERDataPreprocessor'))
    samples = processor(_batch())['data_samples']
    storages = {s.gt_va.untyped_storage().data_ptr() for s in samples}
    assert len(storages) == 1


def test_works_without_samples():
    processor = MODELS.build(dict(type='FERDataPreprocessor'))
    inputs = [torch.zeros(3, 8, 8, dtype=torch.uint8)]
    assert processor(dict(inputs=inputs))['inputs'].shape == (1, 3, 8, 8)


def test_mixup_gives_distributions():
    processor = MODELS.build(
        dict(
            type='FERDataPreprocessor',
            num_classes=7,
            batch_augments=dict(augments=dict(type='Mixup', alpha=1.))))
    samples = processor(_batch(), training=True)['data_samples']
    for sample in samples:
        assert sample.gt_score.shape == (7, )
        torch.testing.assert_close(sample.gt_score.sum(), torch.tensor(1.))
