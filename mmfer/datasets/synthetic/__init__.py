# Copyright (c) mmfer contributors.
from .contact_sheet import contact_sheet
from .face_model import OCCLUDERS, PARAMETERS
from .geometry import POINTS, face_points, to_pixels
from .renderer import paste_occluder, render_face
from .sampling import sample_bare_faces, sample_faces, split_subjects

__all__ = [
    'OCCLUDERS', 'PARAMETERS', 'POINTS', 'contact_sheet', 'face_points',
    'paste_occluder', 'render_face', 'sample_bare_faces', 'sample_faces',
    'split_subjects', 'to_pixels'
]
