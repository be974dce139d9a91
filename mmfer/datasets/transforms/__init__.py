# Copyright (c) mmfer contributors.
from .face_affine import FaceAffine
from .face_flip import FaceFlip
from .face_resize import FaceResize
from .load_fer_image import LoadFERImage
from .pack_fer_inputs import PackFERInputs

__all__ = [
    'FaceAffine', 'FaceFlip', 'FaceResize', 'LoadFERImage', 'PackFERInputs'
]
