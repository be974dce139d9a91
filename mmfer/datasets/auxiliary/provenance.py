# Copyright (c) mmfer contributors.
"""What a reader of a result must know about labels from a file."""
import hashlib
from typing import Any, Dict, Sequence

import numpy as np


def files_sha256(files: Sequence[str]) -> str:
    """The SHA-256 of a file; of several, of their checksums in order."""
    digests = []
    for path in files:
        digest = hashlib.sha256()
        with open(path, 'rb') as file:
            for chunk in iter(lambda: file.read(1 << 20), b''):
                digest.update(chunk)
        digests.append(digest.hexdigest())
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256('\n'.join(digests).encode()).hexdigest()


def au_rates(names: Sequence[str], units: np.ndarray,
             level: float) -> Dict[str, Any]:
    """How often action units are known and present.

    Args:
        names (Sequence[str]): The names of K units.
        units (np.ndarray): Their values, shape ``(N, K)``, NaN = unknown.
        level (float): From what value on a unit is present.

    Returns:
        dict: ``au_names``; ``au_known``, unit -> samples; ``au_base_rate``,
        unit -> the share of known values that are present, None where
        nothing is known.
    """
    known = (~np.isnan(units)).sum(0).tolist()
    present = (units >= level).sum(0).tolist()
    rates = [some / all_ if all_ else None
             for some, all_ in zip(present, known)]
    return dict(
        au_names=list(names),
        au_known=dict(zip(names, known)),
        au_base_rate=dict(zip(names, rates)))
