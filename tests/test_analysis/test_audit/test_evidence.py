# Copyright (c) mmfer contributors.
import json

import numpy as np
import pytest
import torch
from torch import nn

from mmfer.analysis.audit import Evidence, feature_neighbors
from mmfer.analysis.predictions import Predictions
from mmfer.datasets import FERPlus, SyntheticFER
from mmfer.datasets.neighbors import build_index, save_index
from mmfer.models.banks import LabelBank
from mmfer.structures import AnnotationError
from ...toys import make_ferplus

RNG = np.random.default_rng(0)


def gather(tmp_path, dataset, bank=None, subjects=None, **settings):
    """Evidence about a data set, from a model whose only part is a bank."""
    number = len(dataset)
    model = nn.ModuleList([] if bank is None else [bank])
    predictions = Predictions(
        dataset.metainfo['classes'], dataset.get_gt_labels(),
        RNG.dirichlet([1.] * 8, number).astype(np.float32),
        np.linspace(0, 1, number, dtype=np.float32),
        RNG.normal(size=(number, 4)).astype(np.float32),
        [str(i) for i in range(number)], subjects or [''] * number, dataset,
        model)
    return Evidence(predictions, str(tmp_path / 'epoch_1.pth'), **settings)


@pytest.fixture
def faces():
    return SyntheticFER(size=16, image_size=32)


@pytest.fixture
def bank(faces):
    bank = LabelBank(8)
    bank.initialise(faces.get_gt_labels())
    bank.restored = True
    return bank


def test_bank_tells_history_and_confidence(tmp_path, faces, bank):
    given = int(bank.label[3])
    bank.label[3] = (given + 1) % 8
    bank.confidence_mean[:8] = torch.linspace(.2, .9, 8)
    line = dict(epoch=2, index=5, given='fear', old='fear', new='fear')
    (tmp_path / 'corrections.jsonl').write_text(json.dumps(line))
    evidence = gather(tmp_path, faces, bank)
    history = evidence.history()
    assert np.flatnonzero(history.suspicion).tolist() == [3, 5]
    assert history.belief[3].argmax() == (given + 1) % 8
    np.testing.assert_allclose(
        evidence.confidence().suspicion[:8], 1 - np.linspace(.2, .9, 8),
        atol=1e-6)
    assert np.isnan(evidence.confidence().suspicion[8:]).all()


def test_without_a_bank_the_model_tells_confidence(tmp_path, faces):
    suspicion = gather(tmp_path, faces).confidence().suspicion
    np.testing.assert_allclose(suspicion, np.linspace(1, 0, 16), atol=1e-6)


def test_neighbors_of_an_index(tmp_path, faces):
    index = build_index(faces, 'va', 3)
    save_index(str(tmp_path / 'va.npz'), index)
    evidence = gather(tmp_path, faces,
                      neighbor_index=str(tmp_path / 'va.npz'))
    labels = faces.get_gt_labels()
    for i, suspicion in enumerate(evidence.neighbors().suspicion):
        differ = labels[index.indices[i]] != labels[i]
        assert suspicion == pytest.approx(
            (index.weights[i] * differ).sum() / index.weights[i].sum())


def test_neighbors_in_features_equal_a_loop():
    features = RNG.normal(size=(30, 5))
    indices, weights = feature_neighbors(features * 7, 4)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    for i in range(30):
        apart = np.linalg.norm(unit - unit[i], axis=1)
        assert indices[i].tolist() == np.argsort(apart)[1:5].tolist()
    assert (np.diff(weights, axis=1) <= 0).all()


def test_folds_keep_people_and_copies_together(tmp_path):
    root = make_ferplus(tmp_path / 'data', per_class=1)
    images = root / 'data/FER2013Train'
    copy = (images / 'fer0000001.png').read_bytes()
    (images / 'fer0000006.png').write_bytes(copy)
    subjects = ['anna', '', 'anna', '', '', '', '', 'bob']
    evidence = gather(tmp_path, FERPlus(data_root=str(root)),
                      subjects=subjects)
    assert evidence.groups == ['anna', '#1', 'anna', '#3', '#4', '#5', '#1',
                               'bob']
    assert evidence.copies == [[1, 6]]


@pytest.mark.parametrize('case', ['bank', 'index', 'drawn'])
def test_bad_evidence(tmp_path, faces, bank, case):
    if case == 'bank':
        bank.initialise((faces.get_gt_labels() + 1) % 8)
        bank.restored = True
        for name in ('history', 'confidence'):
            with pytest.raises(ValueError, match='16 of 16 differ.*Hint'):
                getattr(gather(tmp_path, faces, bank), name)()
    elif case == 'index':
        path = str(tmp_path / 'i.npz')
        save_index(path, build_index(SyntheticFER(size=9), 'va', 3))
        with pytest.raises(AnnotationError, match='for 9 samples.*Hint'):
            gather(tmp_path, faces, neighbor_index=path).neighbors()
    else:
        with pytest.raises(ValueError, match='no two samples.*Hint'):
            gather(tmp_path, faces).duplicates()
