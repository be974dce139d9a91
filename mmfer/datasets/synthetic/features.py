# Copyright (c) mmfer contributors.
"""Eyes, brows and nose."""
import numpy as np

from .canvas import disc, draw_inside, ellipse, fill, spline, stroke
from .face import Face
from .palette import tone


def draw_eyes(face: Face, canvas: np.ndarray) -> None:
    """Sclera, iris, pupil, highlight, lid lines and creases."""
    skin, unit, p = face.colours['skin'], face.unit, face.p
    light = .55 + .45 * min(1., float(skin.mean()) / 190)
    sclera = tuple(light * c for c in (232, 234, 240))
    iris = face.colours['iris']
    for side in (0, 1):
        eye = face.eye(side)
        upper, lower = spline(eye[:4]), spline(eye[[3, 4, 5, 0]])
        centre = face.extra('iris')[side]
        radius = .098 * unit * (1 + .5 * p['eye_size'])

        def inner(patch: np.ndarray, origin: np.ndarray) -> None:
            patch[:] = sclera
            stroke(patch, upper - origin, tone(np.array(sclera), .68),
                   .05 * unit)
            disc(patch, centre - origin, radius, tone(iris, .5))
            disc(patch, centre - origin, .82 * radius, tone(iris, 1.15))
            disc(patch, centre - origin, .46 * radius, (14, 12, 12))
            shine = face.near(centre, -.03, -.04)
            disc(patch, shine - origin, .024 * unit, (250, 250, 250))
            stroke(patch, upper - origin, tone(np.array(sclera), .45),
                   .015 * unit)

        draw_inside(canvas, np.concatenate([upper, lower[1:-1]]), inner)
        crease = spline(face.extra('creases')[3 * side:3 * side + 3])
        stroke(canvas, crease, tone(skin, .66), .018 * unit)
        stroke(canvas, lower, tone(skin, .6), .014 * unit)
        lash = np.array([22, 20, 24]) + .1 * face.colours['brow']
        stroke(canvas, upper, tuple(lash), (.022 + .018 * p['lashes']) * unit)
        inner_corner = eye[3 if side == 0 else 0]
        disc(canvas, inner_corner, .014 * unit, tone(face.colours['lips'],
                                                     .85))


def draw_brows(face: Face, canvas: np.ndarray) -> None:
    """Brows that taper towards the temples."""
    colour, skin = face.colours['brow'], face.colours['skin']
    thick = face.p['brow_thickness'] * face.unit
    share = np.linspace(0, 1, 17)
    taper = np.interp(share, (0, .35, .8, 1), (.15, .8, 1, .8))[:, None]
    for side in (0, 1):
        line = face.points[17:22] if side == 0 else face.points[26:21:-1]
        line = spline(line)
        rise = face.down * thick * taper
        fill(canvas, np.concatenate([line - rise, (line + rise)[::-1]]),
             tuple(.7 * colour + .3 * skin))
        rise = .55 * rise
        fill(canvas, np.concatenate([line - rise, (line + rise)[::-1]]),
             tuple(colour))


def draw_nose(face: Face, canvas: np.ndarray) -> None:
    """Nostrils, wings and the shadow below; the bridge is shading."""
    skin, unit, near, points = (face.colours['skin'], face.unit, face.near,
                                face.points)
    for sign, wing, base in ((-1, 31, 32), (1, 35, 34)):
        point = points[wing]
        stroke(canvas, spline(np.array([
            near(point, 0, -.12), near(point, .045 * sign, -.05),
            near(point, .035 * sign, .02), near(point, -.02 * sign, .04)])),
               tone(skin, .68), .022 * unit)
        hole = .45 * point + .55 * points[base]
        ellipse(canvas, near(hole, 0, -.002), .052 * unit, .024 * unit,
                face.p['roll'] - 18 * sign, tone(skin, .34))
    stroke(canvas, spline(np.array([
        near(points[32], 0, .012), near(points[33], 0, .018),
        near(points[34], 0, .012)])), tone(skin, .68), .02 * unit)


def draw_mouth(face: Face, canvas: np.ndarray) -> None:
    """Lips, and behind them teeth and tongue where the lips part."""
    unit, au, points = face.unit, face.au, face.points
    skin, lips = face.colours['skin'], face.colours['lips']
    top, bottom = spline(points[48:55]), spline(points[[*range(54, 60), 48]])
    inner_top = spline(points[60:65])
    inner_bottom = spline(points[[64, 65, 66, 67, 60]])
    fill(canvas, np.concatenate([top, bottom[1:-1]]), tone(lips, .98))
    fill(canvas, np.concatenate([top, inner_top[::-1]]), tone(lips, .84))
    middle = .5 * (points[66] + points[57])
    if au[24] < .5:
        stroke(canvas, np.array([face.near(middle, -.09, -.01),
                                 face.near(middle, .09, -.01)]),
               tone(lips, 1.1), .035 * unit)
    gap = np.linalg.norm(points[66] - points[62]) / unit
    if gap > .012:
        show = .06 + .05 * max(au[12], au[10], au[20]) - .025 * au[26]
        show = min(show, .75 * gap)
        low = .055 * max(0., max(au[20], au[10], .5 * au[4]) - .2)

        def inside(patch: np.ndarray, origin: np.ndarray) -> None:
            patch[:] = (38, 30, 72)
            centre = face.near(points[66], 0, -.01) - origin
            ellipse(patch, centre, .2 * unit, min(.5 * gap, .1) * unit,
                    face.p['roll'], (84, 82, 168))
            _teeth(face, patch, inner_top - origin, show)
            if low > .01 and gap > .1:
                _teeth(face, patch, inner_bottom - origin, -low)
            stroke(patch, inner_top - origin, (52, 44, 80), .02 * unit)

        draw_inside(canvas, np.concatenate([inner_top, inner_bottom[1:-1]]),
                    inside)
    closed = 1 if gap < .05 else .6
    stroke(canvas, inner_top, tone(lips, .42 if closed == 1 else .55),
           .02 * unit * closed)
    if gap <= .02:
        stroke(canvas, inner_bottom, tone(lips, .5), .014 * unit)
    for index, sign in ((48, -1), (54, 1)):
        disc(canvas, face.near(points[index], -.012 * sign, 0), .014 * unit,
             tone(skin, .45))


def _teeth(face: Face, patch: np.ndarray, lip: np.ndarray,
           height: float) -> None:
    """A row of teeth hanging from (or standing on) the edge of a lip."""
    edge = lip + height * face.unit * face.down
    fill(patch, np.concatenate([lip, edge[::-1]]), (214, 228, 234))
    for place in edge[4:-4:2]:
        stroke(patch, np.stack([place, place - .7 * height * face.unit *
                                face.down]), (176, 190, 200), 1)
