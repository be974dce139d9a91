# Copyright (c) mmfer contributors.
import hashlib
import math
from typing import List, Sequence, Tuple

import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.datasets.synthetic import PARAMETERS, face_points, render_face
from mmfer.errors import ConfigKeyError
from mmfer.registry import TRANSFORMS
from .frame_source import FrameSource
from .key_frames import to_count

_TEXTURE = PARAMETERS.index('texture')
# Moves the grain of the sensor; a multiple of 1024, the number of backgrounds
# from which the same parameter chooses.
_GRAIN_STEP = 13 * 1024
# The apex lies within this part of the way from onset to offset.
_APEX = (.3, .6)


class DrawnFrames(FrameSource):
    """A drawn face whose expression comes and goes.

    Its action units rise from nothing at the onset to their full strength at
    the apex, and fall to nothing at the offset, both along half a cosine.
    Identity, pose and light stay; the grain of the sensor changes.

    Args:
        name (str): The name of the clip.
        face (np.ndarray): The face vector, ``(P, )``.
        units (np.ndarray): The action units of the apex, ``(K, )``.
        image_size (int): Height and width in pixels.
        span (Tuple[int, int, int]): Onset, apex and offset.
        num_frames (int): The number of frames, counted from 0.
    """

    def __init__(self, name: str, face: np.ndarray, units: np.ndarray,
                 image_size: int, span: Tuple[int, int, int],
                 num_frames: int) -> None:
        self.name = name
        self.numbers = np.arange(num_frames)
        self.face, self.units = face, units
        self.image_size, self.span = image_size, span

    @property
    def key(self) -> str:
        """A digest of all that is drawn, whatever the name."""
        drawn = repr((self.face.tolist(), self.units.tolist(),
                      self.image_size, self.span))
        return hashlib.sha256(drawn.encode()).hexdigest()

    def strength(self, numbers: Sequence[int]) -> np.ndarray:
        """The share of the action units in frames, ``(T, )`` in [0, 1]."""
        way = np.interp(numbers, self.span, (0., 1., 0.))
        return (1 - np.cos(math.pi * way)) / 2

    def read(self, numbers: Sequence[int]) -> List[np.ndarray]:
        """See :class:`FrameSource`."""
        units = self.strength(numbers)[:, None] * self.units
        faces = np.repeat(self.face[None], len(units), 0)
        steps = _GRAIN_STEP * (np.array(numbers) - self.span[1])
        faces[:, _TEXTURE] = (faces[:, _TEXTURE] + steps) % 2**24
        points = face_points(faces, units)
        return [render_face(*one, self.image_size)[0]
                for one in zip(faces, units, points)]


@TRANSFORMS.register_module()
class OpenSyntheticClip(BaseTransform):
    """Let the face of a :class:`SyntheticFER` sample move.

    It stands where :class:`OpenClip` stands for clips on disk. Onset, apex
    and offset are known exactly; a share of an eighth at either end is at
    rest. The apex frame is the picture of
    :class:`~mmfer.datasets.transforms.DrawSyntheticFace`. It draws no random
    numbers.

    **Required Keys:** ``face``, ``face_units``, ``image_size``, ``face_name``

    **Added Keys:** ``frames``, ``onset``, ``apex``, ``offset``, ``img_path``,
    ``source_set``. **Removed Keys:** ``face``, ``face_points``,
    ``face_units``, and ``gt_landmarks``, which hold for the apex alone.

    Args:
        num_frames (int): Frames of a clip, at least 8. Defaults to 32.

    Raises:
        ValueError: If ``num_frames`` is too small.
        KeyError: If the sample comes from another dataset.
    """

    def __init__(self, num_frames: int = 32) -> None:
        self.num_frames = to_count(num_frames, 8)

    def transform(self, results: dict) -> dict:
        """Give one face its frames."""
        if 'face' not in results:
            raise ConfigKeyError('OpenSyntheticClip moves samples of '
                                 'SyntheticFER only',
                                 hint='use OpenClip for clips on disk')
        results = dict(results)
        face, units = results.pop('face'), results.pop('face_units')
        del results['face_points'], results['gt_landmarks']
        onset = self.num_frames // 8
        offset = self.num_frames - 1 - onset
        low, high = _APEX
        chance = float(face[_TEXTURE]) * 0.6180339887498949 % 1
        apex = onset + round((low + (high - low) * chance) * (offset - onset))
        name = results['face_name']
        frames = DrawnFrames(name, face, units, results['image_size'],
                             (onset, apex, offset), self.num_frames)
        return dict(results, frames=frames, onset=onset, apex=apex,
                    offset=offset, img_path=name, source_set='synthetic')

    def __repr__(self) -> str:
        return f'{type(self).__name__}(num_frames={self.num_frames})'
