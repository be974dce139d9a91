# Copyright (c) mmfer contributors.
"""Colours of Okabe and Ito, which colour-blind readers can tell apart."""

COLORS = ('#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00',
          '#F0E442', '#000000')
BLUE, ORANGE, GREEN, PINK, SKY_BLUE, VERMILION, YELLOW, BLACK = COLORS
