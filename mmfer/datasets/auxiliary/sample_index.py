# Copyright (c) mmfer contributors.
from typing import Dict, Sequence

from ..folders import IMAGE_SUFFIXES

# In place of a sample: no sample, several samples of one picture, several
# pictures.
NONE, SHARED, AMBIGUOUS = -1, -2, -3


def bare_name(path: str, root: str = '') -> str:
    """A path below a folder, with forward slashes and without the ending of
    an image.

    Examples:
        >>> bare_name('data/faf/train/1.a.JPG', 'data/faf')
        'train/1.a'
    """
    name = path.replace('\\', '/')
    root = root.replace('\\', '/').rstrip('/')
    if root and name.startswith(root + '/'):
        name = name[len(root):]
    name = name.removeprefix('./').lstrip('/')
    stem, dot, ending = name.rpartition('.')
    return stem if dot + ending.lower() in IMAGE_SUFFIXES else name


class SampleIndex:
    """Finds samples by name.

    A name and the path of a sample below ``root`` belong together if the
    shorter of them is the end of the longer, folder by folder, endings such
    as ``.jpg`` aside. ``train/1.jpg`` is found by ``1``, ``1.png``,
    ``train/1.jpg`` and ``/any/place/train/1.jpg``, not by ``test/1.jpg``.

    Args:
        paths (Sequence[str]): The image of each sample; an empty string
            where there is none.
        root (str): The folder that the paths begin with. Defaults to ''.
    """

    def __init__(self, paths: Sequence[str], root: str = '') -> None:
        self._places: Dict[str, int] = {}
        for place, path in enumerate(paths):
            name = bare_name(path, root)
            self._places[name] = SHARED if name in self._places else place
        self._places.pop('', None)
        self._depths = sorted({name.count('/') + 1 for name in self._places},
                              reverse=True)
        # Number of folders -> end of a path -> place.
        self._ends: Dict[int, Dict[str, int]] = {}

    def find(self, name: str) -> int:
        """The place of the sample that a bare name stands for.

        Returns:
            int: The place, ``NONE``, ``SHARED`` (several samples show this
            picture) or ``AMBIGUOUS`` (several pictures end like this).
        """
        depth = name.count('/') + 1
        place = self._ends_of(depth).get(name, NONE)
        if place != NONE:
            return place
        parts = name.split('/')
        for shorter in self._depths:
            if shorter < depth:
                place = self._places.get('/'.join(parts[-shorter:]), NONE)
                if place != NONE:
                    return place
        return NONE

    def _ends_of(self, depth: int) -> Dict[str, int]:
        """The ends of all paths that are at least ``depth`` deep."""
        if depth not in self._ends:
            ends: Dict[str, int] = {}
            for name, place in self._places.items():
                parts = name.rsplit('/', depth)
                if len(parts) > depth:
                    name = '/'.join(parts[1:])
                elif len(parts) < depth:
                    continue
                ends[name] = AMBIGUOUS if name in ends else place
            self._ends[depth] = ends
        return self._ends[depth]
