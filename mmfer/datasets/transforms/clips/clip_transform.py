# Copyright (c) mmfer contributors.
import random
from typing import Sequence

import numpy as np
import torch
from mmcv.transforms import BaseTransform, Compose

from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS


def _random_states() -> tuple:
    return random.getstate(), np.random.get_state(), torch.get_rng_state()


def _set_random_states(states: tuple) -> None:
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])


@TRANSFORMS.register_module()
class ClipTransform(BaseTransform):
    """Transforms of pictures for clips: all frames are treated alike.

    Each frame meets the same random numbers, so that a clip is moved, lit or
    covered as a whole. Landmarks and all other keys are those of the first
    frame.

    **Required and Modified Keys:** ``img`` of shape ``(T, H, W, C)``.

    Args:
        transforms (Sequence[dict]): Transforms of pictures ``(H, W, C)``.

    Raises:
        ValueError: If ``img`` is no clip.

    Examples:
        >>> transform = ClipTransform([
        ...     dict(type='FaceAffine', rotate=10),
        ...     dict(type='FaceFlip', prob=0.5)])
    """

    def __init__(self, transforms: Sequence[dict]) -> None:
        self.transforms = Compose([
            TRANSFORMS.build(t) if isinstance(t, dict) else t
            for t in transforms
        ])

    def transform(self, results: dict) -> dict:
        """Treat the frames of one clip."""
        clip = results['img']
        if clip.ndim != 4:
            raise ConfigError(
                f'ClipTransform wants clips (T, H, W, C), got {clip.shape}',
                hint='take its transforms out of it for pictures')
        states, made = _random_states(), []
        for frame in clip:
            _set_random_states(states)
            made.append(self.transforms(dict(results, img=frame)))
        return dict(made[0], img=np.stack([one['img'] for one in made]))

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.transforms.transforms})'
