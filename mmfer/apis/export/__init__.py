# Copyright (c) mmfer contributors.
from .exportable_model import ExportableModel
from .onnx_export import export_onnx
from .onnx_predictor import ONNXPredictor, load_onnx

__all__ = ['ExportableModel', 'ONNXPredictor', 'export_onnx', 'load_onnx']
