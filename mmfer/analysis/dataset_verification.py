# Copyright (c) mmfer contributors.
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence

from mmengine.config import Config

from .verification import (Findings, Part, Sample, annotation_problems,
                           check_duplicates, check_shared_files,
                           check_subjects, collect_parts, count_groups,
                           describe_part, describe_sample, duplicate_groups,
                           geometry_problems, read_samples, scan_samples)

# A side shorter than this, or sides in a larger ratio, are suspicious.
_MIN_SIDE, _MAX_RATIO = 16, 4


def verify_config(cfg: Config,
                  splits: Optional[Sequence[str]] = None,
                  workers: int = 2,
                  strict: bool = False,
                  track: Optional[Callable[[Iterable, int], Iterable]] = None
                  ) -> Dict[str, Any]:
    """Check the datasets of a config as they lie on disk.

    Every image is decoded. The annotations are read without transforms, and a
    dataset that several dataloaders share is read once.

    Args:
        cfg (Config): A config with dataloaders.
        splits (Sequence[str], optional): The splits to check, of ``'train'``,
            ``'val'`` and ``'test'``; each must be on disk then. Defaults to
            None: all of the config, and only ``'train'`` must be on disk.
        workers (int): Threads that decode images. Defaults to 2.
        strict (bool): Whether warnings count as errors. Defaults to False.
        track (Callable, optional): Wraps the iterator over decoded files,
            whose length it is told, to show the progress. Defaults to None.

    Returns:
        dict: ``passed`` (bool), ``strict``, ``errors`` and ``warnings``
        (numbers of findings), ``datasets`` (list[dict]), ``duplicates``
        (``bytes`` and ``pixels``, each with ``counts`` and ``groups``),
        ``shared_subjects`` and ``findings`` (list[dict], see
        :class:`~mmfer.analysis.verification.Findings`). It can be written as
        JSON.

    Raises:
        NoDatasetError: If the config has no dataset, or not the asked split.
    """
    findings = Findings()
    parts = collect_parts(cfg, splits)
    samples: Dict[str, List[Sample]] = {
        part.title: _read_part(part, bool(splits), findings)
        for part in parts
    }
    everything = [s for members in samples.values() for s in members]
    scan_samples(everything, workers, track)
    datasets = []
    for part in parts:
        members = samples[part.title]
        _check_pictures(part, members, findings)
        datasets.append(describe_part(part, members, findings))
    duplicates = {}
    for level in ('bytes', 'pixels'):
        groups = duplicate_groups(everything, level)
        check_duplicates(groups, level, findings)
        duplicates[level] = dict(
            counts=count_groups(groups),
            groups=[[describe_sample(s) for s in g] for g in groups])
    check_shared_files(everything, findings)
    subjects = check_subjects(everything, findings)
    errors, warnings = findings.count('error'), findings.count('warning')
    return dict(
        passed=errors == 0 and not (strict and warnings),
        strict=strict,
        errors=errors,
        warnings=warnings,
        datasets=datasets,
        duplicates=duplicates,
        shared_subjects=subjects,
        findings=findings.to_list())


def _read_part(part: Part, asked: bool, findings: Findings) -> List[Sample]:
    """Read the samples of a dataset and check their annotations."""
    if part.status == 'absent':
        check = ('absent split' if asked or part.trains else
                 'absent split, not asked for')
        findings.add(check, part.title, part.problem)
        return []
    if part.status == 'broken':
        findings.add('unreadable dataset', part.title, part.problem)
        return []
    samples = []
    for sample, info in read_samples(part):
        for check, problem in annotation_problems(sample, info):
            findings.add(check, part.title, f'{sample.name}: {problem}')
        samples.append(sample)
    if not samples:
        findings.add('no sample', part.title,
                     'the dataset was read and holds no sample')
    if part.trains and len(part.splits) > 1:
        findings.add('training and evaluation share files', part.title,
                     f'the same dataset serves {", ".join(part.splits)}')
    return samples


def _check_pictures(part: Part, samples: Sequence[Sample],
                    findings: Findings) -> None:
    """Report what the scan found in the pictures of a dataset."""
    drawn = 0
    for sample in samples:
        facts = sample.facts
        if facts is None:
            drawn += 1
            continue
        if facts.problem is not None:
            findings.add(facts.problem, part.title,
                         f'{sample.name}: {facts.detail}')
            continue
        short, long = sorted((facts.width, facts.height))
        if short < _MIN_SIDE or long > _MAX_RATIO * short:
            findings.add('suspicious size', part.title,
                         f'{sample.name}: {facts.width}x{facts.height}')
        if facts.uniform:
            findings.add('image of one single colour', part.title,
                         sample.name)
        for check, problem in geometry_problems(sample):
            findings.add(check, part.title, f'{sample.name}: {problem}')
    if drawn:
        findings.add(
            'no stored image', part.title,
            f'{drawn} of {len(samples)} samples have neither a file nor '
            'stored pixels (they are made while loading): not decoded, not '
            'compared')
