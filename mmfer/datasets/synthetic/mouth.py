# Copyright (c) mmfer contributors.
import numpy as np

from .face_parts import SIGN, Params, Units

# For landmarks 48 to 67: the side, how far from corner (0) to midline (1),
# and the contour: upper outer, lower outer, upper inner, lower inner.
_SIDE = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0])
_SHARE = np.array([0, .36, .74, 1, .74, .36, 0, .36, .74, 1, .74, .36,
                   0, .62, 1, .62, 0, .62, 1, .62])
_CONTOUR = np.array([0] * 7 + [1] * 5 + [2] * 5 + [3] * 3)
_TOWARDS = np.sin(_SHARE * np.pi / 2)
_BUMP = 1 - (1 - _SHARE)**2.2


def mouth_points(p: Params, au: Units, drop: np.ndarray) -> np.ndarray:
    """Landmarks 48 to 67 in face units.

    The mouth is a line from corner to corner; inner and outer contours of the
    lips stand above and below it.

    Args:
        p (Mapping): Parameters by name, each ``(N, )``.
        au (Mapping): Sided action units by number, each ``(N, 2)``.
        drop (np.ndarray): How far the jaw hangs, ``(N, )``.

    Returns:
        np.ndarray: ``(N, 20, 3)``.
    """
    m = {k: v.mean(1) for k, v in au.items()}
    gape = drop * m[25]
    rest = .87 + p['mouth_height']
    width = .355 * (1 + p['mouth_width']) * (
        1 - .06 * m[23] - .03 * m[24] - .04 * m[17]) - .3 * gape
    out = (width[:, None] + .12 * au[12] + .035 * au[14] + .115 * au[20])
    corner = (rest + p['lip_rest'] + .3 * gape)[:, None] + (
        -.135 * au[12] - .035 * au[14] + .115 * au[15] + .035 * au[20] +
        .02 * au[17])
    line = rest - (.02 * m[12] + .06 * m[10] + .02 * m[9] + .035 * m[15] +
                   .045 * m[17] * (1 - m[25]))
    thin = (1 - .45 * m[24]) * (1 - .4 * m[23]) * (1 - .25 * m[20])
    upper = .085 * (1 + p['upper_lip']) * thin * (1 - .25 * m[12])
    lower = .12 * (1 + p['lower_lip']) * thin * (1 - .2 * m[12])
    lower = lower * (1 + .15 * m[17] * (1 - m[25]))
    gap_up = m[25] * (.018 + .05 * m[10] + .02 * m[12] + .02 * m[20])
    gap_low = m[25] * (.05 + .04 * m[20] + .03 * m[12]) + gape

    heights = np.stack([-gap_up - upper, gap_low + lower, -gap_up, gap_low], 1)
    reach = out[:, _SIDE] - .03 * (_CONTOUR > 1)
    start = corner[:, _SIDE]
    mouth = np.empty((len(drop), 20, 3))
    mouth[:, :, 0] = SIGN[_SIDE] * reach * (1 - _SHARE)
    mouth[:, :, 1] = start + _TOWARDS * (line[:, None] - start) + \
        _BUMP * heights[:, _CONTOUR]
    mouth[:, :, 2] = .12 + .18 * _SHARE
    mouth[:, (2, 4), 1] -= .012  # the bow of the upper lip
    mouth[:, 3, 1] += .01
    return mouth
