# Copyright (c) mmfer contributors.
"""Label noise in datasets: what is changed, told and written."""
import copy
import json

import numpy as np
import pytest

from mmfer.datasets import FERPlus, SyntheticFER
from mmfer.datasets.noise import sample_names
from mmfer.datasets.noise.label_noise import swap_scores
from mmfer.registry import DATASETS
from ...toys import make_ferplus

NOISE = dict(type='SymmetricNoise', ratio=.4, seed=2)


def faces(noise=NOISE, **options):
    return SyntheticFER(size=120, noise=noise, **options)


def labels_in_items(dataset):
    return [dataset.get_data_info(i)['gt_label'] for i in range(len(dataset))]


def test_every_way_to_a_label_shows_the_noise():
    dataset, clean = faces(), faces(None)
    noisy = dataset.get_gt_labels()
    flipped = noisy != clean.get_gt_labels()
    assert 30 < flipped.sum() < 66
    assert labels_in_items(dataset) == noisy.tolist()
    assert [dataset.get_cat_ids(i)[0] for i in range(120)] == noisy.tolist()
    counts = np.bincount(noisy, minlength=8)
    assert list(dataset.class_counts().values()) == counts.tolist()


def test_clean_labels_are_apart():
    dataset, clean = faces(), faces(None)
    assert (dataset.clean_labels() == clean.get_gt_labels()).all()
    assert clean.clean_labels() is None
    dataset.clean_labels()[:] = 0  # a copy
    assert (dataset.clean_labels() == clean.get_gt_labels()).all()
    # Nothing in a sample tells which samples were flipped.
    assert set(dataset.get_data_info(0)) == set(clean.get_data_info(0))


@pytest.mark.parametrize('indices', [30, -30, [5, 3, 119, 8]])
def test_noise_comes_before_the_subset(indices):
    whole = faces()
    place = np.arange(120)[indices] if isinstance(
        indices, list) else np.arange(120)[slice(
            *((0, 30) if indices > 0 else (-30, None)))]
    subset = copy.deepcopy(whole)
    subset.get_subset_(indices)
    for part in (faces(indices=indices), whole.get_subset(indices), subset):
        assert labels_in_items(part) == whole.get_gt_labels()[place].tolist()
        assert (part.get_gt_labels() == whole.get_gt_labels()[place]).all()
        assert (part.clean_labels() == whole.clean_labels()[place]).all()
        told = part.protocol()['noise']
        assert told['samples'] == len(place)
        assert told['flipped'] == (part.clean_labels() !=
                                   part.get_gt_labels()).sum()
        assert told['sha256'] == whole.protocol()['noise']['sha256']
    assert len(whole) == 120


def test_distribution_and_votes_of_flipped_samples(tmp_path):
    root = str(make_ferplus(tmp_path))
    clean = FERPlus(root, target='distribution')
    noisy = FERPlus(root, target='distribution', noise=NOISE)
    flips = 0
    for i in range(len(clean)):
        old, new = clean.get_data_info(i), noisy.get_data_info(i)
        a, b = old['gt_label'], new['gt_label']
        flips += a != b
        swapped = list(range(8))
        swapped[a], swapped[b] = b, a
        assert new['gt_score'].tolist() == old['gt_score'][swapped].tolist()
        assert new['gt_score'].argmax() == b
        assert new['votes'].tolist() == old['votes'][
            swapped + [8, 9]].tolist()
        assert new['votes'].dtype == old['votes'].dtype
        assert new['img_path'] == old['img_path']
    assert flips > 5


def test_votes_vanish_where_their_order_lacks_the_class(tmp_path):
    root = str(make_ferplus(tmp_path))
    space = [*FERPlus(root).label_space.classes, 'other']
    noise = dict(type='PairNoise', ratio=1., pairs=dict(fear='other'))
    dataset = FERPlus(root, label_space=space, noise=noise)
    flipped = [i for i in map(dataset.get_data_info, range(32))
               if i['gt_label'] == 8]
    assert len(flipped) == 4
    assert not any(info['votes'].any() for info in flipped)


def test_protocol_tells_what_happened():
    dataset = faces()
    told = dataset.protocol()['noise']
    assert told['type'] == 'SymmetricNoise'
    assert (told['ratio'], told['seed'], told['among'], told['exact']) == (
        .4, 2, 'others', False)
    counts = np.zeros((8, 8), int)
    for a, b in zip(dataset.clean_labels(), dataset.get_gt_labels()):
        counts[a, b] += 1
    assert told['transitions'] == counts.tolist()
    assert told['rate'] == (120 - counts.trace()) / 120
    json.dumps(told)
    assert faces(None).protocol()['noise'] is None
    assert dataset.protocol()['class_counts'] == faces(
        None).protocol()['class_counts']


def test_another_label_space_gets_the_same_noise_by_name():
    dataset = faces()
    names = [dataset.label_space.classes[i] for i in dataset.get_gt_labels()]
    order = dataset.label_space.classes[::-1]
    dataset.set_label_space(order)
    assert [order[i] for i in dataset.get_gt_labels()] == names


@pytest.mark.parametrize('files', [True, False], ids=['files', 'drawn'])
@pytest.mark.parametrize('indices', [None, 10], ids=['all', 'subset'])
def test_written_table_reproduces_the_noise(tmp_path, files, indices):
    def build(noise, **options):
        if files:
            return FERPlus(root, noise=noise, **options)
        return faces(noise, **options)

    root = str(make_ferplus(tmp_path / 'data')) if files else None
    first = build(NOISE, indices=indices)
    path = tmp_path / 'noise.csv'
    first.noise_record.write(str(path), first.protocol()['noise'])
    again = build(dict(type='FileNoise', file=str(path)), indices=indices)
    assert (again.get_gt_labels() == first.get_gt_labels()).all()
    assert (again.clean_labels() == first.clean_labels()).all()
    one, two = first.protocol()['noise'], again.protocol()['noise']
    for key in ('flipped', 'rate', 'transitions', 'sha256'):
        assert one[key] == two[key]
    assert json.loads((tmp_path / 'noise.json').read_text()) == one
    # The table is of the whole split, by class name, without folders.
    whole = build(NOISE)
    assert len(path.read_text().splitlines()) == 1 + len(whole)
    assert str(tmp_path) not in path.read_text()
    # It also fits another label order.
    order = whole.label_space.classes[::-1]
    other = build(dict(type='FileNoise', file=str(path)), label_space=order)
    assert [order[i] for i in other.get_gt_labels()] == [
        whole.label_space.classes[i] for i in whole.get_gt_labels()]


def test_bad_table_of_another_dataset(tmp_path):
    first, path = faces(), tmp_path / 'noise.csv'
    first.noise_record.write(str(path), {})
    with pytest.raises(ValueError, match='made for other annotations'):
        SyntheticFER(size=120, seed=1, noise=dict(
            type='FileNoise', file=str(path)))


def test_names_are_unique():
    paths = ['/d/x/a.png', '/d/x/b.png', '/d/x/a.png', '', '/e/a.png', '']
    assert sample_names(paths, '/d/x') == [
        'a.png', 'b.png', 'a.png#2', '#3', '/e/a.png', '#5']
    assert sample_names(paths[:2], '/d/x/') == ['a.png', 'b.png']
    assert sample_names(['x/a.png'], '') == ['x/a.png']


def test_swapping_leaves_the_original_alone():
    score = np.array([.5, .5, 0.], np.float32)
    assert swap_scores(score, 0, 2).tolist() == [0., .5, .5]
    assert swap_scores(score, 0, 1).tolist() == [.5, .5, 0.]
    assert score.tolist() == [.5, .5, 0.]


def test_bad_noise_in_a_test_set():
    with pytest.raises(ValueError, match='test_mode=True refuses'):
        faces(test_mode=True)


@pytest.mark.parametrize('noise', [
    .3, 'SymmetricNoise', ['SymmetricNoise'], {}, dict(type='NoSuchNoise'),
    dict(type='SymmetricNoise'), dict(type='SymmetricNoise', rate=.3),
    dict(type='UniversalBatchBox')
], ids=['number', 'text', 'list', 'empty', 'unknown type', 'no ratio',
        'misspelt ratio', 'unknown part'])
def test_bad_config(noise):
    with pytest.raises((TypeError, KeyError, ValueError)):
        DATASETS.build(dict(type='SyntheticFER', size=5, noise=noise))


def test_bad_sensor_noise_by_its_old_name():
    with pytest.raises(TypeError, match='noise must be a config of label'):
        SyntheticFER(size=5, noise=6.)
