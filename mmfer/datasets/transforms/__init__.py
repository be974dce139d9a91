# Copyright (c) mmfer contributors.
from .draw_synthetic_face import DrawSyntheticFace
from .face_affine import FaceAffine
from .face_align import ALIGN_RECIPES, FaceAlign
from .face_crop import FaceCrop
from .face_flip import FaceFlip
from .face_gaussian_noise import FaceGaussianNoise
from .face_pad import FacePad
from .face_resize import FaceResize
from .face_views import FaceViews
from .geometric_transform import GeometricTransform, Move
from .load_fer_image import LoadFERImage
from .pack_fer_inputs import PackFERInputs

__all__ = [
    'ALIGN_RECIPES', 'DrawSyntheticFace', 'FaceAffine', 'FaceAlign',
    'FaceCrop', 'FaceFlip', 'FaceGaussianNoise', 'FacePad', 'FaceResize',
    'FaceViews', 'GeometricTransform', 'LoadFERImage', 'Move', 'PackFERInputs'
]
