# Copyright (c) mmfer contributors.
import pytest
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


def test_targets_keep_their_values_and_unknown_ones_become_nan():
    processor = MODELS.build(dict(type='FERDataPreprocessor'))
    samples = processor(_batch())['data_samples']
    for i, sample in enumerate(samples):
        assert sample.gt_label.tolist() == [i]
        torch.testing.assert_close(sample.gt_va,
                                   torch.tensor([0.1 * i, -0.1 * i]))
        assert (sample.gt_landmarks == i).all()
    assert samples[0].gt_au.isnan().all() and samples[2].gt_au.isnan().all()
    assert samples[1].gt_au.isnan().tolist() == [False, True, False]


def test_targets_move_in_one_copy_a_kind():
    """All samples' targets are views of one tensor."""
    processor = MODELS.build(dict(type='FERDataPreprocessor'))
    samples = processor(_batch())['data_samples']
    storages = {s.gt_va.untyped_storage().data_ptr() for s in samples}
    assert len(storages) == 1


def test_agrees_with_mmpretrain():
    """Also for pictures of several sizes and padding to a multiple."""
    cfg = dict(mean=[1., 2., 3.], std=[4., 5., 6.], to_rgb=True,
               pad_size_divisor=16, pad_value=7)
    ours = MODELS.build(dict(type='FERDataPreprocessor', **cfg))
    theirs = MODELS.build(dict(type='ClsDataPreprocessor', **cfg))
    batch = _batch()
    sizes = [torch.randint(0, 256, (3, n, 20), dtype=torch.uint8)
             for n in (8, 20)]
    for inputs in (batch['inputs'], list(batch['inputs']), sizes):
        torch.testing.assert_close(
            ours(dict(inputs=inputs))['inputs'],
            theirs(dict(inputs=inputs))['inputs'])


def test_stays_channels_last():
    processor = MODELS.build(dict(type='FERDataPreprocessor'))
    inputs = torch.zeros(2, 8, 8, 3, dtype=torch.uint8).permute(0, 3, 1, 2)
    out = processor(dict(inputs=inputs))['inputs']
    assert out.is_contiguous(memory_format=torch.channels_last)


def test_heads_of_mmpretrain_take_the_batch():
    processor = MODELS.build(dict(type='FERDataPreprocessor'))
    samples = processor(_batch())['data_samples']
    head = MODELS.build(
        dict(type='LinearClsHead', num_classes=7, in_channels=4))
    feats = (torch.randn(3, 4), )
    loss = head.loss(feats, samples)['loss']
    torch.testing.assert_close(
        loss, torch.nn.functional.cross_entropy(
            head(feats), samples.targets['gt_label']))
    predicted = head.predict(feats, samples)
    assert predicted[2].pred_score.shape == (7, )
    assert samples[2].pred_label is predicted[2].pred_label


def test_augments_before_normalising_and_keeps_records():
    processor = MODELS.build(
        dict(type='FERDataPreprocessor',
             augments=[dict(type='BatchFlip', prob=1.)]))
    batch, plain = _batch(), MODELS.build(dict(type='FERDataPreprocessor'))
    wanted = plain(_batch() | dict(inputs=batch['inputs'].flip(-1)))
    out = processor(batch, training=True)
    torch.testing.assert_close(out['inputs'], wanted['inputs'])
    assert out['data_samples'].records['flip'].all()
    # x of the five points, 7 - x, in samples and stack.
    assert (out['data_samples'][2].gt_landmarks[:, 0] == 5).all()
    assert (out['data_samples'].targets['gt_landmarks'][2, :, 0] == 5).all()


def test_does_not_augment_in_testing():
    processor = MODELS.build(
        dict(type='FERDataPreprocessor',
             augments=[dict(type='BatchFlip', prob=1.)]))
    batch, plain = _batch(), MODELS.build(dict(type='FERDataPreprocessor'))
    torch.testing.assert_close(
        processor(batch)['inputs'], plain(batch)['inputs'])


def _with_two_views():
    return MODELS.build(
        dict(type='FERDataPreprocessor',
             augments=[dict(type='BatchFlip', prob=1.)],
             second_view=[dict(type='BatchFlip', prob=1.),
                          dict(type='BatchMixup', alpha=1.)]))


def test_second_view_is_made_of_the_first():
    batch, plain = _batch(), MODELS.build(dict(type='FERDataPreprocessor'))
    torch.manual_seed(0)
    out = _with_two_views()(batch, training=True)
    first, second = out['inputs'].unbind(1)
    mirrored = plain(dict(inputs=batch['inputs'].flip(-1)))['inputs']
    torch.testing.assert_close(first, mirrored)
    samples = out['data_samples']
    records = samples.records['second_view'].records
    assert samples.records['flip'].all() and records['flip'].all()
    back = mirrored.flip(-1)
    for i, (k, share) in enumerate(zip(records['mix_index'].tolist(),
                                       records['mix_weight'].tolist())):
        torch.testing.assert_close(
            second[i], share * back[i] + (1 - share) * back[k])
    assert 'gt_score' not in samples.targets
    # x of the five points after the first mirror alone.
    assert (samples.targets['gt_landmarks'][2, :, 0] == 5).all()
    for view in (first, second):
        assert view.is_contiguous(memory_format=torch.channels_last)


def test_no_second_view_in_testing():
    assert _with_two_views()(_batch())['inputs'].ndim == 4


def test_bad_size_of_the_second_view():
    processor = MODELS.build(
        dict(type='FERDataPreprocessor',
             second_view=[dict(type='BatchRandomCrop', size=6)]))
    with pytest.raises(ValueError, match='second_view'):
        processor(_batch(), training=True)


def test_bad_sizes_for_augments():
    processor = MODELS.build(
        dict(type='FERDataPreprocessor', augments=[dict(type='BatchFlip')]))
    batch = _batch()
    batch['inputs'] = [torch.zeros(3, n, 8, dtype=torch.uint8)
                       for n in (8, 8, 9)]
    with pytest.raises(ValueError, match='FaceResize'):
        processor(batch, training=True)


def test_bad_one_hot_without_a_number_of_classes():
    processor = MODELS.build(
        dict(type='FERDataPreprocessor', to_onehot=True))
    with pytest.raises(ValueError, match='num_classes'):
        processor(_batch())


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
