# Copyright (c) mmfer contributors.
from .add_noise import add_noise, build_noise
from .file_noise import FileNoise
from .label_noise import LabelNoise
from .matrix_noise import MatrixNoise
from .noise_record import NoiseRecord, sample_names
from .pair_noise import PairNoise
from .symmetric_noise import SymmetricNoise
from .transition_noise import TransitionNoise

__all__ = [
    'FileNoise',
    'LabelNoise',
    'MatrixNoise',
    'NoiseRecord',
    'PairNoise',
    'SymmetricNoise',
    'TransitionNoise',
    'add_noise',
    'build_noise',
    'sample_names',
]
