# Copyright (c) mmfer contributors.
"""Hair and beard."""
import numpy as np

from .canvas import disc, fill, spline, strokes
from .counter_random import uniforms
from .face import Face
from .palette import tone

STYLES = ('short', 'crop', 'side', 'curly', 'bob', 'long', 'fringe', 'bun',
          'bald')
_CURLS = uniforms(0, 'curls', np.zeros(1), 64)[0]
_SHORT = ('short', 'crop', 'side', 'bald')


def hair_style(face: Face) -> str:
    """The name of a face's hair style."""
    return STYLES[min(int(face.p['hair_style'] * len(STYLES)),
                      len(STYLES) - 1)]


def beard_style(face: Face) -> str:
    """The name of a face's beard, only beside short hair."""
    if hair_style(face) not in _SHORT:
        return 'none'
    place = min(int(face.p['beard'] * 6), 5)
    return ('none', 'none', 'none', 'stubble', 'moustache', 'full')[place]


def hair_behind(face: Face, canvas: np.ndarray) -> None:
    """What hangs or stands behind the head."""
    style, colour, unit = (hair_style(face), face.colours['hair'], face.unit)
    skull, near = face.extra('skull'), face.near
    volume = 1.1 + .12 * face.p['hair_volume']
    if style == 'bun':
        disc(canvas, near(skull[5], 0, -.12), .3 * unit, tone(colour, .8))
    if style not in ('long', 'bob'):
        return
    length = 1.9 if style == 'long' else 1.02
    centre = face.points[27]
    top = centre + volume * 1.03 * (skull - centre)
    sides = [(-1.14, .45), (-1.2, .55 * length + .2), (-1.02, length),
             (-.5, length + .08), (.5, length + .08), (1.02, length),
             (1.2, .55 * length + .2), (1.14, .45)]
    hanging = np.array([near(centre, x * volume * .92, y) for x, y in sides])
    fill(canvas, spline(np.concatenate([top, hanging[::-1]]), True),
         tone(colour, .72))


def hair_front(face: Face, canvas: np.ndarray) -> None:
    """The cap of hair over the forehead."""
    style = hair_style(face)
    if style == 'bald':
        return
    colour, unit, near = face.colours['hair'], face.unit, face.near
    skull, line = face.extra('skull').copy(), face.extra('hairline').copy()
    centre = face.points[27]
    volume = dict(crop=.03, bun=.04).get(
        style, .07 + .09 * face.p['hair_volume'])
    outer = centre + (1.0 + volume) * (skull - centre)
    if style in ('fringe', 'bob') and face.p['parting'] > -.4:
        drop = .24 if style == 'fringe' else .2
        line[2:7] += drop * unit * face.down
        line[[1, 7]] += .12 * unit * face.down
    elif style in ('side', 'long', 'bob'):
        place = 4 + int(round(2 * face.p['parting']))
        reach = np.abs(np.arange(9) - place)
        line += np.outer(np.interp(reach, (0, 1, 3, 6), (-.1, -.02, .1, .05)),
                         face.down) * unit
    side = .34 if style in ('short', 'side', 'fringe') else .16
    if style in ('long', 'bob'):
        side = .75
    temples = np.array([near(skull[0], .07, side - .1),
                        near(skull[-1], -.07, side - .1)])
    inner = np.concatenate([temples[:1], line, temples[1:]])
    cap = np.concatenate([spline(outer), spline(inner)[::-1]])
    if style == 'curly':
        chance = _CURLS
        ring = spline(centre + (1.08 + .5 * volume) * (skull - centre),
                      steps=3)
        for i, place in enumerate(ring):
            disc(canvas, place, (.15 + .08 * chance[i]) * unit,
                 tone(colour, .82 + .25 * chance[i + 31]))
    fill(canvas, cap, tone(colour, 1.))
    _strands(face, canvas, spline(outer), spline(inner))
    if style == 'curly':
        for i, place in enumerate(spline(line, steps=3)):
            disc(canvas, near(place, 0, -.03), (.06 + .05 * chance[i]) * unit,
                 tone(colour, .85 + .25 * chance[i + 20]))


def _strands(face: Face, canvas: np.ndarray, outer: np.ndarray,
             inner: np.ndarray) -> None:
    """Lighter and darker strands from the crown to the hairline."""
    colour = face.colours['hair']
    ends = inner[2:-2]
    starts = outer[np.linspace(3, len(outer) - 4, len(ends)).astype(int)]
    middle = .5 * (starts + ends) + .06 * (starts - face.points[27])
    roots, tips = .95 * starts + .05 * ends, .06 * starts + .94 * ends
    lines = np.stack([roots, .55 * roots + .45 * middle, middle,
                      .55 * tips + .45 * middle, tips], 1)
    for first, factor in ((0, .78), (1, 1.12), (2, .9)):
        strokes(canvas, lines[first::3], tone(colour + 4, factor),
                .022 * face.unit)


def draw_beard(face: Face, canvas: np.ndarray) -> None:
    """Stubble, moustache or full beard; drawn before the lips."""
    style = beard_style(face)
    if style == 'none':
        return
    skin, hair, points, near = (face.colours['skin'], face.colours['hair'],
                                face.points, face.near)
    share = .25 if style == 'stubble' else .85
    colour = tuple(share * .85 * hair + (1 - share) * skin * .95)
    if style != 'moustache':
        outer = np.array([near(q, 0, .03) for q in points[2:15]])
        outer[0], outer[-1] = points[2], points[14]
        inner = np.array([
            near(points[14], -.12, .08), near(points[54], .2, .02),
            near(points[54], .12, .16), near(points[57], .12, .1),
            near(points[57], -.12, .1), near(points[48], -.12, .16),
            near(points[48], -.2, .02), near(points[2], .12, .08)])
        fill(canvas, np.concatenate([spline(outer), spline(inner)]), colour)
    upper = np.array([
        near(points[48], -.05, .08), near(points[48], -.07, -.03),
        near(points[49], 0, -.07), near(points[33], 0, .11),
        near(points[53], 0, -.07), near(points[54], .07, -.03),
        near(points[54], .05, .08), near(points[53], 0, -.01),
        near(points[51], 0, .0), near(points[49], 0, -.01)])
    fill(canvas, spline(upper, True), colour)
