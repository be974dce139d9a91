# Copyright (c) mmfer contributors.
import os

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS

from mmfer.apis import FERInferencer
from mmfer.apis.export import ExportableModel, export_onnx, load_onnx
from mmfer.apis.inference import TorchPredictor, face_size
from mmfer.apis.models import LoadedModel, au_names_of, load_model
from mmfer.errors import ConfigError

from ..toys import CONFIGS

# One config for each way of predicting, and of making features.
METHODS = [
    'baseline/resnet18_1xb64_synthetic', 'scn/scn_resnet18_1xb64_synthetic',
    'rul/rul_resnet18_1xb64_synthetic', 'eac/eac_resnet18_1xb64_synthetic',
    'dan/dan_resnet18_1xb64_synthetic',
    'fan2022/fan2022_cbam-resnet18_1xb64_synthetic',
    'ulc_ag/ulc-ag_resnet18_1xb64_synthetic',
    'mtac/mtac_resnet18_1xb64_synthetic',
    'uapl/uapl_resnet18_1xb64_synthetic', 'cri/cri_resnet18_1xb64_synthetic',
    'apvit/apvit_ir34-vit-tiny_1xb64_synthetic',
    'transfer/transfer_ir34-vit-tiny_1xb64_synthetic',
    'flagship/flagship_dlib-resnet_1xb64_ferplus',
]


def _size(cfg):
    return tuple(face_size(cfg, {}))


def _build(name):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(dict(
            cfg.model, data_preprocessor=cfg.data_preprocessor)).eval()
    for part in model.modules():  # other than the identity
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
    return model, cfg


@pytest.mark.parametrize('name', METHODS)
def test_predicts_as_the_classifier(name):
    """Tensors and data samples hold the same, mirrors included."""
    model, cfg = _build(name)
    size = _size(cfg)
    model.flip_test = True
    exportable = ExportableModel(model)
    images = exportable.example(size, 3)
    with torch.no_grad():
        found = exportable.predictions(images)
        samples = model.test_step(dict(inputs=images, data_samples=None))
    assert tuple(found) == exportable.names(size)
    predicted = {key for key in samples[0].keys() if key.startswith('pred_')}
    assert set(found) == predicted - {'pred_label'}
    for key, values in found.items():
        for value, sample in zip(values, samples):
            torch.testing.assert_close(value, sample.get(key))


@pytest.mark.slow
@pytest.mark.parametrize('name', METHODS)
def test_every_method_exports(tmp_path, name):
    pytest.importorskip('onnxscript')
    pytest.importorskip('onnxruntime')
    model, cfg = _build(name)
    classes = [f'class{i}' for i in range(cfg.model.head.num_classes)]
    loaded = LoadedModel(model, cfg, classes, au_names_of(model), {})
    differences = export_onnx(loaded, str(tmp_path / 'x.onnx'), _size(cfg))
    assert max(differences.values()) < 1e-4


@pytest.mark.parametrize('preprocessing', [
    True, pytest.param(False, marks=pytest.mark.slow)])
def test_onnx_runtime_predicts_as_pytorch(trained, tmp_path, preprocessing):
    onnx = pytest.importorskip('onnx')
    pytest.importorskip('onnxscript')
    pytest.importorskip('onnxruntime')
    config, path = os.fspath(trained.config), str(tmp_path / 'toy.onnx')
    loaded = load_model(config, os.fspath(trained.checkpoint), 'cpu')
    differences = export_onnx(loaded, path, (24, 24), preprocessing)
    assert set(differences) == {'pred_score'}
    assert differences['pred_score'] < 1e-4
    kind = onnx.load(path).graph.input[0].type.tensor_type.elem_type
    assert kind == (onnx.TensorProto.UINT8 if preprocessing else
                    onnx.TensorProto.FLOAT)
    images = [cv2.imread(str(p)) for p in sorted(
        (trained.data / 'data/FER2013Test').glob('*.png'))[:5]]
    wanted = FERInferencer(config, os.fspath(trained.checkpoint),
                           'whole-image')(images)
    found = FERInferencer(config, path, 'whole-image', batch_size=2,
                          backend='onnxruntime')
    assert found.classes == loaded.classes
    for one, other in zip(wanted, found(images)):
        np.testing.assert_allclose(
            list(one.faces[0].scores.values()),
            list(other.faces[0].scores.values()), atol=1e-4)


def test_bad_models():
    model, _ = _build('uapl/uapl_resnet18_1xb64_synthetic')
    model.neck.patches = 'landmark24'
    with pytest.raises(ConfigError, match='needs the landmarks.*Hint'):
        ExportableModel(model)

    clips, _ = _build('dfme/i3d_1xb16_dfme')
    for use in (ExportableModel, lambda m: TorchPredictor(
            LoadedModel(m, None, [], [], {}))):
        with pytest.raises(ConfigError, match='looks at clips.*Hint'):
            use(clips)

    class Other(type(model)):

        def predict(self, inputs, data_samples=None):
            return []

    model.__class__ = Other
    with pytest.raises(ConfigError, match='Other predicts in a way of its'):
        ExportableModel(model)


def test_bad_onnx_files(trained, tmp_path):
    onnx = pytest.importorskip('onnx')
    pytest.importorskip('onnxruntime')
    config, path = os.fspath(trained.config), str(tmp_path / 'x.onnx')
    with pytest.raises(FileNotFoundError, match='x.onnx: no such file'):
        load_onnx(config, path)
    (tmp_path / 'x.onnx').write_bytes(b'no model')
    with pytest.raises(ConfigError, match='ONNX Runtime cannot use it'):
        load_onnx(config, path)
    value = onnx.helper.make_tensor_value_info('x', 1, [1])
    node = onnx.helper.make_node('Identity', ['x'], ['y'])
    graph = onnx.helper.make_graph([node], 'g', [value], [
        onnx.helper.make_tensor_value_info('y', 1, [1])])
    onnx.save(onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid('', 17)],
        ir_version=8), path)
    with pytest.raises(ConfigError, match='no complete metadata of mmfer'):
        load_onnx(config, path)
