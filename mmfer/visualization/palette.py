# Copyright (c) mmfer contributors.
"""Colours and a font for what is drawn on pictures."""
import os.path as osp
from functools import lru_cache
from typing import Tuple

from PIL import ImageColor, ImageFont

from .colors import (BLUE, GREEN, ORANGE, PINK, SKY_BLUE, VERMILION,
                     YELLOW)

COLOUR = Tuple[int, int, int]

# RGB. Each face has one; black is left out.
FACE_COLOURS: Tuple[COLOUR, ...] = tuple(
    map(ImageColor.getrgb, (SKY_BLUE, ORANGE, GREEN, YELLOW, PINK, VERMILION,
                            BLUE)))
GROUND: COLOUR = (28, 28, 30)
TEXT: COLOUR = (240, 240, 240)
FAINT: COLOUR = (150, 150, 155)
EMPTY: COLOUR = (62, 62, 66)


def face_colour(number: int) -> COLOUR:
    """The colour of a face by its number."""
    return FACE_COLOURS[number % len(FACE_COLOURS)]


def on_colour(colour: COLOUR) -> COLOUR:
    """Black or white, whichever is easier to read on a colour."""
    red, green, blue = colour
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    return (0, 0, 0) if light > 100 else (255, 255, 255)


@lru_cache(maxsize=32)
def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib, ``size`` pixels high."""
    import matplotlib
    return ImageFont.truetype(
        osp.join(matplotlib.get_data_path(), 'fonts/ttf/DejaVuSans.ttf'),
        size)
