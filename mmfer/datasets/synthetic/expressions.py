# Copyright (c) mmfer contributors.
"""Expressions as action units, and what annotators make of a blend."""
from typing import Dict, Sequence, Tuple

import numpy as np

from mmfer.structures import AU_SETS, LABEL_SPACES
from .counter_random import uniforms

CLASSES = LABEL_SPACES['synthetic'].classes
UNITS = AU_SETS['synthetic']

# expression -> its variants, each from FACS number to intensity in [0, 1].
# After the prototypes of the FACS Investigator's Guide (Ekman, Friesen and
# Hager 2002); the intensities are ours.
PROTOTYPES: Dict[str, Tuple[Dict[int, float], ...]] = dict(
    neutral=({}, {}, {}),
    happiness=({6: .9, 12: 1., 25: .75}, {6: .7, 12: .95},
               {6: 1., 12: 1., 25: .9, 26: .3}),
    sadness=({1: 1., 4: .6, 15: 1., 17: .3}, {1: .95, 4: .8, 15: .9, 17: .8},
             {1: 1., 4: .5, 15: 1., 43: .3}),
    surprise=({1: 1., 2: 1., 5: .9, 25: 1., 26: 1.},
              {1: .9, 2: .95, 5: 1., 25: .9, 26: .9},
              {1: 1., 2: 1., 5: .7, 25: .9, 26: .75}),
    fear=({1: 1., 2: .6, 4: .75, 5: 1., 20: 1., 25: .8, 26: .25},
          {1: .9, 2: .4, 4: .9, 5: 1., 20: .9, 25: .55},
          {1: 1., 2: .7, 4: .7, 5: 1., 20: .9, 25: .9, 26: .45}),
    disgust=({4: .45, 7: .5, 9: 1., 10: .9, 17: .5},
             {4: .4, 6: .3, 7: .6, 9: 1., 10: 1., 25: .75},
             {4: .5, 9: .9, 10: .8, 15: .5, 17: .8}),
    anger=({4: 1., 5: .45, 7: .7, 23: .8, 24: .9},
           {4: 1., 5: .6, 7: .6, 10: .55, 20: .3, 23: .4, 25: .9, 26: .2},
           {4: 1., 7: .8, 17: .6, 23: .9, 24: .6}),
    contempt=({12: .5, 14: 1.}, {12: .65, 14: .9, 43: .25},
              {12: .35, 14: 1., 17: .25, 7: .2}))

# Valence and arousal at full intensity, near the circumplex of Russell 1980;
# the numbers are ours.
VALENCE_AROUSAL: Dict[str, Tuple[float, float]] = dict(
    neutral=(0., 0.), happiness=(.85, .45), sadness=(-.75, -.4),
    surprise=(.15, .85), fear=(-.65, .8), disgust=(-.7, .35),
    anger=(-.75, .7), contempt=(-.5, .15))  # yapf: disable

VOTERS = 10
VARIANTS = 3
# The weight of the second expression in a blend.
BLEND = (.15, .48)
# The intensity of the whole face.
STRENGTH = (.7, 1.)

_BANK = np.zeros((len(CLASSES), VARIANTS, len(UNITS)))
for _c, _name in enumerate(CLASSES):
    for _v, _units in enumerate(PROTOTYPES[_name]):
        for _unit, _intensity in _units.items():
            _BANK[_c, _v, UNITS.index(_unit)] = _intensity
_VA = np.array([VALENCE_AROUSAL[name] for name in CLASSES])


def pick(weights: Sequence[float], chance: np.ndarray) -> np.ndarray:
    """Indices drawn with given weights from uniform numbers."""
    edges = np.cumsum(np.asarray(weights, np.float64))
    return np.searchsorted(edges / edges[-1], chance,
                           side='right').clip(0, len(edges) - 1)


def sample_expressions(seed: int, stream: str, index: np.ndarray,
                       class_weights: Sequence[float],
                       ambiguity: float) -> Dict[str, np.ndarray]:
    """What each face expresses, and the votes it gets.

    The main expression runs through the classes evenly (a golden-ratio
    sequence), so that the counts of any first N samples follow the weights
    closely. With the probability ``ambiguity`` a second expression is blended
    in, in half of these cases the neutral one, which makes a weak expression.
    The weights of the blend are the true label distribution; ten independent
    annotators vote by it; and the action units and valence-arousal are the
    same blend of those of the expressions, times the strength of the face.

    Args:
        seed (int): The seed of the dataset.
        stream (str): The name of the split.
        index (np.ndarray): Sample indices of shape ``(N, )``.
        class_weights (Sequence[float]): Relative frequency of each main
            expression, in the order of ``CLASSES``.
        ambiguity (float): The share of blended faces, in [0, 1].

    Returns:
        dict: ``true_distribution`` ``(N, 8)``, ``votes`` ``(N, 8)`` uint8,
        ``ambiguity`` ``(N, )`` in nats, ``gt_au`` ``(N, K)``, ``gt_va``
        ``(N, 2)`` and ``skew`` ``(N, )``: how far the mouth's action units
        are one-sided, -1 = only in the left half of the picture.
    """
    u = uniforms(seed, stream + '/expression', index, 12)
    start = uniforms(seed, stream + '/order', np.zeros(1), 1)[0, 0]
    main = pick(class_weights, (start + index * 0.6180339887498949) % 1)
    second = (main + 1 + (u[:, 0] * 7).astype(int)) % 8
    second = np.where((u[:, 1] < .5) & (main > 0), 0, second)
    weight = BLEND[0] + (BLEND[1] - BLEND[0]) * u[:, 2]
    weight = np.where(u[:, 3] < ambiguity, weight, 0)
    rows = np.arange(len(index))
    truth = np.zeros((len(index), 8))
    truth[rows, main] = 1 - weight
    truth[rows, second] += weight

    strength = STRENGTH[0] + (STRENGTH[1] - STRENGTH[0]) * u[:, 4]
    variant = (u[:, 5] * VARIANTS).astype(int)
    shares = truth * strength[:, None]
    units = np.einsum('nc,nck->nk', shares, _BANK[:, variant].swapaxes(0, 1))
    units *= .85 + .15 * uniforms(seed, stream + '/units', index, len(UNITS))
    one_sided = truth[:, CLASSES.index('contempt')]
    side = np.where(u[:, 6] < .5, -1, 1)
    skew = side * (.12 * u[:, 7] + .88 * one_sided)

    ballots = uniforms(seed, stream + '/votes', index, VOTERS)
    edges = np.cumsum(truth, 1)
    choice = (ballots[:, :, None] >= edges[:, None, :-1]).sum(2)
    votes = (choice[:, :, None] == np.arange(8)).sum(1)
    known = np.where(truth > 0, truth, 1)
    return dict(
        true_distribution=truth.astype(np.float32),
        votes=votes.astype(np.uint8),
        ambiguity=np.abs(known * np.log(known)).sum(1).astype(np.float32),
        gt_au=units.clip(0, 1).astype(np.float32),
        gt_va=(shares @ _VA).clip(-1, 1).astype(np.float32),
        skew=skew.astype(np.float32))
