# Copyright (c) mmfer contributors.
from .drawn_pictures import DrawnPictures
from .face_pipeline import FacePipeline, face_size
from .fer_inferencer import BACKENDS, FERInferencer
from .prediction_table import PredictionTable
from .progress import show_progress
from .smoothing import TemporalSmoothing
from .torch_predictor import OUTPUTS, TorchPredictor
from .window import Window

__all__ = [
    'BACKENDS', 'DrawnPictures', 'FERInferencer', 'FacePipeline', 'OUTPUTS',
    'PredictionTable', 'TemporalSmoothing', 'TorchPredictor', 'Window',
    'face_size', 'show_progress'
]
