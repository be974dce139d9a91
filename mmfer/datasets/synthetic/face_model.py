# Copyright (c) mmfer contributors.
"""The parameters of a face beside its expression."""
from typing import Dict, Tuple

import numpy as np

from .counter_random import uniforms
from .expressions import pick

# Identity: the same in all pictures of a subject. name -> (low, high).
# Lengths are relative changes, tones and styles positions in a palette.
IDENTITY: Dict[str, Tuple[float, float]] = dict(
    face_width=(-.15, .02), face_length=(-.05, .1), jaw_width=(-.16, .06),
    chin=(-1, 1), cheekbones=(-.03, .03), hairline=(-.1, .08),
    skin=(0, 1), undertone=(-1, 1), age=(0, 1), blush=(0, 1),
    brow_height=(-.03, .03), brow_arch=(-.02, .03), brow_tilt=(-.025, .025),
    brow_thickness=(.03, .065),
    eye_size=(-.08, .12), eye_spacing=(-.03, .03), eye_tilt=(-.03, .03),
    eye_open=(-.12, .15), iris=(0, 1), lid_crease=(0, 1), lashes=(0, 1),
    nose_length=(-.07, .06), nose_width=(-.18, .25), nose_tip=(-1, 1),
    mouth_width=(-.1, .1), mouth_height=(-.03, .03), upper_lip=(-.3, .45),
    lower_lip=(-.25, .4), lip_tone=(0, 1), lip_rest=(-.015, .015),
    hair_style=(0, 1), hair_tone=(0, 1), hair_volume=(0, 1), parting=(-1, 1),
    beard=(0, 1), ears=(0, 1), shirt_hue=(0, 180), shirt_tone=(0, 1),
)  # yapf: disable

# What changes from picture to picture. Angles in degrees.
SCENE: Dict[str, Tuple[float, float]] = dict(
    yaw=(-1, 1), pitch=(-1, 1), roll=(-1, 1), scale=(.285, .32),
    shift_x=(-.03, .03), shift_y=(-.025, .025), gaze_x=(-1, 1),
    gaze_y=(-1, 1), light_angle=(0, 360), light=(0, 1), exposure=(-1, 1),
    warmth=(-1, 1), blur=(0, 1), noise=(0, 1), background=(0, 180),
    background_tone=(0, 1), background_mix=(0, 1), occluder_shape=(0, 1),
    occluder_place=(-1, 1), occluder_tone=(0, 1),
)  # yapf: disable

OCCLUDERS = ('none', 'mask', 'glasses', 'sunglasses', 'hand')

# The order of the numbers in a face vector.
PARAMETERS: Tuple[str, ...] = (*IDENTITY, *SCENE, 'skew', 'occluder',
                               'texture')


def _spread(ranges: Dict[str, Tuple[float, float]],
            chance: np.ndarray) -> np.ndarray:
    low, high = np.array(list(ranges.values()), dtype=np.float64).T
    return low + (high - low) * chance


def sample_subjects(seed: int, subject: np.ndarray) -> np.ndarray:
    """Identity parameters, float64 of shape ``(N, len(IDENTITY))``.

    Args:
        seed (int): The seed of the dataset.
        subject (np.ndarray): Subject numbers of shape ``(N, )``.
    """
    return _spread(IDENTITY, uniforms(seed, 'identity', subject,
                                      len(IDENTITY)))


def sample_scenes(seed: int, stream: str, index: np.ndarray, pose: float,
                  light: float, blur: float, noise: float,
                  occlusion: float) -> np.ndarray:
    """Scene parameters with occluder and texture seed.

    Args:
        seed (int): The seed of the dataset.
        stream (str): The name of the split.
        index (np.ndarray): Sample indices of shape ``(N, )``.
        pose (float): The largest yaw in degrees; pitch and roll go to half of
            it. Small angles are more frequent than large ones.
        light (float): The largest strength of the directed light, in [0, 1].
        blur (float): The largest standard deviation of the blur in pixels of
            a picture of 112 pixels.
        noise (float): The largest standard deviation of the sensor noise in
            grey levels.
        occlusion (float): The share of faces with an occluder, in [0, 1].

    Returns:
        np.ndarray: float64 of shape ``(N, len(SCENE) + 2)``.
    """
    chance = uniforms(seed, stream + '/scene', index, len(SCENE) + 4)
    scene = _spread(SCENE, chance[:, :len(SCENE)])
    for name, high in dict(yaw=pose, pitch=pose / 2, roll=pose / 2).items():
        column = list(SCENE).index(name)
        scene[:, column] = np.abs(scene[:, column])**1.5 * np.sign(
            scene[:, column]) * high
    for name, high in dict(light=light, blur=blur, noise=noise).items():
        scene[:, list(SCENE).index(name)] *= high
    hidden, kind = chance[:, -4], chance[:, -3]
    occluder = np.where(hidden < occlusion, 1 + pick([1, 1, 1, 1], kind), 0)
    texture = np.floor(chance[:, -2] * 2**24)
    return np.concatenate([scene, occluder[:, None], texture[:, None]], 1)


def join_parameters(identity: np.ndarray, scene: np.ndarray,
                    skew: np.ndarray) -> np.ndarray:
    """Face vectors, float32 of shape ``(N, len(PARAMETERS))``."""
    return np.concatenate(
        [identity, scene[:, :-2], skew[:, None], scene[:, -2:]],
        1).astype(np.float32)
