# Copyright (c) mmfer contributors.
from typing import Dict, Sequence, Tuple, Union

# FACS number -> name (Ekman, Friesen and Hager 2002).
ACTION_UNITS: Dict[int, str] = {
    1: 'inner brow raiser',
    2: 'outer brow raiser',
    4: 'brow lowerer',
    5: 'upper lid raiser',
    6: 'cheek raiser',
    7: 'lid tightener',
    9: 'nose wrinkler',
    10: 'upper lip raiser',
    11: 'nasolabial deepener',
    12: 'lip corner puller',
    13: 'sharp lip puller',
    14: 'dimpler',
    15: 'lip corner depressor',
    16: 'lower lip depressor',
    17: 'chin raiser',
    18: 'lip pucker',
    20: 'lip stretcher',
    22: 'lip funneler',
    23: 'lip tightener',
    24: 'lip pressor',
    25: 'lips part',
    26: 'jaw drop',
    27: 'mouth stretch',
    28: 'lip suck',
    31: 'jaw clencher',
    38: 'nostril dilator',
    39: 'nostril compressor',
    43: 'eyes closed',
    45: 'blink',
    57: 'head forward',
    58: 'head back',
}

# The action units that each dataset or detector annotates, in its order.
AU_SETS: Dict[str, Tuple[int, ...]] = {
    'openface2': (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26,
                  45),
    'pyfeat': (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25,
               26, 28, 43),
    'libreface_presence': (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24),
    'libreface_intensity': (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26),
    'affwild2': (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26),
    'ckplus': (1, 2, 4, 5, 6, 7, 9, 11, 12, 15, 17, 20, 23, 24, 25, 26, 27),
    'bp4d': (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24),
    'disfa': (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26),
    # Of the next three, the units that ten clips or more show; our choice.
    'casme2': (1, 2, 4, 6, 7, 9, 10, 12, 14, 15, 17),
    'samm': (2, 4, 5, 7, 12, 14, 24),
    'casme3': (1, 2, 4, 5, 7, 9, 10, 12, 14, 16, 17, 18, 24, 25, 38),
    'dfme': (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 20, 23, 24, 25,
             28, 31, 38, 39, 57, 58),
    'synthetic': (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25,
                  26, 43),
}


def au_names(units: Union[str, Sequence[int]]) -> Tuple[str, ...]:
    """Short names of action units, for example ``('AU1', 'AU2')``.

    Args:
        units (str or Sequence[int]): A key of ``AU_SETS`` or FACS numbers.

    Raises:
        KeyError: If the set or a number is unknown.
    """
    if isinstance(units, str):
        if units not in AU_SETS:
            raise KeyError(f'unknown set of action units {units!r}; known: '
                           f'{sorted(AU_SETS)}')
        units = AU_SETS[units]
    unknown = [u for u in units if u not in ACTION_UNITS]
    if unknown:
        raise KeyError(f'unknown action units {unknown}')
    return tuple(f'AU{u}' for u in units)
