# Copyright (c) mmfer contributors.
from typing import Dict, Sequence, Tuple

import numpy as np

from .counter_random import uniforms
from .expressions import UNITS, sample_expressions
from .face_model import (OCCLUDERS, PARAMETERS, join_parameters,
                         sample_scenes, sample_subjects)
from .geometry import face_points

# The share of the subjects in each split.
SPLIT_SHARES = dict(train=.6, valid=.2, test=.2)


def split_subjects(split: str, num_subjects: int) -> np.ndarray:
    """The subject numbers of a split; the splits share none."""
    first = round(SPLIT_SHARES['train'] * num_subjects)
    second = first + round(SPLIT_SHARES['valid'] * num_subjects)
    edges = dict(train=(0, first), valid=(first, second),
                 test=(second, num_subjects))
    return np.arange(*edges[split])


def sample_faces(seed: int, split: str, index: np.ndarray,
                 num_subjects: int = 200,
                 class_weights: Sequence[float] = (1, ) * 8,
                 ambiguity: float = .3, occlusion: float = .2,
                 pose: float = 20., light: float = .5, blur: float = .8,
                 noise: float = 6.) -> Dict[str, np.ndarray]:
    """Everything about faces but their pixels.

    Args:
        seed (int): The seed of the dataset, at least 0.
        split (str): ``'train'``, ``'valid'`` or ``'test'``.
        index (np.ndarray): Sample indices of shape ``(N, )``.
        num_subjects (int): The size of the pool of identities. Defaults to
            200.
        class_weights (Sequence[float]): Relative frequencies of the eight
            main expressions. Defaults to equal ones.
        ambiguity (float): The share of blended expressions. Defaults to 0.3.
        occlusion (float): The share of occluded faces. Defaults to 0.2.
        pose (float): The largest yaw in degrees. Defaults to 20.
        light (float): The largest strength of directed light. Defaults to
            0.5.
        blur (float): The largest blur in pixels at 112. Defaults to 0.8.
        noise (float): The largest noise in grey levels. Defaults to 6.

    Returns:
        dict: Arrays with a first dimension of N: what
        :func:`sample_expressions` gives without ``skew``, ``subject`` (int),
        ``face`` (the face vectors) and ``face_points`` (shares of the
        picture).
    """
    found = sample_expressions(seed, split, index, class_weights, ambiguity)
    pool = split_subjects(split, num_subjects)
    chance = uniforms(seed, split + '/subject', index, 1)[:, 0]
    found['subject'] = pool[(chance * len(pool)).astype(int)]
    scene = sample_scenes(seed, split, index, pose, light, blur, noise,
                          occlusion)
    found['face'] = join_parameters(
        sample_subjects(seed, found['subject']), scene, found.pop('skew'))
    found['face_points'] = face_points(found['face'], found['gt_au'])
    return found


def sample_bare_faces(seed: int, stream: str, index: np.ndarray,
                      occluder: str) -> Tuple[np.ndarray, np.ndarray]:
    """Sample faces at rest that look ahead behind an occluder.

    Args:
        seed (int): At least 0.
        stream (str): What the faces are for; streams are independent.
        index (np.ndarray): Indices of shape ``(N, )``; they are the subjects
            as well.
        occluder (str): One of ``OCCLUDERS``.

    Returns:
        tuple: Face vectors, float32 ``(N, P)``, and action units, all 0,
        ``(N, K)``.
    """
    scene = sample_scenes(seed, stream, index, pose=0, light=0, blur=0,
                          noise=0, occlusion=1)
    faces = join_parameters(
        sample_subjects(seed, index), scene, np.zeros(len(index)))
    faces[:, PARAMETERS.index('occluder')] = OCCLUDERS.index(occluder)
    return faces, np.zeros((len(index), len(UNITS)))
