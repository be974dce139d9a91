# Copyright (c) mmfer contributors.
"""Duplicates, contradictory labels and subjects shared between splits."""
import os.path as osp
from itertools import combinations
from typing import Any, Dict, Iterable, List, Sequence, Tuple

from .findings import Findings
from .samples import Sample

Group = List[Sample]


def duplicate_groups(samples: Iterable[Sample], level: str) -> List[Group]:
    """Groups of samples that show the same picture.

    Samples of one file with different boxes are different faces and are not
    taken for duplicates; a file that is listed twice is.

    Args:
        samples (Iterable[Sample]): Samples with scanned pictures.
        level (str): ``'bytes'``: identical files; ``'pixels'``: identical
            decoded pixels in files that differ, for example copies in
            another format.

    Returns:
        list[list[Sample]]: The groups, each of two or more samples.
    """
    if level not in ('bytes', 'pixels'):
        raise ValueError(f"level must be 'bytes' or 'pixels', got {level!r}")
    groups: Dict[Any, Group] = {}
    for sample in samples:
        facts = sample.facts
        if facts is None or facts.file_digest is None:
            continue
        digest = facts.file_digest if level == 'bytes' else facts.pixel_digest
        if digest is not None:
            groups.setdefault((digest, sample.boxes), []).append(sample)
    found = [group for group in groups.values() if len(group) > 1]
    if level == 'pixels':
        found = [
            group for group in found
            if len({sample.facts.file_digest for sample in group}) > 1
        ]
    return found


def is_contradictory(group: Iterable[Sample]) -> bool:
    """Whether labelled samples of a group differ in expression."""
    return len({s.expression for s in group if s.expression is not None}) > 1


def count_groups(groups: Sequence[Group]) -> List[Dict[str, Any]]:
    """Count groups of duplicates inside and across splits.

    Args:
        groups (Sequence[list[Sample]]): From :func:`duplicate_groups`.

    Returns:
        list[dict]: For all samples, for each split (at least two samples of
        the group in it) and for each pair of splits (at least one in each):
        ``where``, ``groups``, ``images`` (the samples of these groups in the
        split or the pair) and ``contradictory`` (groups whose samples there
        differ in expression).
    """
    places: Dict[Tuple[str, ...], List[Group]] = {}
    for group in groups:
        by_split: Dict[str, Group] = {}
        for sample in group:
            by_split.setdefault(sample.part.split, []).append(sample)
        for split, members in by_split.items():
            if len(members) > 1:
                places.setdefault((split, ), []).append(members)
        for pair in combinations(sorted(by_split), 2):
            places.setdefault(pair, []).append(by_split[pair[0]] +
                                               by_split[pair[1]])
    rows = [('all', groups)]
    rows += [('inside ' + place[0] if len(place) == 1 else ' / '.join(place),
              places[place])
             for place in sorted(places, key=lambda p: (len(p), p))]
    return [
        dict(
            where=where,
            groups=len(members),
            images=sum(map(len, members)),
            contradictory=sum(map(is_contradictory, members)))
        for where, members in rows
    ]


def check_duplicates(groups: Sequence[Group], level: str,
                     findings: Findings) -> None:
    """Report each group of duplicates as a finding."""
    for group in groups:
        splits = sorted({sample.part.split for sample in group})
        where = ' / '.join(splits)
        item = f'same {level}: ' + ', '.join(
            f'{s.name} ({s.expression})' for s in group)
        findings.add(
            'duplicates inside a split' if len(splits) == 1 else
            'duplicates across splits', where, item)
        if is_contradictory(group):
            findings.add('contradictory labels among duplicates', where, item)


def check_shared_files(samples: Iterable[Sample], findings: Findings) -> None:
    """Report files that serve for training and for evaluation."""
    users: Dict[Any, Dict[str, Sample]] = {}
    for sample in samples:
        if sample.path is not None:
            key = (osp.abspath(sample.path), sample.boxes)
            users.setdefault(key, {})[sample.part.split] = sample
    for (path, _), by_split in users.items():
        trains = any(s.part.trains for s in by_split.values())
        evaluates = any(not s.part.trains for s in by_split.values())
        if trains and evaluates:
            findings.add('training and evaluation share files',
                         ' / '.join(sorted(by_split)), path)


def check_subjects(samples: Iterable[Sample],
                   findings: Findings) -> Dict[str, List[str]]:
    """Report subjects that stand in two splits.

    Names of subjects are compared inside one kind of dataset. In the same
    folder, a subject of training and evaluation is an error; in different
    folders equal names may be different people, so it is a warning.

    Returns:
        dict[str, list[str]]: The shared subjects of each pair of splits.
    """
    people: Dict[str, Dict[str, Dict[str, Sample]]] = {}
    for sample in samples:
        if sample.subject:
            kind, root = sample.part.family
            by_split = people.setdefault(kind, {}).setdefault(
                sample.subject, {})
            by_split.setdefault((sample.part.split, root), sample)
    shared: Dict[str, set] = {}
    for by_subject in people.values():
        for subject, places in by_subject.items():
            for (a, first), (b, second) in combinations(
                    sorted(places.items(), key=lambda p: p[0]), 2):
                if a[0] == b[0]:
                    continue
                where = f'{a[0]} / {b[0]}'
                leak = (first.part.trains != second.part.trains
                        and a[1] == b[1])
                findings.add(
                    'training and evaluation share subjects'
                    if leak else 'splits share subjects', where,
                    f'{subject}: {first.name}, {second.name}')
                shared.setdefault(where, set()).add(subject)
    return {where: sorted(names) for where, names in shared.items()}
