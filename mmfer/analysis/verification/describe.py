# Copyright (c) mmfer contributors.
from typing import Any, Dict, Iterable, List, Optional, Sequence

from .findings import Findings
from .parts import Part
from .samples import Sample


def describe_part(part: Part, samples: Sequence[Sample],
                  findings: Findings) -> Dict[str, Any]:
    """The report's entry of a dataset; its class counts are checked.

    Args:
        part (Part): The dataset.
        samples (Sequence[Sample]): Its samples with scanned pictures.
        findings (Findings): Where differences from the official counts, empty
            classes and the reader's remarks go.

    Returns:
        dict: Name, state, counts, and the sizes and channels of its pictures.
    """
    entry: Dict[str, Any] = dict(
        title=part.title,
        dataset=part.type_name,
        splits=part.splits,
        status=part.status,
        problem=part.problem,
        samples=len(samples))
    if part.status != 'checked':
        return entry
    protocol = {}
    if samples and hasattr(part.dataset, 'protocol'):
        protocol = part.dataset.protocol()
    for remark in protocol.get('notes', ()):
        findings.add('remark of the reader', part.title, remark)
    official = protocol.get('official_counts')
    counts = {}
    if getattr(part.dataset, 'has_expressions', True):
        counts = _count_classes(part, samples)
    for name, number in (official or {}).items():
        if counts.get(name, 0) != number:
            findings.add('class counts differ from the official ones',
                         part.title,
                         f'{name}: {counts.get(name, 0)}, official {number}')
    for name, number in counts.items():
        if number == 0 and (official or {}).get(name) != 0:
            findings.add('empty class', part.title, name)
    decoded = [
        s.facts for s in samples if s.facts is not None
        and s.facts.problem is None
    ]
    channels: Dict[str, int] = {}
    for facts in decoded:
        channels[facts.channels] = channels.get(facts.channels, 0) + 1
    entry.update(
        data_root=protocol.get('data_root',
                               getattr(part.dataset, 'data_root', None)),
        dataset_split=protocol.get('split'),
        dropped=protocol.get('dropped', {}),
        notes=protocol.get('notes', []),
        class_counts=counts,
        official_counts=official,
        decoded=len(decoded),
        channels=channels,
        width=_range(f.width for f in decoded),
        height=_range(f.height for f in decoded))
    return entry


def _count_classes(part: Part, samples: Sequence[Sample]) -> Dict[str, int]:
    """Samples per class by name, in the order of the labels."""
    numbers: Dict[int, int] = dict.fromkeys(range(len(part.classes or ())), 0)
    for sample in samples:
        if sample.label is not None:
            numbers[sample.label] = numbers.get(sample.label, 0) + 1
    names = dict(enumerate(part.classes or ()))
    return {
        names.get(label, str(label)): numbers[label]
        for label in sorted(numbers)
    }


def describe_sample(sample: Sample) -> Dict[str, Any]:
    """The report's entry of a sample in a group of duplicates."""
    return dict(
        dataset=sample.part.title,
        index=sample.index,
        path=sample.path,
        expression=sample.expression)


def _range(numbers: Iterable[int]) -> Optional[List[int]]:
    numbers = list(numbers)
    return [min(numbers), max(numbers)] if numbers else None
