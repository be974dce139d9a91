# Copyright (c) mmfer contributors.
"""A card with everything that is predicted of a face."""
from typing import Iterator, List, Optional, Tuple

from PIL import Image, ImageDraw, ImageFont

from mmfer.structures import FacePrediction
from .palette import (COLOUR, EMPTY, FAINT, GROUND, TEXT, face_colour, font,
                      on_colour)

# Lengths at scale 1, in pixels.
WIDTH, _LINE, _FONT, _MARGIN, _PLANE = 230, 16, 12, 8, 92


def card_height(face: FacePrediction, scale: float) -> int:
    """The height of the card of a face, in pixels."""
    lines = 1.5 + len(face.scores) + (face.confidence is not None)
    lines += -(-len(face.aus) // 2) + 0.5 * bool(face.aus)
    plane = _PLANE + 2 * _MARGIN if face.va is not None else 0
    return round(scale * (lines * _LINE + plane + 2 * _MARGIN))


def draw_card(face: FacePrediction, number: int,
              scale: float) -> Image.Image:
    """Draw the card of a face.

    Args:
        face (FacePrediction): The face.
        number (int): Its number, which also gives the colour.
        scale (float): 1 for text of 12 pixels.
    """
    card = Image.new('RGB', (round(WIDTH * scale), card_height(face, scale)),
                     GROUND)
    return _Card(card, face, number, scale).draw()


class _Card:
    """A card in the making; ``y`` is where the next line goes."""

    def __init__(self, card: Image.Image, face: FacePrediction, number: int,
                 scale: float) -> None:
        self.card, self.face, self.number = card, face, number
        self.scale, self.colour = scale, face_colour(number)
        self.pen = ImageDraw.Draw(card)
        self.font = font(round(_FONT * scale))
        self.y = _MARGIN * scale

    def draw(self) -> Image.Image:
        self._title()
        face, width = self.face, WIDTH - 2 * _MARGIN
        for name, score in face.scores.items():
            best = name == face.expression
            self._bar(name.replace('_', ' '), score, _MARGIN, width, 92,
                      self.colour if best else FAINT)
            self.y += _LINE * self.scale
        if face.confidence is not None:
            self._bar('confidence', face.confidence, _MARGIN, width, 92,
                      TEXT)
            self.y += _LINE * self.scale
        if face.va is not None:
            self._plane()
        if face.aus:
            self.y += 0.5 * _LINE * self.scale
            self._action_units()
        return self.card

    def _title(self) -> None:
        face, scale = self.face, self.scale
        self.pen.rectangle((0, 0, self.card.width, 1.5 * _LINE * scale),
                           self.colour)
        self._text(_MARGIN, f'{self.number + 1}  {face.expression}  '
                   f'{100 * face.scores[face.expression]:.0f} %',
                   on_colour(self.colour), 0.75 * _LINE * scale, 'lm')
        self.y += 1.5 * _LINE * scale

    def _text(self, x: float, text: str, colour: COLOUR = TEXT,
              y: Optional[float] = None, anchor: str = 'la') -> None:
        self.pen.text((x * self.scale, self.y if y is None else y), text,
                      colour, self.font, anchor)

    def _bar(self, name: str, value: float, left: float, width: float,
             label: float, colour: COLOUR) -> None:
        """A line: a name, a bar for a value in [0, 1], the value."""
        scale = self.scale
        self._text(left, _shortened(name, self.font, label * scale))
        start, end = left + label, left + width - 32
        low, high = (self.y + part * _LINE * scale for part in (0.2, 0.75))
        for length, shade in ((1., EMPTY), (min(max(value, 0.), 1.),
                                            colour)):
            right = start + length * (end - start)
            if length > 0:
                self.pen.rectangle((start * scale, low, right * scale, high),
                                   shade)
        self._text(left + width, f'{value:.2f}', anchor='ra')

    def _plane(self) -> None:
        """Valence to the right, arousal upwards, the face as a dot."""
        valence, arousal = self.face.va
        self.y += _MARGIN * self.scale
        side, left = _PLANE * self.scale, _MARGIN * self.scale
        top, half = self.y, side / 2
        self.pen.rectangle((left, top, left + side, top + side), EMPTY)
        self.pen.line((left, top + half, left + side, top + half), FAINT)
        self.pen.line((left + half, top, left + half, top + side), FAINT)
        x, y = left + half * (1 + valence), top + half * (1 - arousal)
        size = 5 * self.scale
        self.pen.ellipse((x - size, y - size, x + size, y + size),
                         self.colour, TEXT, max(1, round(self.scale)))
        for i, (name, value) in enumerate(
                (('valence', valence), ('arousal', arousal))):
            y = top + (0.4 + i) * 1.4 * _LINE * self.scale
            self._text(2 * _MARGIN + _PLANE, name, y=y)
            self._text(WIDTH - _MARGIN, f'{value:+.2f}', y=y, anchor='ra')
        self.y += side + _MARGIN * self.scale

    def _action_units(self) -> None:
        """Two columns of bars."""
        width = (WIDTH - 3 * _MARGIN) / 2
        for pair in _pairs(list(self.face.aus.items())):
            for column, (name, value) in enumerate(pair):
                left = _MARGIN + column * (width + _MARGIN)
                self._bar(name, value, left, width, 36,
                          self.colour if value >= 0.5 else FAINT)
            self.y += _LINE * self.scale


def _pairs(items: List[Tuple[str, float]]) -> Iterator[list]:
    """The lines of two columns that are read downwards."""
    half = -(-len(items) // 2)
    for i in range(half):
        yield items[i::half]


def _shortened(text: str, letters: ImageFont.FreeTypeFont,
               width: float) -> str:
    """``text`` with its end cut off where it is too wide."""
    while letters.getlength(text) > width and len(text) > 3:
        text = text[:-2].rstrip('.') + '.'
    return text
