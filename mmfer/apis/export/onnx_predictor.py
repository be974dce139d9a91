# Copyright (c) mmfer contributors.
import json
import os.path as osp
from typing import Any, Dict, Optional, Sequence, Union

import numpy as np
import torch
from mmengine.config import Config

from mmfer.datasets.collate import fer_collate
from mmfer.errors import ConfigError, MissingFileError, MissingPackageError
from mmfer.evaluation import require_finite_batch
from mmfer.registry import MODELS

from ..models import LoadedModel, resolve_model


# What the metadata must hold.
_FACTS = {'au_names', 'classes', 'preprocessing', 'training'}


class ONNXPredictor:
    """Predictions by ONNX Runtime.

    Args:
        session (InferenceSession): From :func:`load_onnx`.
        preprocessor (nn.Module, optional): What normalises pictures outside
            the model. Defaults to None, the model does.
    """

    def __init__(self, session: Any,
                 preprocessor: Optional[torch.nn.Module] = None) -> None:
        self.session = session
        self.preprocessor = preprocessor
        self._names = [out.name for out in session.get_outputs()]

    def __call__(self, faces: Sequence[dict]) -> Dict[str, np.ndarray]:
        """Predict a batch, see
        :meth:`mmfer.apis.inference.TorchPredictor.__call__`."""
        images = fer_collate(faces)['inputs']
        if self.preprocessor is not None:
            images = self.preprocessor(dict(inputs=images))['inputs']
        found = self.session.run(self._names, dict(images=images.numpy()))
        found = dict(zip(self._names, found))
        require_finite_batch(faces, found)
        return found


def open_session(path: str) -> Any:
    """ONNX Runtime's session of a file, on CUDA where it can, else on the CPU
    with as many threads as torch has.

    Raises:
        ImportError: If ONNX Runtime is not installed.
        ConfigError: If the file cannot be used.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingPackageError(f'ONNX Runtime cannot be imported ({error})',
                                  hint='pip install '
                                  "'mmfer[export]'") from None
    if not osp.isfile(path):
        raise MissingFileError(f'{path}: no such file',
                               hint='tools/deployment/export_onnx.py writes '
                               'it')
    providers = [
        name for name in ('CUDAExecutionProvider', 'CPUExecutionProvider')
        if name in onnxruntime.get_available_providers()
    ]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return onnxruntime.InferenceSession(path, options, providers)
    except Exception as error:  # its errors share no class of their own
        reason = str(error).splitlines()[0]
        raise ConfigError(f'{path}: ONNX Runtime cannot use it ({reason})',
                          hint='export the model again') from None


def _metadata(session: Any, path: str) -> Dict[str, Any]:
    """What :func:`~mmfer.apis.export.export_onnx` wrote about the model."""
    text = session.get_modelmeta().custom_metadata_map.get('mmfer', '')
    try:
        facts = json.loads(text)
        if not _FACTS.difference(facts):
            return facts
    except (ValueError, TypeError):
        pass
    raise ConfigError(f'{path}: no complete metadata of mmfer',
                      hint='write it with tools/deployment/export_onnx.py')


def load_onnx(model: Union[str, Config], path: Optional[str]) -> LoadedModel:
    """A model that :func:`~mmfer.apis.export.export_onnx` wrote.

    Args:
        model (str or Config): See :func:`~mmfer.apis.models.resolve_model`.
        path (str, optional): The ONNX file.

    Returns:
        LoadedModel: Whose ``model`` is an :class:`ONNXPredictor`.

    Raises:
        ConfigError: If the file was not written by this package.
        FileNotFoundError: If config or file are missing.
    """
    cfg, path = resolve_model(model, path)
    session = open_session(path)
    facts = _metadata(session, path)
    preprocessor = None
    if not facts['preprocessing']:
        preprocessor = MODELS.build(
            cfg.model.get('data_preprocessor') or cfg.data_preprocessor)
    return LoadedModel(
        ONNXPredictor(session, preprocessor), cfg, facts['classes'],
        facts['au_names'], facts['training'])
