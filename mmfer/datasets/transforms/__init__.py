# Copyright (c) mmfer contributors.
from .draw_synthetic_face import DrawSyntheticFace

__all__ = ['DrawSyntheticFace']
