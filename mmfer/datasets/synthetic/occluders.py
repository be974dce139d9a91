# Copyright (c) mmfer contributors.
"""Things in front of the face.

Each function draws on the canvas and, with the same strokes, on the mask: a
grey canvas, 0 = the face is seen, 255 = it is hidden.
"""
from typing import Tuple

import numpy as np

from . import canvas as draw
from .canvas import Colour
from .face import Face
from .face_model import OCCLUDERS
from .palette import blend, hsv, tone

_MASKS = np.array([(232, 218, 196), (200, 190, 150), (245, 245, 245),
                   (40, 36, 36), (120, 90, 60)], dtype=np.float64)


class _Both:
    """The same drawing on the canvas and on the mask."""

    def __init__(self, canvas: np.ndarray, mask: np.ndarray) -> None:
        self.canvas, self.mask = canvas, mask

    def fill(self, outline: np.ndarray, colour: Colour) -> None:
        draw.fill(self.canvas, outline, colour)
        draw.fill(self.mask, outline, 255)

    def stroke(self, line: np.ndarray, colour: Colour, width: float) -> None:
        draw.stroke(self.canvas, line, colour, width)
        draw.stroke(self.mask, line, 255, width)


def draw_occluder(face: Face, canvas: np.ndarray, mask: np.ndarray) -> None:
    """Draw the occluder that the face vector names, if any."""
    name = OCCLUDERS[int(face.p['occluder'])]
    both = _Both(canvas, mask)
    if name == 'mask':
        _surgical_mask(face, both)
    elif name in ('glasses', 'sunglasses'):
        _glasses(face, both, name == 'sunglasses')
    elif name == 'hand':
        _hand(face, both)


def _surgical_mask(face: Face, both: _Both) -> None:
    points, near, unit = face.points, face.near, face.unit
    colour = blend(_MASKS, face.p['occluder_tone'])
    top = near(points[29], 0, .02 + .06 * face.p['occluder_shape'])
    left, right = near(points[2], .1, 0), near(points[14], -.1, 0)
    for ear, corner, jaw in ((face.extra('ears')[0], left, points[4]),
                             (face.extra('ears')[1], right, points[12])):
        both.stroke(np.stack([ear, corner]), tone(colour, .9), .035 * unit)
        both.stroke(np.stack([ear, jaw]), tone(colour, .8), .035 * unit)
    outline = draw.spline(np.array([
        left, near(points[31], -.2, -.1), top, near(points[35], .2, -.1),
        right, near(points[12], 0, .02), near(points[10], 0, .05),
        near(points[8], 0, .07), near(points[6], 0, .05),
        near(points[4], 0, .02)]), True)
    both.fill(outline, tuple(colour))
    for share in (.3, .52, .74):
        middle = near(top + share * (points[8] - top), 0, .06)
        line = draw.spline(np.array([
            left + share * (points[5] - left), middle,
            right + share * (points[11] - right)]))
        draw.stroke(both.canvas, line, tone(colour, .84), .025 * unit)
        draw.stroke(both.canvas, line + .035 * unit * face.down,
                    tone(colour, 1.06), .025 * unit)


def _lens(face: Face, side: int) -> Tuple[np.ndarray, np.ndarray]:
    """The outline of a lens and its centre."""
    centre = face.near(face.eye(side)[[0, 3]].mean(0), 0, .05)
    square = .5 + .5 * face.p['occluder_shape']
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    x, y = np.cos(angles), np.sin(angles)
    stretch = np.maximum(np.abs(x), np.abs(y))**(-square * .8)
    width = .98 * np.linalg.norm(face.eye(side)[0] - face.eye(side)[3])
    width = .78 * width / face.unit
    outline = np.stack([width * x * stretch, .245 * y * stretch], 1)
    return face.unit * (outline[:, :1] * face.across +
                        outline[:, 1:] * face.down) + centre, centre


def _glasses(face: Face, both: _Both, dark: bool) -> None:
    frame = hsv(180 * face.p['occluder_tone'], .5,
                .1 + .3 * face.p['occluder_shape'])
    width = (.035 + .03 * face.p['occluder_shape']) * face.unit
    lenses = [_lens(face, side) for side in (0, 1)]
    for side, (outline, _) in enumerate(lenses):
        hinge = outline[11 if side == 0 else 19]
        ear = face.near(face.extra('ears')[side], 0, -.12)
        both.stroke(np.stack([hinge, ear]), frame, width)
        if dark:
            both.fill(outline, (34, 26, 24))
            shine = .5 * (outline[12:15] + lenses[side][1])
            draw.stroke(both.canvas, shine, (92, 82, 78), .05 * face.unit)
        both.stroke(np.concatenate([outline, outline[:1]]), frame, width)
    bridge = np.array([lenses[0][0][18], face.near(face.points[27], 0, -.02),
                       lenses[1][0][12]])
    both.stroke(draw.spline(bridge), frame, width)


def _hand(face: Face, both: _Both) -> None:
    """A hand from below or the side, fingers over mouth, cheek or eye."""
    place, unit = face.p['occluder_place'], face.unit
    side = 1 if place > 0 else -1
    skin = face.colours['skin']
    target = (face.points[51], face.extra('cheeks')[(side + 1) // 2],
              face.eye((side + 1) // 2).mean(0))[
                  min(int(face.p['occluder_shape'] * 3), 2)]
    lean = np.deg2rad(side * (18 + 40 * abs(place)))
    up = np.sin(lean) * -face.across - np.cos(lean) * face.down
    out = np.cos(lean) * face.across - np.sin(lean) * face.down
    palm = target - .62 * unit * up
    arm = palm - 2.2 * unit * up
    both.stroke(np.stack([palm - .3 * unit * up, arm]), tone(skin, .88),
                .5 * unit)
    both.fill(draw.spline(np.array([
        palm + unit * (a * out + b * up) for a, b in (
            (-.38, .28), (0, .38), (.38, .28), (.4, -.1), (.24, -.5),
            (-.24, -.5), (-.4, -.1))]), True), tone(skin, .96))
    for offset, length in ((-.3, .55), (-.1, .72), (.1, .7), (.3, .52)):
        root = palm + unit * (offset * out + .15 * up)
        tip = root + unit * (length * up + .25 * offset * length * out)
        both.stroke(np.stack([root, tip]), tone(skin, .66), .2 * unit)
        draw.stroke(both.canvas, np.stack([root, tip]), tone(skin, 1.),
                    .155 * unit)
        nail = tip + .02 * unit * up
        draw.ellipse(both.canvas, nail, .05 * unit, .06 * unit, 0,
                     tone(skin * (1, 1, 1.05), 1.1))
    thumb = palm - side * unit * .38 * out
    tip = thumb + unit * (.32 * up - side * .26 * out)
    both.stroke(np.stack([thumb, tip]), tone(skin, .66), .22 * unit)
    draw.stroke(both.canvas, np.stack([thumb, tip]), tone(skin, 1.),
                .175 * unit)
