# Copyright (c) mmfer contributors.
"""Soft forms, folds and wrinkles as a map that multiplies the skin."""
from typing import Sequence, Union

import cv2
import numpy as np

from . import canvas as draw
from .face import Face

# Shading multiplies by value / 128; shadows are warm.
_VALUES = np.arange(256) / 128
_WARM = np.rint(128 * np.stack(
    [_VALUES**1.15, _VALUES, _VALUES**.85], -1)).clip(
        0, 255).astype(np.uint8)[None]
_SIDES = (-1, 1)
Points = Union[np.ndarray, Sequence[Sequence[float]]]


class _ShadeMap:
    """A grey map smaller than the canvas, drawn on in canvas pixels."""

    def __init__(self, face: Face, divider: int) -> None:
        self.face, self.divider = face, divider
        self.map = np.full((face.size // divider, ) * 2, 128, np.uint8)

    def _place(self, points: Points) -> np.ndarray:
        return (np.asarray(points) + .5) / self.divider - .5

    def stroke(self, line: np.ndarray, value: float, width: float) -> None:
        draw.stroke(self.map, self._place(line), value,
                    width * self.face.unit / self.divider)

    def fill(self, outline: np.ndarray, value: float) -> None:
        draw.fill(self.map, self._place(outline), value)

    def ellipse(self, centre: np.ndarray, width: float, height: float,
                value: float) -> None:
        unit = self.face.unit / self.divider
        draw.ellipse(self.map, self._place(centre), width * unit,
                     height * unit, self.face.p['roll'], value)


def _forms(face: Face) -> np.ndarray:
    """The broad forms: sockets, cheeks, nose, chin, the turn of the head."""
    shade, points, near = _ShadeMap(face, 4), face.points, face.near
    outline = np.concatenate([points[:17], face.extra('skull')[::-1]])
    shade.stroke(points[28] + .92 * (outline - points[28]), 104, .16)
    shade.ellipse(near(points[27], 0, -.5), .45, .2, 138)
    toward = np.cos(np.deg2rad(face.p['light_angle'])) * face.p['light']
    for side, sign in enumerate(_SIDES):
        shade.ellipse(near(face.eye(side).mean(0), 0, -.06), .25, .15, 113)
        lift = max(face.sides[6][side], face.sides[12][side])
        shade.ellipse(face.extra('cheeks')[side], .24, .17, 135 + 10 * lift)
        shade.fill(np.array([
            near(points[27], .1 * sign, -.16), near(points[27], .13 * sign,
                                                    .05),
            near(points[30], .18 * sign, .06), near(points[30], .07 * sign,
                                                    .0),
            near(points[28], .05 * sign, 0)]), 110 + 14 * sign * toward)
    shade.stroke(points[27:31], 144, .08)
    shade.ellipse(points[30], .085, .075, 148)
    shade.ellipse(near(points[33], 0, .09), .13, .05, 112)
    shade.ellipse(near(points[57], 0, .09), .2, .05, 104)
    shade.ellipse(face.extra('chin')[0], .17, .1, 137)
    return cv2.GaussianBlur(shade.map, (7, 7), 1.7)


def _upper_folds(face: Face, shade: _ShadeMap) -> None:
    """Lines of forehead, brows, eyes and the root of the nose."""
    au, points, near = face.au, face.points, face.near
    age = max(0., face.p['age'] - .5)
    raised = max(au[1], au[2]) * (.6 + .5 * face.p['age'])
    if raised + age > .25:
        for line in face.extra('forehead').reshape(2, 5, 2):
            shade.stroke(draw.spline(line), 128 - 38 * min(1, raised + age),
                         .025)
    if au[4] + au[9] > .15:
        value = 128 - 62 * min(1, max(au[4], .6 * au[9]))
        furrows = face.extra('glabella')
        shade.stroke(furrows[:2], value, .03)
        shade.stroke(furrows[2:], value, .03)
    if au[9] > .1:
        for below in (.0, .09, .18):
            for sign in _SIDES:
                shade.stroke(np.array([
                    near(points[27], .02 * sign, below + .01),
                    near(points[27], .13 * sign, below - .05)]),
                             128 - 58 * au[9], .025)
    for side, sign in enumerate(_SIDES):
        eye, corner = face.eye(side), face.eye(side)[0 if side == 0 else 3]
        bag = max(au[6], .7 * au[7], .6 * au[9], .8 * age)
        if bag > .1:
            shade.stroke(draw.spline(np.array([
                near(eye[0], 0, .08), near(eye[5], 0, .095),
                near(eye[4], 0, .095), near(eye[3], 0, .08)])),
                         128 - 36 * bag, .025)
        smile = au[6] * (.5 + face.p['age'])
        if smile > .2:
            for rise in (-.07, .01, .08):
                shade.stroke(np.array([
                    near(corner, .05 * sign, .5 * rise),
                    near(corner, .17 * sign, 1.5 * rise)]),
                             128 - 34 * min(1, smile), .02)


def _lower_folds(face: Face, shade: _ShadeMap) -> None:
    """Lines of cheeks, mouth corners and chin."""
    au, points, near = face.au, face.points, face.near
    age = max(0., face.p['age'] - .4)
    for side, sign in enumerate(_SIDES):
        s = {k: v[side] for k, v in face.sides.items()}
        fold = max(s[12], .8 * s[10], .9 * s[9], .5 * s[20], .3 * s[6],
                   .35 * s[15], .6 * age)
        if fold > .08:
            line = face.extra('folds')[3 * side:3 * side + 3]
            shade.stroke(draw.spline(line), 128 - 52 * fold, .035)
        corner = points[48 if side == 0 else 54]
        if s[14] > .1:
            shade.stroke(draw.spline(np.array([
                near(corner, .04 * sign, -.09), near(corner, .085 * sign, 0),
                near(corner, .04 * sign, .09)])), 128 - 78 * s[14], .035)
        if s[15] > .1:
            shade.stroke(draw.spline(np.array([
                near(corner, .02 * sign, .0), near(corner, .07 * sign, .09),
                near(corner, .06 * sign, .2)])), 128 - 58 * s[15], .035)
        if s[20] > .1:
            shade.stroke(np.array([
                near(corner, .08 * sign, -.12), near(corner, .1 * sign, .1)]),
                         128 - 44 * s[20], .03)
    if au[17] > .1:
        chin = face.extra('chin')[0]
        shade.stroke(draw.spline(np.array([
            near(chin, -.2, .06), near(chin, -.12, -.06), near(chin, 0, -.1),
            near(chin, .12, -.06), near(chin, .2, .06)])),
                     128 - 52 * au[17], .035)
    press = max(au[23], au[24])
    if press > .1:
        for index in (50, 52):
            shade.stroke(np.array([near(points[index], 0, -.04),
                                   near(points[index], 0, -.1)]),
                         128 - 26 * press, .03)


def shade_skin(face: Face, canvas: np.ndarray) -> None:
    """Lay forms, folds and wrinkles over the canvas."""
    folds = _ShadeMap(face, 2)
    _upper_folds(face, folds)
    _lower_folds(face, folds)
    outline = np.concatenate([face.points[:17], face.extra('skull')])
    # Only the rectangle of the head, in steps of the coarse map.
    x0, y0 = (outline.min(0).clip(0, face.size) // 4).astype(int).tolist()
    x1, y1 = (-(-outline.max(0).clip(0, face.size) // 4)).astype(int).tolist()
    broad = _forms(face)[y0:y1, x0:x1]
    fine = folds.map[2 * y0:2 * y1, 2 * x0:2 * x1]
    broad = cv2.resize(broad, fine.shape[::-1])
    both = cv2.multiply(fine, broad, scale=1 / 128)
    colour = cv2.LUT(cv2.cvtColor(both, cv2.COLOR_GRAY2BGR), _WARM)
    window = canvas[4 * y0:4 * y1, 4 * x0:4 * x1]
    colour = cv2.resize(colour, window.shape[1::-1])
    cv2.multiply(window, colour, window, scale=1 / 128)
