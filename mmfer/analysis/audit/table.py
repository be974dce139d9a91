# Copyright (c) mmfer contributors.
"""The result of an audit, one row a sample."""
import math
from typing import List, Optional, Sequence

import numpy as np

from ..class_tables import ROW
from .audit_labels import Audit
from .label_files import LabelFile


def audit_rows(audit: Audit, files: Sequence[LabelFile],
               corrected: np.ndarray) -> List[ROW]:
    """What the table tells, the most suspicious label first.

    Args:
        audit (Audit): The audit of N samples.
        files (Sequence[LabelFile]): Where their labels are written.
        corrected (np.ndarray): The labels written, int64 of shape ``(N, )``.

    Returns:
        list[dict]: ``rank`` (from 1), ``index`` (in the training set),
        ``file`` and ``name`` (in the label files), ``path``, ``given``,
        ``proposed``, ``corrected`` (class names), ``score`` and
        ``agreement`` in [0, 1], the suspicion of each signal by its name,
        None where nothing is known, and ``clean`` where there is noise.
    """
    classes, labels = audit.predictions.classes, audit.predictions.labels
    places = [(file.file, name) for file in files for name in file.own_names]
    rows = []
    for place, i in enumerate(audit.ranking.order.tolist(), 1):
        row = dict(
            rank=place,
            index=i,
            file=places[i][0],
            name=places[i][1],
            path=audit.predictions.paths[i],
            given=classes[labels[i]],
            proposed=classes[audit.ranking.proposal[i]],
            corrected=classes[corrected[i]],
            score=round(float(audit.ranking.score[i]), 4),
            agreement=round(float(audit.ranking.agreement[i]), 4))
        for name, signal in audit.signals.items():
            row[name] = _known(signal.suspicion[i])
        if audit.clean is not None:
            row['clean'] = classes[audit.clean[i]]
        rows.append(row)
    return rows


def _known(value: float) -> Optional[float]:
    return None if math.isnan(value) else round(float(value), 4)
