# Copyright (c) mmfer contributors.
import importlib.util
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from scipy.linalg import orthogonal_procrustes

from mmfer.datasets import FERCSV, SyntheticFER
from mmfer.datasets.neighbors import (align_landmarks, au_vectors,
                                      build_index, check_training_set,
                                      gaussian_weights, load_index,
                                      nearest_neighbors, save_index, unite)
from mmfer.structures import AnnotationError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def faces():
    return SyntheticFER(size=30, image_size=32, pipeline=[])


@pytest.fixture(scope='module')
def index(faces):
    return build_index(faces, 'au_lm', 4, workers=1)


def loop_neighbors(vectors, number, power):
    """Distances to the nearest different vectors, each counted once."""
    rows = []
    for i, own in enumerate(vectors):
        kinds = {
            tuple(v) for v in vectors
            if np.isfinite(v).all() and tuple(v) != tuple(own)
        }
        far = sorted(
            (np.abs(own - np.array(v))**power).sum()**(1 / power)
            for v in kinds)
        rows.append(far[:number] if np.isfinite(own).all() else
                    [np.inf] * number)
    return np.array(rows)


@pytest.mark.parametrize('metric, power', [('euclidean', 2),
                                           ('manhattan', 1)])
def test_neighbors_equal_a_loop(metric, power):
    rng = np.random.default_rng(0)
    vectors = rng.random((50, 6)).astype(np.float32)
    vectors[7] = vectors[3]
    vectors[20:23] = vectors[30]
    vectors[11, 2] = np.nan
    indices, distances = nearest_neighbors(vectors, 5, metric, workers=1)
    np.testing.assert_allclose(
        distances, loop_neighbors(vectors, 5, power), rtol=1e-6)
    for i in set(range(50)) - {11}:
        assert i not in indices[i] and 11 not in indices[i]
        far = (np.abs(vectors[indices[i]] - vectors[i])**power).sum(1)
        np.testing.assert_allclose(far**(1 / power), distances[i], rtol=1e-5)
        assert len(set(indices[i])) == 5
    # Copies are no neighbours of each other, and one stands for all.
    assert 7 not in indices and not {21, 22, 30} & set(indices.flat)
    assert (indices[20] == indices[30]).all()


def test_gaussian_weights():
    distances = np.array([[1., 2.], [2., 4.], [0.5, 6.], [np.inf, np.inf]])
    weights, sigma = gaussian_weights(distances)
    assert sigma == 4
    assert weights[1].tolist() == [np.exp(-4 / 32), np.exp(-16 / 32)]
    assert not weights[3].any()
    weights, sigma = gaussian_weights(distances, 1)
    assert sigma == 1 and weights[1].tolist() == [np.exp(-2), np.exp(-8)]


@pytest.mark.parametrize('number', [1, 2, 3])
def test_unions_equal_a_loop(number):
    rng = np.random.default_rng(1)
    lists = [(np.stack([rng.permutation(9)[:4] for _ in range(40)]),
              rng.random((40, 4))) for _ in range(number)]
    lists[0][1][3] = lists[-1][1][5] = 0
    before = [weights.copy() for _, weights in lists]
    indices, weights = unite(*lists)
    for row in range(40):
        wanted = {}
        for near, weight in lists:
            for j, w in zip(near[row], weight[row]):
                if w > 0:
                    wanted.setdefault(int(j), []).append(w)
        got = {int(j): w for j, w in zip(indices[row], weights[row]) if w > 0}
        assert (weights[row] > 0).sum() == len(got)
        assert got == {j: pytest.approx(np.mean(w))
                       for j, w in wanted.items()}
    for (_, after), w in zip(lists, before):
        assert (after == w).all()


def test_shapes_lose_place_size_and_rotation():
    rng = np.random.default_rng(2)
    shapes = rng.normal(size=(6, 5, 2))
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)],
                     [np.sin(angle), np.cos(angle)]])
    moved = np.concatenate([shapes, 3 * shapes @ turn + [4, -2]])
    moved[2, 1, 0] = np.nan
    moved[4, :2] = 0  # both eyes in one place
    aligned = align_landmarks(moved, rounds=20)
    assert np.isnan(aligned[[2, 4]]).all()
    for i in (0, 1, 3, 5):
        np.testing.assert_allclose(aligned[i], aligned[i + 6], atol=1e-5)
    known = np.isfinite(aligned).all(1)
    mean = aligned[known].mean(0).reshape(2, 5).T
    for row in aligned[known]:
        points = row.reshape(2, 5).T
        np.testing.assert_allclose(points.mean(0), 0, atol=1e-6)
        assert np.linalg.norm(points[1] - points[0]) == pytest.approx(1, 1e-5)
        best, _ = orthogonal_procrustes(points, mean)
        if np.linalg.det(best) > 0:  # the best may be a mirror image
            np.testing.assert_allclose(best, np.eye(2), atol=1e-3)


def test_copies_keep_equal_shapes():
    shapes = np.random.default_rng(3).random((37, 68, 2)).astype(np.float32)
    shapes[[5, 20, 36]] = shapes[0]
    aligned = align_landmarks(112 * shapes)
    assert (aligned[[5, 20, 36]] == aligned[0]).all()
    indices, _ = nearest_neighbors(aligned, 4, workers=1)
    assert not {5, 20, 36} & set(indices.flat)


def test_intensities_and_occurrences():
    au = np.array([[0, 5, np.nan], [1, 2.5, 0]], np.float32)
    np.testing.assert_allclose(
        au_vectors(au), [[0, 1, np.nan], [.2, .5, 0]], atol=1e-7)
    np.testing.assert_array_equal(au_vectors(au[:, :1]), au[:, :1])


def test_index_of_drawn_faces(faces, index):
    assert index.indices.shape == index.weights.shape == (30, 8)
    assert index.indices.dtype == np.int32
    assert (index.weights >= 0).all() and (index.weights <= 1).all()
    own = index.indices == np.arange(30)[:, None]
    assert not (own & (index.weights > 0)).any()
    assert set(index.info['scale']) == {'gt_au', 'gt_landmarks'}
    every = build_index(faces, 'au_lm_va', 3, sigma=2., workers=1)
    assert every.indices.shape == (30, 9)
    assert every.info['scale'] == dict(gt_au=2, gt_landmarks=2, gt_va=.5)
    plane = build_index(faces, 'va', 3, workers=1)
    va = np.stack([faces.get_data_info(i)['gt_va'] for i in range(30)])
    for i, (near, weights) in enumerate(zip(plane.indices, plane.weights)):
        np.testing.assert_allclose(
            weights, np.exp(-np.abs(va[near] - va[i]).sum(1) / .5),
            rtol=1e-5)


def test_a_file_gives_the_index_back(index, faces, tmp_path):
    path = os.fspath(tmp_path / 'new' / 'a.npz')
    save_index(path, index)
    again = load_index(path)
    for one, two in zip(index[:3], again[:3]):
        np.testing.assert_array_equal(one, two)
    assert again.info == index.info and 'SyntheticFER' in again.info['dataset']
    check_training_set(again, faces, path)


def test_label_noise_changes_nothing(index):
    noisy = SyntheticFER(size=30, image_size=32, pipeline=[],
                         noise=dict(type='SymmetricNoise', ratio=.5, seed=0))
    assert (noisy.get_gt_labels() != index.labels).any()
    check_training_set(index, noisy, 'a.npz')


def write_csv(folder, cells):
    assert cv2.imwrite(os.fspath(folder / 'a.png'), np.zeros((4, 4), np.uint8))
    lines = [f'a{i or ""}.png,{"anger" if i % 2 else "fear"},{a},{b}'
             for i, (a, b) in enumerate(cells)]
    text = '\n'.join(['path,expression,au1,au12', *lines])
    (folder / 'labels.csv').write_text(text)
    return FERCSV(data_root=os.fspath(folder))


def test_faces_without_labels_have_no_neighbors(tmp_path):
    dataset = write_csv(tmp_path, [(0, 1), ('', 2), (1, 3), (2, 2), ('', ''),
                                   (5, 5)])
    index = build_index(dataset, 'au', 2, workers=1)
    assert (index.weights.sum(1) > 0).tolist() == [1, 0, 1, 1, 0, 1]
    assert not {1, 4} & set(index.indices[index.weights > 0].tolist())
    assert index.info['without_neighbors'] == dict(gt_au=2)


def load_tool():
    path = ROOT / 'tools/dataset_tools/build_neighbors.py'
    spec = importlib.util.spec_from_file_location('build_neighbors', path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def test_tool_reads_the_config(tmp_path, capsys):
    tool = load_tool()
    out = tmp_path / 'va.npz'
    cfg = Config(dict(
        default_scope='mmpretrain',
        train_dataloader=dict(dataset=dict(
            type='SyntheticFER', size=20, image_size=32,
            pipeline=[dict(type='DrawSyntheticFace')])),
        custom_hooks=[dict(type='NeighborBankHook', file=os.fspath(out),
                           space='va')]))
    cfg.dump(tmp_path / 'toy.py')
    args = [os.fspath(tmp_path / 'toy.py'), '--neighbors', '3', '--workers',
            '1']
    tool.main(tool.parse_args(args))
    index = load_index(out)
    assert index.indices.shape == (20, 3) and index.info['space'] == 'va'
    told = capsys.readouterr()
    assert 'neighbours of 20 samples in the space va' in told.out
    assert '20/20' in told.err
    cfg.custom_hooks = []
    cfg.dump(tmp_path / 'toy.py')
    with pytest.raises(ValueError, match='--out'):
        tool.main(tool.parse_args(args))


# Bad input


def test_bad_training_sets(index, faces, tmp_path):
    other = SyntheticFER(size=30, image_size=32, seed=5, pipeline=[])
    wrong = other.get_gt_labels() != faces.get_gt_labels()
    with pytest.raises(AnnotationError) as error:
        check_training_set(index, other, 'a.npz')
    assert f'{wrong.sum()} of 30' in str(error.value)
    assert f'sample {wrong.argmax()}' in str(error.value)
    smaller = SyntheticFER(size=29, image_size=32, pipeline=[])
    with pytest.raises(AnnotationError, match='30 samples.* has 29'):
        check_training_set(index, smaller, 'a.npz')


@pytest.mark.parametrize('damage', ['text', 'cut', 'changed', 'other'])
def test_bad_files(index, tmp_path, damage):
    path = os.fspath(tmp_path / 'a.npz')
    if damage == 'changed':
        index = index._replace(indices=index.indices + 30)
    save_index(path, index)
    content = Path(path).read_bytes()
    if damage == 'text':
        content = b'not an archive'
    elif damage == 'cut':
        content = content[:len(content) // 2]
    Path(path).write_bytes(content)
    if damage == 'other':
        np.savez(path, a=np.zeros(3))
    with pytest.raises(AnnotationError, match='a.npz.*build it again'):
        load_index(path)


def test_bad_missing_labels(tmp_path, faces):
    dataset = write_csv(tmp_path, [(0, 1), (1, 2), (2, 4)])
    with pytest.raises(AnnotationError, match='no sample .* gt_landmarks'):
        build_index(dataset, 'au_lm')
    with pytest.raises(ValueError, match='3 of 3 samples are known'):
        build_index(dataset, 'au', 8)
    with pytest.raises(ValueError, match='unknown space'):
        build_index(faces, 'depth')
    with pytest.raises(ValueError, match='neighbors must be positive'):
        build_index(faces, 'va', 0)
    with pytest.raises(ValueError, match='sigma must be positive'):
        build_index(faces, 'au', 3, sigma=0)


def test_bad_values():
    with pytest.raises(AnnotationError, match='-1 to 0'):
        au_vectors(np.array([[-1., 0]]))
    with pytest.raises(ValueError, match='7 points'):
        align_landmarks(np.zeros((2, 7, 2)))
