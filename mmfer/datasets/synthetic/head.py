# Copyright (c) mmfer contributors.
"""Background, shoulders, ears and skin."""
import cv2
import numpy as np

from .canvas import ellipse, fill, spline, stroke
from .counter_random import uniforms
from .face import Face
from .palette import hsv, tone

# Patches of colour that are stretched to a background.
_PATTERNS = uniforms(0, 'background', np.arange(1024), 48)


def background(face: Face) -> np.ndarray:
    """A canvas with an out-of-focus background."""
    p = face.p
    chance = _PATTERNS[int(p['texture']) % len(_PATTERNS)]
    base = np.array(
        hsv(p['background'], .08 + .3 * p['background_mix'],
            .25 + .65 * p['background_tone']))
    grid = chance.reshape(4, 4, 3) * .3 + chance[:16].reshape(4, 4, 1) * .7
    grid = base * (1 + (grid - .5) * (.15 + .7 * p['background_mix']))
    grid = np.rint(grid).clip(0, 255).astype(np.uint8)
    grid = cv2.resize(grid, (28, 28), interpolation=cv2.INTER_CUBIC)
    return cv2.resize(grid, (face.size, ) * 2)


def shoulders(face: Face, canvas: np.ndarray) -> None:
    """Neck and clothes."""
    p, unit, skin = face.p, face.unit, face.colours['skin']
    left, right, chin = (face.points[i] for i in (4, 12, 8))
    middle = .5 * (left + right)
    bottom = face.size + unit
    neck = np.array([
        left + .22 * (right - left), (middle[0] - .62 * unit, bottom),
        (middle[0] + .62 * unit, bottom), right + .22 * (left - right)])
    fill(canvas, neck, tone(skin, .78))
    y = .5 * (left[1] + right[1]) + .82 * unit
    shirt = np.array([(-2.4, 1.5), (-2.2, .55), (-1.2, .22), (-.58, 0),
                      (-.3, .3), (0, .38), (.3, .3), (.58, 0), (1.2, .22),
                      (2.2, .55), (2.4, 1.5)]) * unit + (middle[0], y)
    colour = hsv(p['shirt_hue'], .25 + .4 * p['shirt_tone'],
                 .2 + .65 * p['shirt_tone'])
    fill(canvas, spline(shirt), colour)
    stroke(canvas, spline(shirt[3:8]), tone(np.array(colour), .75),
           .05 * unit)
    # The shadow that the head throws on the neck.
    fill(canvas, spline(np.array([
        left + .2 * (right - left), face.near(chin, -.3, .1),
        face.near(chin, .3, .1), right + .2 * (left - right),
        .3 * (left + right) + .4 * chin]), True), tone(skin, .62))


def skin_layer(face: Face, canvas: np.ndarray) -> None:
    """Ears and the skin of the head."""
    skin, unit = face.colours['skin'], face.unit
    for side, ear in enumerate(face.extra('ears')):
        tilt = face.p['roll'] + (-8, 8)[side]
        size = .9 + .25 * face.p['ears']
        ellipse(canvas, ear, .13 * size * unit, .25 * size * unit, tilt,
                tone(skin, .9))
        ellipse(canvas, face.near(ear, (-.03, .03)[side], 0),
                .06 * size * unit, .15 * size * unit, tilt, tone(skin, .7))
    outline = np.concatenate(
        [face.points[:17], face.extra('skull')[1:-1][::-1]])
    fill(canvas, spline(outline, True, 3), tone(skin, 1.))
