# Copyright (c) mmfer contributors.
"""Action units as coders write them: ``4+L10``, ``15A+17``, ``T23``."""
import math
import re
from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from mmfer.errors import AnnotationError

# Numbers of action units, action descriptors, head and eye movements,
# visibility and gross behaviour (Ekman, Friesen and Hager 2002).
_NUMBERS = frozenset([1, 2, *range(4, 47), *range(50, 75), *range(80, 86),
                      91, 92, 97, 98])
_CODE = re.compile(r'(?:AU|AD|M)?(A/[LR]|[LRTBA])?(\d+)([A-E](?:/[A-E])?)?')
# A plus sign outside of brackets.
_PLUS = re.compile(r'\+(?![^(]*\))')
_OR = re.compile(r'\s+or\s+', re.IGNORECASE)
_GROUP = re.compile(r'(ref)?\s*\((.*)\)', re.IGNORECASE)


class AUCode(NamedTuple):
    """One action unit in a coder's notation.

    Args:
        number (int): The FACS number.
        side (str): ``'L'`` left or ``'R'`` right side of the face alone,
            ``'A'`` (``'A/L'``, ``'A/R'``) both unequally, ``'T'`` top or
            ``'B'`` bottom lip alone, ``''`` both sides.
        intensity (str): ``'A'`` to ``'E'``, ``'A/B'`` between two of them,
            ``''`` where it was not graded.
        certain (bool): Whether the coder was sure that it is there.
    """

    number: int
    side: str = ''
    intensity: str = ''
    certain: bool = True

    @property
    def level(self) -> float:
        """The intensity as a number, A = 1 to E = 5, NaN if not graded."""
        grades = [1 + 'ABCDE'.index(grade)
                  for grade in self.intensity.split('/') if grade]
        return sum(grades) / len(grades) if grades else math.nan


def parse_au_string(text: str,
                    file: Optional[str] = None,
                    line: Optional[int] = None) -> Tuple[AUCode, ...]:
    """The action units of a coding string of CASME II, SAMM and the like.

    Alternatives, ``L12 or L14``, and units that stand in ``ref(...)`` are
    uncertain; that the latter are is our reading. A part without any digit,
    such as ``soft focus``, is a remark and passed over. ``AU``, ``AD`` and
    ``M`` before a number are passed over too.

    Args:
        text (str): Parts joined by ``+``.
        file (str, optional): Where it stands, for messages. Defaults to None.
        line (int, optional): The line there. Defaults to None.

    Raises:
        AnnotationError: If it is empty, which is unknown and not none; a part
            is no code; or the number is none of FACS.

    Examples:
        >>> for code in parse_au_string('4+L10+15A'):
        ...     print(*code)
        4   True
        10 L  True
        15  A True
    """
    codes: List[AUCode] = []
    for part in _PLUS.split(text):
        part = part.strip()
        if not part:
            raise AnnotationError(
                'no action unit where one belongs', file, line, text,
                'an empty string does not say that no unit is there; leave '
                'such rows out')
        group = _GROUP.fullmatch(part)
        inner = group.group(2) if group else part
        options = [option.strip() for option in _OR.split(inner)]
        certain = len(options) == 1 and not (group and group.group(1))
        if any(char.isdigit() for char in inner):
            codes += [_parse_code(option, certain, text, file, line)
                      for option in options]
    if not codes:
        raise AnnotationError('no action unit in it', file, line, text)
    return tuple(codes)


def _parse_code(option: str, certain: bool, text: str, file: Optional[str],
                line: Optional[int]) -> AUCode:
    match = _CODE.fullmatch(option.upper())
    if match is None:
        raise AnnotationError(
            f'{option!r} is no action unit, such as 12, L12 or 12B', file,
            line, text)
    side, number, intensity = match.groups()
    if int(number) not in _NUMBERS:
        raise AnnotationError(f'FACS has no number {number}', file, line,
                              text)
    return AUCode(int(number), side or '', intensity or '', certain)


def au_occurrence(codes: Sequence[AUCode], units: Sequence[int]
                  ) -> np.ndarray:
    """Which action units are there, on whatever side.

    Args:
        codes (Sequence[AUCode]): What was coded.
        units (Sequence[int]): K FACS numbers.

    Returns:
        np.ndarray: Float32 of shape ``(K, )``: 1 there, 0 not coded, NaN
        uncertain.

    Examples:
        >>> au_occurrence(parse_au_string('4+ref(6)'), [4, 6, 12])
        array([ 1., nan,  0.], dtype=float32)
    """
    found = dict.fromkeys(units, 0.)
    # Certain codes last, so that they count.
    for code in sorted(codes, key=lambda code: code.certain):
        if code.number in found:
            found[code.number] = 1. if code.certain else math.nan
    return np.array([found[unit] for unit in units], dtype=np.float32)
