# Copyright (c) mmfer contributors.
import pytest
import torch

from mmfer.models.augments import BatchAugments, batch_augments
from mmfer.registry import MODELS

MOVES = [
    dict(type='BatchFlip'),
    dict(type='BatchAffine', shift=.1, scale=.15, rotate=15, prob=.7, size=20),
    dict(type='BatchRandomCrop', size=16, padding=2),
]
COLOURS = [
    dict(type='BatchColorJitter', brightness=.4, contrast=.4, saturation=.4,
         hue=.1), dict(type='BatchGray', prob=.5)
]
NOISE = [
    dict(type='BatchGaussianNoise'),
    dict(type='BatchErasing', mode='rand'),
    dict(type='BatchErasing', mode='rand', fill_std=20)
]
MIXING = [dict(type='BatchMixup', alpha=1, num_classes=7),
          dict(type='BatchCutMix', alpha=1, num_classes=7)]
RESIZED = [dict(type='BatchRandomResizedCrop', scale=12)]
KEEP_DTYPE = ('BatchFlip', 'BatchRandomCrop', 'BatchErasing',
              'BatchGaussianNoise', 'BatchCutMix')
ALL = [*MOVES, *RESIZED, *COLOURS, dict(type='BatchErasing'), *NOISE, *MIXING]


@pytest.fixture
def images():
    """Channels-last, as they come from a packed dataset."""
    torch.manual_seed(0)
    return torch.randint(
        0, 256, (20, 18, 22, 3), dtype=torch.uint8).permute(0, 3, 1, 2)


@pytest.fixture
def targets():
    return dict(gt_label=torch.arange(20) % 7,
                gt_landmarks=torch.rand(20, 5, 2) * 18)


def run(augments, images, targets=None, seed=0):
    torch.manual_seed(seed)
    return BatchAugments(augments)(images, targets)


def everything(batch):
    return {'images': batch.images, **batch.targets, **batch.records}


@pytest.mark.parametrize('dtype', [torch.uint8, torch.float32])
@pytest.mark.parametrize('augment', ALL, ids=lambda a: a['type'])
def test_one_augment(augment, dtype, images, targets):
    """dtype, memory format, input left alone, something happens, same seed
    same result."""
    images = images.to(dtype)
    before = images.clone(), {k: v.clone() for k, v in targets.items()}
    done = run([augment], images, targets)
    assert torch.equal(images, before[0])
    assert all(torch.equal(targets[k], v) for k, v in before[1].items())
    assert done.images.dtype == (
        dtype if augment['type'] in KEEP_DTYPE else torch.float32)
    assert done.images.is_contiguous(memory_format=torch.channels_last)
    assert 0 <= done.images.min() and done.images.max() <= 255
    changed = done.images.shape != images.shape or (
        not torch.equal(done.images, images))
    assert changed
    again = everything(run([augment], images, targets))
    for name, tensor in everything(done).items():
        assert torch.equal(tensor, again[name]), name
    other = run([augment], images, targets, seed=1)
    assert not torch.equal(done.images, other.images)
    assert 'gt_score' not in targets


def test_samples_have_parameters_of_their_own(images, targets):
    same = images[:1].repeat(20, 1, 1, 1)
    for augment in ALL[:-2]:
        done = run([augment], same, targets)
        kinds = {tuple(i.flatten().tolist()) for i in done.images}
        assert len(kinds) > (1 if augment['type'] in
                             ('BatchFlip', 'BatchGray') else 6), augment


def test_records_are_there_only_if_something_was_done(images):
    assert run(COLOURS + NOISE[:1], images).records == {}
    assert set(run(NOISE, images).records) == {'erase_window'}
    assert set(run(MOVES, images).records) == {'affine', 'flip'}
    done = run([*MOVES, MIXING[0]], images,
               dict(gt_score=torch.eye(20)))
    assert set(done.records) == {'affine', 'flip', 'mix_index', 'mix_weight',
                                 'mix_label_weight'}
    assert all(len(record) == 20 for record in done.records.values())
    done = run([MIXING[1]], images, dict(gt_score=torch.eye(20)))
    assert set(done.records) == {'mix_index', 'mix_weight', 'mix_window',
                                 'mix_label_weight'}


def test_maps_of_separate_moves_are_multiplied(images):
    """Colour in between keeps moves from being fused."""
    torch.manual_seed(0)
    fused = BatchAugments(MOVES)(images)
    jitter = dict(type='BatchColorJitter')  # draws nothing
    torch.manual_seed(0)
    apart = BatchAugments([MOVES[0], jitter, MOVES[1], jitter,
                           MOVES[2]])
    assert len(apart.steps) == 5
    apart = apart(images)
    torch.testing.assert_close(apart.records['affine'],
                               fused.records['affine'], atol=1e-4, rtol=1e-4)
    assert torch.equal(apart.records['flip'], fused.records['flip'])
    assert (apart.images - fused.images)[:, :, 4:-4, 4:-4].abs().mean() < 20


def test_parts_of_a_batch_are_as_the_whole(images, targets, monkeypatch):
    augments = MOVES + COLOURS + [dict(type='BatchErasing'), MIXING[1]]
    results = []
    for part in (1, 3000, 2**30):
        monkeypatch.setattr(batch_augments, '_PART', part)
        results.append(everything(run(augments, images, targets)))
    for name, tensor in results[0].items():
        for other in results[1:]:
            torch.testing.assert_close(tensor, other[name], atol=1e-3,
                                       rtol=1e-5)


def test_autocast_does_not_round(images, targets):
    augments = MOVES + COLOURS + [MIXING[0]]
    right = run(augments, images, targets)
    with torch.autocast('cpu', torch.bfloat16):
        done = run(augments, images, targets)
    for name, tensor in everything(done).items():
        assert torch.equal(tensor, everything(right)[name]), name


def test_nothing_to_do(images, targets):
    done = run([], images, targets)
    assert torch.equal(done.images, images)
    assert done.targets.keys() == targets.keys() and done.records == {}
    assert torch.equal(
        run([dict(type='BatchColorJitter')], images).images, images.float())


def test_built_by_the_registry_and_printed():
    for augment in ALL:
        built = MODELS.build(augment)
        assert augment['type'] in repr(BatchAugments([built]))


@pytest.mark.parametrize('augments, error', [
    (dict(type='BatchFlip'), TypeError), ('BatchFlip', TypeError),
    ([None], TypeError), (['BatchFlip'], TypeError),
    ([dict(type='BatchFlipp')], KeyError),
    ([dict(type='ReLU')], TypeError), ([dict(prob=.5)], KeyError),
    ([MIXING[0], MOVES[0]], ValueError), (MIXING, ValueError),
], ids=['dict', 'name', 'none', 'names', 'typo', 'foreign', 'typeless',
        'mixing-first', 'two-mixing'])
def test_bad_augments(augments, error):
    with pytest.raises(error):
        BatchAugments(augments)


@pytest.mark.parametrize('images', [
    torch.zeros(3, 8, 8), torch.zeros(2, 8, 8, 3), torch.zeros(2, 1, 8, 8),
    torch.zeros(0, 3, 8, 8), torch.zeros(2, 3, 8, 8, dtype=torch.float64),
    torch.zeros(2, 3, 8, 8, dtype=torch.bfloat16), [torch.zeros(3, 8, 8)],
    None
], ids=['one', 'nhwc', 'grey', 'empty', 'double', 'half', 'list', 'none'])
def test_bad_images(images):
    with pytest.raises(ValueError, match=r'shape \(N, 3, H, W\).*got'):
        BatchAugments(MOVES)(images)


@pytest.mark.parametrize('target', [
    torch.zeros(19), torch.tensor(3), [1] * 20, None
], ids=['short', 'scalar', 'list', 'none'])
def test_bad_targets(images, target):
    with pytest.raises(ValueError, match='gt_label.*number of images, 20'):
        BatchAugments(MOVES)(images, dict(gt_label=target))
