# Copyright (c) mmfer contributors.
"""The result of an audit as one page that needs nothing else."""
import base64
import html
import json
from typing import Any, Dict, List, Sequence

import cv2
import numpy as np

from mmfer.files import atomic_write
from ..class_tables import ROW
from .audit_labels import Audit
from .page_script import SCRIPT
from .page_style import STYLE
from .signals import SIGNALS, Signal

_THUMBNAIL = 112  # pixels, the longest side


def write_page(audit: Audit, rows: Sequence[ROW], path: str, title: str,
               about: Dict[str, str]) -> None:
    """Write the page: pictures, labels and evidence, with filters and a
    choice of the label for each sample.

    Args:
        audit (Audit): The audit.
        rows (Sequence[dict]): The samples to show, of
            :func:`~mmfer.analysis.audit.audit_rows`.
        path (str): The file.
        title (str): The heading.
        about (dict[str, str]): What to tell of the audit.
    """
    content = dict(
        classes=audit.predictions.classes,
        signals=[dict(name=name, about=SIGNALS[name])
                 for name in audit.signals],
        samples=[_sample(audit, row) for row in rows])
    # No text of a sample can end the script.
    data = json.dumps(content).replace('<', '\\u003c')
    signals = {name: SIGNALS[name] for name in audit.signals}
    signals.update({f'without {name}': why
                    for name, why in audit.missing.items()})
    with atomic_write(path) as file:
        file.write(f'''<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
<header><h1>{html.escape(title)}</h1>{_facts(about)}
<details><summary>Signals</summary>{_facts(signals)}</details></header>
<form id="filters" aria-label="Filters"></form>
<p id="status" role="status"></p>
<main><ol id="samples"></ol></main>
<p><button id="more" type="button">Show more</button></p>
<noscript>This page needs JavaScript; audit.csv holds the same.</noscript>
<script type="application/json" id="data">{data}</script>
<script>{SCRIPT}</script>
</html>
''')


def _facts(facts: Dict[str, str]) -> str:
    """Names and what to tell of them."""
    rows = (f'<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>'
            for name, text in facts.items())
    return '<dl>' + ''.join(rows) + '</dl>'


def _sample(audit: Audit, row: ROW) -> Dict[str, Any]:
    """A sample for the script."""
    i = row['index']
    keys = ('rank', 'file', 'name', 'given', 'proposed', 'corrected', 'score',
            'agreement')
    notes = [signal.notes[i] for signal in audit.signals.values()
             if i in signal.notes]
    evidence: List[List[Any]] = [
        [row[name], *_believed(signal, i, audit.predictions.classes)]
        for name, signal in audit.signals.items()
    ]
    return dict(
        {key: row[key] for key in keys},
        image=thumbnail(audit.predictions.dataset[i]['inputs'].numpy()),
        evidence=evidence,
        notes=notes)


def _believed(signal: Signal, i: int, classes: Sequence[str]) -> List[Any]:
    """The class that a signal believes in most, and its share."""
    if signal.belief is None or np.isnan(signal.belief[i]).any():
        return [None, None]
    best = int(signal.belief[i].argmax())
    return [classes[best], round(float(signal.belief[i, best]), 3)]


def thumbnail(image: np.ndarray) -> str:
    """A picture as data URI, at most 112 pixels wide and high.

    Of a clip it is the frame in the middle. What is not uint8, such as a
    flow, is stretched to all grey values; no more than three channels are
    shown.

    Args:
        image (np.ndarray): BGR of shape ``(C, H, W)`` or ``(C, T, H, W)``.
    """
    if image.ndim == 4:
        image = image[:, image.shape[1] // 2]
    if image.dtype != np.uint8:
        image = image - image.min()
        image = (image * (255 / (image.max() or 1))).astype(np.uint8)
    if len(image) == 2:  # a flow; JPEG has one channel or three
        image = np.concatenate([image, np.zeros_like(image[:1])])
    picture = np.ascontiguousarray(image[:3].transpose(1, 2, 0))
    shrink = _THUMBNAIL / max(picture.shape[:2])
    if shrink < 1:
        picture = cv2.resize(picture, None, fx=shrink, fy=shrink,
                             interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode('.jpg', picture)
    return 'data:image/jpeg;base64,' + base64.b64encode(data).decode()
