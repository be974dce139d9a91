# Copyright (c) mmfer contributors.
"""Points of jaw, brows, eyes and nose in face units (see ``geometry``).

Parameters come as a mapping from name to ``(N, )``, action units as a mapping
from FACS number to ``(N, 2)``: image-left and image-right intensity.
"""
from typing import Dict, Mapping, Tuple

import numpy as np

from .expressions import UNITS

Params = Mapping[str, np.ndarray]
Units = Mapping[int, np.ndarray]
SIGN = np.array([-1., 1.])
# The action units that may be stronger on one side.
ONE_SIDED = (10, 12, 14)

_JAW = np.array([(-1.0, -.05, -.34), (-.99, .2, -.33), (-.96, .45, -.3),
                 (-.9, .69, -.25), (-.8, .9, -.16), (-.66, 1.08, -.02),
                 (-.48, 1.22, .1), (-.25, 1.31, .18), (0, 1.345, .2)])
_BROW = np.array([(-.76, -.25, 0), (-.62, -.335, .1), (-.47, -.36, .16),
                  (-.32, -.335, .2), (-.17, -.28, .22)])
_NOSE = np.array([(0, -.08, .25), (0, .1, .33), (0, .27, .42), (0, .43, .5),
                  (-.2, .53, .22), (-.1, .56, .32), (0, .58, .36),
                  (.1, .56, .32), (.2, .53, .22)])


def sided_units(units: np.ndarray, skew: np.ndarray) -> Dict[int, np.ndarray]:
    """Intensity of each action unit on both sides, ``(N, 2)`` by number.

    Args:
        units (np.ndarray): Intensities in [0, 1] of shape ``(N, K)`` in the
            order of ``AU_SETS['synthetic']``.
        skew (np.ndarray): One-sidedness of AU 10, 12 and 14 of shape
            ``(N, )``; the weaker side is scaled by ``1 - |skew|``.
    """
    units = np.asarray(units, np.float64)
    share = 1 - np.maximum(np.stack([skew, -skew], 1), 0)
    return {
        unit: units[:, k, None] * (share if unit in ONE_SIDED else 1) *
        np.ones(2)
        for k, unit in enumerate(UNITS)
    }


def mirrored(half: np.ndarray) -> np.ndarray:
    """``half`` (its last point on the midline) and its mirror image."""
    return np.concatenate([half, half[-2::-1] * (-1, 1, 1)])


def jaw_points(p: Params, au: Units, drop: np.ndarray) -> np.ndarray:
    """Landmarks 0 to 16, ``(N, 17, 3)``; ``drop`` is how far the jaw hangs."""
    jaw = np.repeat(mirrored(_JAW)[None], len(drop), 0)
    low = ((jaw[0, :, 1] - .1) / 1.2).clip(0, 1)
    jaw[:, :, 0] *= 1 + p['jaw_width'][:, None] * np.sin(low * 2.4)
    jaw[:, 2:15, 0] *= 1 + p['cheekbones'][:, None] * (1 - low[2:15])
    point = np.exp(-((np.arange(17) - 8) / 1.3)**2)
    jaw[:, :, 1] += .035 * p['chin'][:, None] * point
    jaw[:, :, 1] += drop[:, None] * low**1.5
    jaw[:, :, 1] -= .035 * au[17][:, :1] * point
    jaw[:, :, 0] *= 1 - .1 * drop[:, None] * low
    wide = np.exp(-((np.arange(8) - 4) / 1.5)**2) * .025
    jaw[:, :8, 0] -= wide * au[12][:, :1]
    jaw[:, :8:-1, 0] += wide * au[12][:, 1:]
    return jaw


def brow_points(p: Params, au: Units) -> np.ndarray:
    """Brows ``(N, 2, 5, 3)``, each from its outer to its inner end."""
    brows = np.repeat(
        np.stack([_BROW, _BROW * (-1, 1, 1)])[None], len(p['skew']), 0)
    y, x = brows[..., 1], brows[..., 0]
    for name, profile in (('brow_height', np.ones(5)),
                          ('brow_arch', np.array([.6, -.6, -1, -.4, .4])),
                          ('brow_tilt', np.array([-1, -.5, 0, .5, 1]))):
        y += p[name][:, None, None] * profile
    inner = np.array([.1, 0, .1, .6, 1])
    outer = np.array([.75, 1, .8, .4, .05])
    lower = np.array([.1, .4, .7, 1, 1.1])
    a1, a2, a4, a9 = (au[k][:, :, None] for k in (1, 2, 4, 9))
    y -= .2 * a1 * inner + .17 * a2 * outer
    # AU 1 overrides the lowering of AU 4; its drawing together remains.
    y += .135 * a4 * lower * (1 - .8 * a1) + .05 * a9 * lower
    x -= SIGN[:, None] * .065 * a4 * np.array([0, .2, .5, .9, 1])
    return brows


def eye_points(p: Params, au: Units
               ) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eyes, irises and the creases above the eyes.

    Returns:
        tuple: Eyes ``(N, 2, 6, 3)`` from the outer corner over the upper lid,
        iris centres ``(N, 2, 3)``, creases ``(N, 2, 3, 3)``.
    """
    size = (1 + p['eye_size'])[:, None]
    half = .205 * size
    centre = .425 + p['eye_spacing'][:, None]
    opening = (1 + p['eye_open'])[:, None] * size
    upper = opening * (.098 + .058 * au[5] - .03 * au[7] - .012 * au[6] -
                       .02 * au[9])
    lower = opening * (.068 + .012 * au[5] - .03 * au[7] - .03 * au[6] -
                       .02 * au[9])
    lower = np.maximum(lower, .012)
    upper = np.maximum(upper, .03) * (1 - au[43]) - .8 * lower * au[43]
    eyes = np.zeros((len(size), 2, 6, 3))
    along = np.array([-1, -.42, .38, 1, .38, -.42])  # outer to inner
    height = np.array([0, -.95, -.95, 0, .95, 1.])
    tilt = (p['eye_tilt'] - .012)[:, None, None]
    eyes[..., 0] = SIGN[:, None] * (centre - along * half)[:, None]
    eyes[..., 1] = .01 - tilt * along + height * np.where(
        height < 0, upper[..., None], lower[..., None])
    eyes[..., 2] = .08 + .04 * along
    ones = np.ones((1, 2))
    iris = np.stack([
        SIGN * centre + .05 * p['gaze_x'][:, None],
        (.004 + .025 * p['gaze_y'])[:, None] * ones,
        .12 * ones.repeat(len(size), 0)
    ], -1)
    crease = eyes[:, :, [0, 1, 3]].copy()
    rise = (.045 + .03 * p['lid_crease'])[:, None]
    crease[:, :, 1, 0] = SIGN * centre
    crease[..., 1, 1] = -.2 * upper - .105 * opening - rise
    crease[..., 0, 1] -= .55 * rise
    crease[..., 2, 1] -= .4 * rise
    return eyes, iris, crease


def nose_points(p: Params, au: Units) -> np.ndarray:
    """Landmarks 27 to 35, ``(N, 9, 3)``."""
    nose = np.repeat(_NOSE[None], len(p['skew']), 0)
    nose[:, :, 1] *= 1 + p['nose_length'][:, None]
    nose[:, 4:, 0] *= 1 + p['nose_width'][:, None]
    nose[:, 3:, 1] -= .05 * au[9][:, :1]
    for side, wings in ((0, (4, 5)), (1, (8, 7))):
        lift = .04 * au[9][:, side] + .02 * au[10][:, side]
        wide = .035 * au[9][:, side] + .015 * au[12][:, side]
        for wing, share in zip(wings, (1, .5)):
            nose[:, wing, 1] -= share * lift
            nose[:, wing, 0] += SIGN[side] * share * wide
    return nose
