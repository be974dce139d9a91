# Copyright (c) mmfer contributors.
from .clips import (ApexCentredFrames, ChangeAdaptiveFrames, ClipTransform,
                    FlowStrain, KeyFrames, OnsetApexFrames,
                    OnsetApexOffsetFrames, OnsetDifference, OpenClip,
                    OpenSyntheticClip, PackClipInputs, ReadClip, ReadFlow,
                    StandardizeFlow, UniformFrames)
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
from .paste_occluder import PasteOccluder

__all__ = [
    'ALIGN_RECIPES', 'ApexCentredFrames', 'ChangeAdaptiveFrames',
    'ClipTransform', 'DrawSyntheticFace', 'FaceAffine', 'FaceAlign',
    'FaceCrop', 'FaceFlip', 'FaceGaussianNoise', 'FacePad', 'FaceResize',
    'FaceViews', 'FlowStrain', 'GeometricTransform', 'KeyFrames',
    'LoadFERImage', 'Move', 'OnsetApexFrames', 'OnsetApexOffsetFrames',
    'OnsetDifference', 'OpenClip', 'OpenSyntheticClip', 'PackClipInputs',
    'PackFERInputs', 'PasteOccluder', 'ReadClip', 'ReadFlow',
    'StandardizeFlow', 'UniformFrames'
]
