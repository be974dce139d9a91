# Copyright (c) mmfer contributors.
"""Scores that are NaN are an error that names the image, everywhere."""
import os
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.runner import CheckpointLoader

from mmfer.analysis.prediction_collector import PredictionCollector
from mmfer.apis import FERInferencer
from mmfer.apis.export import ONNXPredictor
from mmfer.apis.predictions import SavePredictions
from mmfer.errors import CheckpointError, NonFiniteError
from mmfer.structures import FERDataSample


def sample(score, **fields):
    packed = FERDataSample().set_gt_label(0).set_pred_score(
        torch.tensor(score))
    packed.set_metainfo(dict(img_path='b.png', sample_idx=1))
    return dict(packed.set_pred_label(0).to_dict(), img_path='b.png',
                **fields)


@pytest.mark.parametrize('score', [[np.nan] * 2, [np.inf, 0.]])
@pytest.mark.parametrize('kind', ['csv', 'json', 'collector'])
def test_nothing_is_kept_of_them(tmp_path, kind, score):
    metric = PredictionCollector() if kind == 'collector' else \
        SavePredictions(str(tmp_path / f'out.{kind}'))
    metric.process({}, [sample([.25, .75])])
    with pytest.raises(NonFiniteError, match='b.png: pred_score') as caught:
        metric.process({}, [sample(score)])
    assert 'diverged' in caught.value.hint and len(metric.results) == 1


def test_vectors_may_be_unknown_in_labels_only(tmp_path):
    metric = SavePredictions(str(tmp_path / 'out.json'),
                             vectors=('gt_au', 'pred_au'))
    unknown = torch.tensor([1., torch.nan])
    metric.process({}, [sample([.5, .5], gt_au=unknown)])
    assert metric.results[0]['gt_au'] == [1., None]
    with pytest.raises(NonFiniteError, match='b.png: pred_au'):
        metric.process({}, [sample([.5, .5], pred_au=unknown)])


def test_inference_refuses_them(trained, tmp_path):
    """Weights that are finite and large give scores that are not."""
    image = str(next((trained.data / 'data/FER2013Test').glob('*.png')))
    content = CheckpointLoader.load_checkpoint(
        os.fspath(trained.checkpoint), 'cpu')
    for bad, error, told in (
            (torch.nan, CheckpointError, 'broken.pth: .*head.fc.weight'),
            (3e38, NonFiniteError, f'{image}: pred_score is not finite')):
        content['state_dict']['head.fc.weight'][:] = bad
        path = os.fspath(tmp_path / 'broken.pth')
        torch.save(content, path)
        with pytest.raises(error, match=told):
            FERInferencer(os.fspath(trained.config), path,
                          'whole-image')(image)


def test_exported_models_refuse_them():
    session = SimpleNamespace(
        get_outputs=lambda: [SimpleNamespace(name='pred_score')],
        run=lambda names, inputs: [np.array([[.5, .5], [np.nan, .5]])])
    faces = [dict(inputs=torch.zeros(3, 4, 4, dtype=torch.uint8),
                  data_samples=FERDataSample(metainfo=dict(img_path=name)))
             for name in ('a.png', 'b.png')]
    with pytest.raises(NonFiniteError, match='b.png: pred_score'):
        ONNXPredictor(session)(faces)
