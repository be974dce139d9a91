# Copyright (c) mmfer contributors.
"""What the verification keeps of each sample, and checks of annotations."""
from dataclasses import dataclass
from typing import (Any, Callable, Dict, Iterable, Iterator, Optional,
                    Sequence, Tuple)

import numpy as np

from mmfer.datasets.transforms import OpenClip
from mmfer.structures import (AnnotationError, ImageError,
                              canonical_expression)
from .image_scan import ImageFacts, scan_array, scan_files
from .parts import Part

BOX = Tuple[float, ...]


@dataclass
class Sample:
    """One sample of a dataset.

    Args:
        part (Part): The dataset it belongs to.
        index (int): Its index in that dataset.
        path (str, optional): The image file; None if it has none.
        label (int, optional): The class index.
        expression (str, optional): The name of the class, canonical.
        subject (str): The person, empty if unknown.
        boxes (tuple): Its boxes, flat, xyxy in pixels.
        extent (tuple, optional): Smallest x and y, largest x and y of the
            known landmarks, in pixels.
        facts (ImageFacts, optional): What the scan of its picture found.
    """
    part: Part
    index: int
    path: Optional[str] = None
    label: Optional[int] = None
    expression: Optional[str] = None
    subject: str = ''
    boxes: BOX = ()
    extent: Optional[BOX] = None
    facts: Optional[ImageFacts] = None

    @property
    def name(self) -> str:
        """How the report calls it."""
        return self.path or f'sample {self.index}'


def read_samples(part: Part) -> Iterator[Tuple[Sample, Dict[str, Any]]]:
    """The samples of a dataset with their annotations.

    Pictures that are stored in the annotations are scanned here.
    """
    for index in range(len(part.dataset)):
        info = part.dataset.get_data_info(index)
        sample = Sample(part, index, path=info.get('img_path') or None)
        if info.get('img') is not None:
            sample.facts = scan_array(info['img'])
        sample.label = _as_index(info.get('gt_label'))
        classes = part.classes
        if sample.label is not None:
            known = classes and 0 <= sample.label < len(classes)
            sample.expression = canonical_expression(
                classes[sample.label] if known else str(sample.label))
        if info.get('subject') is not None:
            sample.subject = str(info['subject'])
        boxes = _floats(info, 'gt_bboxes')
        if boxes is not None:
            sample.boxes = tuple(boxes.ravel().tolist())
        sample.extent = _extent(_floats(info, 'gt_landmarks'))
        yield sample, info


def scan_samples(samples: Sequence[Sample],
                 workers: int = 2,
                 track: Optional[Callable[[Iterable, int], Iterable]] = None
                 ) -> None:
    """Scan the files of samples whose picture was not scanned yet.

    Args:
        samples (Sequence[Sample]): They get their ``facts``.
        workers (int): Threads that decode images. Defaults to 2.
        track (Callable, optional): See :func:`scan_files`. Defaults to None.
    """
    on_disk = [s for s in samples if s.path and s.facts is None]
    paths = list(dict.fromkeys(s.path for s in on_disk))
    facts = scan_files(paths, workers, track) if paths else {}
    for sample in on_disk:
        sample.facts = facts[sample.path]


def annotation_problems(sample: Sample, info: Dict[str, Any]
                        ) -> Iterator[Tuple[str, str]]:
    """Checks of one annotation that need no picture.

    Args:
        sample (Sample): The sample.
        info (dict): Its annotation.

    Yields:
        tuple[str, str]: A key of ``CHECKS`` and what is wrong.
    """
    classes = sample.part.classes
    if sample.label is None:
        # Some readers of action units or valence-arousal have no expressions.
        if getattr(sample.part.dataset, 'has_expressions', True):
            yield 'no label', f'gt_label {info.get("gt_label")!r}'
    elif sample.label < 0 or (classes and sample.label >= len(classes)):
        known = f'{len(classes)} classes' if classes else 'no class names'
        yield 'label out of range', f'label {sample.label}, {known}'
    if info.get('clip_path'):
        try:
            OpenClip()(dict(info))
        except (AnnotationError, ImageError) as error:
            yield 'unusable clip', str(error)
    score = _floats(info, 'gt_score')
    if score is not None:
        wanted = (len(classes), ) if classes else score.shape
        if (score.shape != wanted or not np.isfinite(score).all()
                or (score < 0).any() or abs(score.sum() - 1) > 1e-3):
            yield ('bad label distribution',
                   f'gt_score {score.tolist()}: {wanted} shares of sum one '
                   'belong here')
    va = _floats(info, 'gt_va')
    if va is not None and (va.shape != (2, ) or (np.abs(va) > 1).any()):
        yield ('bad valence or arousal',
               f'gt_va {va.tolist()}: two values in [-1, 1] or NaN')
    units = _floats(info, 'gt_au')
    if units is not None and (units.ndim != 1 or (units < 0).any()
                              or (units > 5).any()):
        yield ('bad action units',
               f'gt_au {units.tolist()}: one row of values in [0, 5] or NaN')
    votes = _floats(info, 'votes')
    if votes is not None and (votes.ndim != 1 or not np.isfinite(votes).all()
                              or (votes < 0).any() or votes.sum() == 0):
        yield ('bad votes',
               f'votes {votes.tolist()}: counts, not negative, not all zero')
    landmarks = _floats(info, 'gt_landmarks')
    if landmarks is not None:
        if (landmarks.ndim != 2 or landmarks.shape[1] != 2
                or np.isinf(landmarks).any()):
            yield ('bad landmarks',
                   f'gt_landmarks of shape {landmarks.shape}: finite or NaN '
                   'values of shape (L, 2)')
        elif np.isnan(landmarks).any():
            yield ('unknown landmarks',
                   f'{int(np.isnan(landmarks).any(1).sum())} of '
                   f'{len(landmarks)} points')
    boxes = _floats(info, 'gt_bboxes')
    if boxes is not None and (boxes.ndim != 2 or boxes.shape[1] != 4
                              or not (boxes[:, :2] < boxes[:, 2:]).all()):
        yield ('bad box', f'gt_bboxes {boxes.tolist()}: rows of left, top, '
               'right, bottom in this order of size')


def geometry_problems(sample: Sample) -> Iterator[Tuple[str, str]]:
    """Checks of landmarks and boxes against the size of the picture.

    Yields:
        tuple[str, str]: A key of ``CHECKS`` and what is wrong.
    """
    facts = sample.facts
    if facts is None or facts.problem is not None:
        return
    size = f'an image of {facts.width}x{facts.height}'
    if sample.extent is not None and not _inside(sample.extent, facts):
        yield ('landmarks outside the image',
               f'from {_show(sample.extent[:2])} to '
               f'{_show(sample.extent[2:])} in {size}')
    if len(sample.boxes) % 4 == 0:
        for i in range(0, len(sample.boxes), 4):
            box = sample.boxes[i:i + 4]
            # A box may end on the far edge of the last pixel.
            if not _inside(box, facts, slack=1):
                yield 'box outside the image', f'{_show(box)} in {size}'


def _as_index(label: Any) -> Optional[int]:
    """A class index, or None where the sample has no single one."""
    if isinstance(label, (int, np.integer)):
        return int(label)
    if isinstance(label, np.ndarray) and label.size == 1 and np.issubdtype(
            label.dtype, np.integer):
        return int(label.item())
    return None


def _floats(info: Dict[str, Any], key: str) -> Optional[np.ndarray]:
    """An annotation as numbers; one NaN, whose shape never fits, if it holds
    something else."""
    value = info.get(key)
    if value is None:
        return None
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return np.asarray(np.nan)


def _extent(points: Optional[np.ndarray]) -> Optional[BOX]:
    """Smallest x and y, largest x and y of the known points."""
    if points is None or points.ndim != 2 or points.shape[1] != 2:
        return None
    points = points[np.isfinite(points).all(1)]
    if not len(points):
        return None
    return (*points.min(0).tolist(), *points.max(0).tolist())


def _inside(extent: BOX, facts: ImageFacts, slack: float = 0.5) -> bool:
    """Pixel centres lie at integers, so half a pixel beyond is inside."""
    return (min(extent) >= -0.5 and extent[2] <= facts.width - 1 + slack
            and extent[3] <= facts.height - 1 + slack)


def _show(numbers: BOX) -> str:
    return '(' + ', '.join(f'{n:g}' for n in numbers) + ')'
