# Copyright (c) mmfer contributors.
"""Colours of faces as BGR tuples."""
import colorsys
from typing import Dict, Mapping

import numpy as np

from .canvas import Colour

_SKINS = np.array([(250, 222, 204), (240, 204, 178), (226, 182, 148),
                   (205, 156, 118), (172, 121, 86), (134, 90, 63),
                   (98, 66, 49)], dtype=np.float64)[:, ::-1]
_HAIRS = np.array([(26, 22, 22), (44, 31, 25), (70, 46, 32), (104, 68, 42),
                   (146, 102, 58), (206, 168, 110), (158, 78, 42),
                   (158, 156, 154)], dtype=np.float64)[:, ::-1]
_IRISES = np.array([(52, 32, 20), (84, 54, 30), (110, 82, 42), (84, 108, 72),
                    (86, 122, 148), (112, 128, 140)],
                   dtype=np.float64)[:, ::-1]


def blend(colours: np.ndarray, place: float) -> np.ndarray:
    """The colour at a place in [0, 1] along a row of colours."""
    position = place * (len(colours) - 1)
    low = min(int(position), len(colours) - 2)
    return colours[low] + (position - low) * (colours[low + 1] - colours[low])


def tone(colour: np.ndarray, factor: float) -> Colour:
    """A brighter or darker colour; shadows keep more of the red."""
    b, g, r = colour.tolist()
    warm = factor**.12 if factor < 1 else 1.
    return (min(255., b * factor * warm), min(255., g * factor),
            min(255., r * factor / warm))


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """A BGR colour from a hue in [0, 180) and two shares."""
    rgb = colorsys.hsv_to_rgb(hue / 180 % 1, saturation, value)
    return tuple(255 * c for c in rgb[::-1])


def face_colours(p: Mapping[str, float]) -> Dict[str, np.ndarray]:
    """Skin, lip, hair, brow and iris colour of a face."""
    skin = blend(_SKINS, p['skin'])
    skin = skin * (1 - .03 * p['undertone'], 1, 1 + .025 * p['undertone'])
    # Fair hair goes with fair skin, grey hair with age.
    hair_tone = p['hair_tone'] * (.86 if p['skin'] < .45 else .3)
    hair = blend(_HAIRS, hair_tone)
    if p['age'] > .75:
        hair = hair + 2.6 * (p['age'] - .75) * (_HAIRS[-1] - hair)
    lips = np.array([.78, .68, .9]) * skin - (4, 10, 0)
    lips = lips + p['lip_tone']**3 * .6 * (np.array([62, 40, 165]) - lips)
    iris = blend(_IRISES, p['iris'] if p['skin'] < .45 else .3 * p['iris'])
    return dict(
        skin=skin, lips=lips.clip(0, 255), hair=hair, iris=iris,
        brow=.75 * np.minimum(hair, 150) + .08 * skin)
