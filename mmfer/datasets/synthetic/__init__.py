# Copyright (c) mmfer contributors.
from .contact_sheet import contact_sheet
from .face_model import OCCLUDERS, PARAMETERS
from .geometry import POINTS, face_points, to_pixels
from .renderer import render_face
from .sampling import sample_faces, split_subjects

__all__ = [
    'OCCLUDERS', 'PARAMETERS', 'POINTS', 'contact_sheet', 'face_points',
    'render_face', 'sample_faces', 'split_subjects', 'to_pixels'
]
