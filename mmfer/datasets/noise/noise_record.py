# Copyright (c) mmfer contributors.
import csv
import hashlib
import io
import json
import os
import os.path as osp
from typing import Any, Dict, List, Sequence

import numpy as np

from mmfer.files import atomic_write
from .label_noise import LabelNoise


def sample_names(paths: Sequence[str], data_root: str) -> List[str]:
    """Unique names of samples, the same on every machine.

    Args:
        paths (Sequence[str]): The image of each sample, an empty string where
            there is no file.
        data_root (str): The folder of the dataset.

    Returns:
        list[str]: The path below ``data_root`` with forward slashes. A sample
        without a file is named by its place, ``#0`` being the first; a file
        that stands there again by its path and place.

    Examples:
        >>> sample_names(['d/a.png', 'd/b.png', 'd/a.png', ''], 'd')
        ['a.png', 'b.png', 'a.png#2', '#3']
    """
    root = data_root.rstrip('/' + os.sep) + '/' if data_root else ''
    names, known = [], set()
    for place, path in enumerate(paths):
        name = path.replace(os.sep, '/')
        name = name[len(root):] if name.startswith(root) else name
        if not name or name in known:
            name = f'{name}#{place}'
        known.add(name)
        names.append(name)
    return names


class NoiseRecord:
    """What label noise has done to the annotations of a split.

    Args:
        noise (LabelNoise): The noise.
        names (Sequence[str]): The name of each sample of the whole split.
        clean (np.ndarray): The clean labels, int64 of shape ``(N, )``.
        noisy (np.ndarray): The labels with noise, int64 of shape ``(N, )``.
        classes (Sequence[str]): The classes in the order of their indices.
    """

    def __init__(self, noise: LabelNoise, names: Sequence[str],
                 clean: np.ndarray, noisy: np.ndarray,
                 classes: Sequence[str]) -> None:
        # One string: many small ones are slow to copy to other processes.
        self._names = '\n'.join(names)
        self.noise, self.classes = noise, tuple(classes)
        self.clean, self.noisy = clean, noisy

    @property
    def names(self) -> List[str]:
        """The name of each sample of the whole split."""
        return self._names.split('\n')

    def csv_text(self) -> str:
        """A table with the columns name, label and clean, by class name.

        :class:`~mmfer.datasets.noise.FileNoise` reads it.
        """
        text = io.StringIO()
        table = csv.writer(text, lineterminator='\n')
        table.writerow(('name', 'label', 'clean'))
        table.writerows(
            (name, self.classes[label], self.classes[clean])
            for name, label, clean in zip(self.names,
                                          self.noisy.tolist(),
                                          self.clean.tolist()))
        return text.getvalue()

    def describe(self, clean: np.ndarray, noisy: np.ndarray
                 ) -> Dict[str, Any]:
        """Type, settings and what came of them.

        Args:
            clean (np.ndarray): The clean labels of the samples in use.
            noisy (np.ndarray): Their labels with noise.

        Returns:
            dict: ``type`` and settings of the noise; ``samples``, ``flipped``
            and ``rate`` (a share) of the samples in use; ``transitions``,
            counts ``[clean][with noise]`` in the order of ``classes``;
            ``sha256`` of the table of the whole split.
        """
        number = len(self.classes)
        counts = np.bincount(clean * number + noisy, minlength=number**2)
        flipped = int((clean != noisy).sum())
        return dict(
            type=type(self.noise).__name__,
            **self.noise.settings(),
            samples=len(clean),
            flipped=flipped,
            rate=flipped / max(len(clean), 1),
            classes=list(self.classes),
            transitions=counts.reshape(number, number).tolist(),
            sha256=hashlib.sha256(self.csv_text().encode()).hexdigest())

    def write(self, path: str, description: Dict[str, Any]) -> None:
        """Write the table, and a description beside it.

        Args:
            path (str): The table, ending in ``.csv``; the description goes to
                the same name with ``.json``.
            description (dict): What :meth:`describe` gives.
        """
        texts = {
            path: self.csv_text(),
            osp.splitext(path)[0] + '.json':
            json.dumps(description, indent=1) + '\n'
        }
        for target, text in texts.items():
            with atomic_write(target) as file:
                file.write(text)
