# Copyright (c) mmfer contributors.
import json
import os
import os.path as osp
from typing import Any, Dict, Tuple

import numpy as np
import torch

from mmfer.errors import ConfigError, MissingPackageError
from mmfer.evaluation import require_finite

from ..models import LoadedModel
from .exportable_model import ExportableModel


def export_onnx(loaded: LoadedModel,
                path: str,
                size: Tuple[int, int],
                preprocessing: bool = True) -> Dict[str, float]:
    """Write a model as an ONNX file, and compare it with PyTorch.

    The input ``images`` is a batch of any length; the outputs are named as
    the fields of a data sample. The metadata ``mmfer`` holds, as JSON, the
    classes, the action units, the size of the pictures, whether they are
    preprocessed inside, and what the checkpoint tells of the training.

    Args:
        loaded (LoadedModel): The model, on the CPU.
        path (str): The file to write.
        size (Tuple[int, int]): Height and width of the pictures.
        preprocessing (bool): See :class:`ExportableModel`. Defaults to True.

    Returns:
        dict[str, float]: Of each output the largest difference from PyTorch,
        for three pictures of noise.

    Raises:
        ImportError: If the packages of ONNX are not installed.
        ConfigError: If the model cannot be exported.
        NonFiniteError: If it predicts NaN or infinity.
    """
    try:
        import onnx
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingPackageError(f'models cannot be exported ({error})',
                                  hint='pip install '
                                  "'mmfer[export]'") from None
    from .onnx_predictor import open_session
    model = ExportableModel(loaded.model, preprocessing).eval()
    names = model.names(size)
    os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
    try:
        with torch.no_grad():
            torch.onnx.export(
                model, (model.example(size, 2), ), path,
                input_names=['images'], output_names=list(names),
                dynamic_shapes=({0: torch.export.Dim('batch')}, ),
                dynamo=True, external_data=False, verbose=False)
    except torch.onnx.OnnxExporterError as error:
        raise ConfigError('this model cannot be exported: '
                          f'{str(error).splitlines()[0]}',
                          hint='predict with PyTorch') from error
    content = onnx.load(path)
    onnx.helper.set_model_props(
        content, dict(mmfer=json.dumps(_facts(loaded, size, preprocessing))))
    onnx.save(content, path)
    session = open_session(path)
    if isinstance(session.get_inputs()[0].shape[0], int):
        raise ConfigError('this model cannot be exported for batches of any '
                          'length',
                          hint='predict with PyTorch')
    return _differences(model, session, model.example(size, 3))


def _facts(loaded: LoadedModel, size: Tuple[int, int],
           preprocessing: bool) -> Dict[str, Any]:
    """What the metadata of the file tell."""
    return dict(
        classes=loaded.classes,
        au_names=loaded.au_names,
        preprocessing=preprocessing,
        training=dict(loaded.training, input_size=list(size)))


def _differences(model: ExportableModel, session: Any,
                 images: torch.Tensor) -> Dict[str, float]:
    with torch.no_grad():
        wanted = model.predictions(images)
    require_finite(dict(wanted, img_path='an image of noise'), *wanted)
    found = session.run(list(wanted), dict(images=images.numpy()))
    return {
        name: float(np.abs(value.numpy() - other).max())
        for (name, value), other in zip(wanted.items(), found)
    }
