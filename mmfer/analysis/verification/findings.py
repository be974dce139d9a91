# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Tuple

SEVERITIES = ('error', 'warning', 'note')

# What each check finds -> how bad it is.
CHECKS: Dict[str, str] = {
    # the dataset as a whole
    'unreadable dataset': 'error',
    'absent split': 'error',
    'absent split, not asked for': 'note',
    'no sample': 'error',
    'class counts differ from the official ones': 'warning',
    'empty class': 'warning',
    'remark of the reader': 'note',
    # files and pictures
    'missing file': 'error',
    'empty file': 'error',
    'unreadable file': 'error',
    'corrupt image': 'error',
    'suspicious size': 'warning',
    'image of one single colour': 'warning',
    'no stored image': 'note',
    'unusable clip': 'error',
    # annotations
    'label out of range': 'error',
    'no label': 'warning',
    'bad label distribution': 'error',
    'bad valence or arousal': 'error',
    'bad action units': 'error',
    'bad votes': 'error',
    'bad landmarks': 'error',
    'unknown landmarks': 'note',
    'landmarks outside the image': 'warning',
    'bad box': 'error',
    'box outside the image': 'warning',
    # splits
    'training and evaluation share files': 'error',
    'training and evaluation share subjects': 'error',
    'splits share subjects': 'warning',
    'duplicates inside a split': 'warning',
    'duplicates across splits': 'warning',
    'contradictory labels among duplicates': 'warning',
}


class Findings:
    """What a verification has found, gathered by check and place.

    Examples:
        >>> findings = Findings()
        >>> findings.add('missing file', 'train: FERPlus', 'a.png')
        >>> findings.count('error')
        1
    """

    def __init__(self) -> None:
        self._items: Dict[Tuple[str, str], List[str]] = {}

    def add(self, check: str, where: str, item: str) -> None:
        """Note one case.

        Args:
            check (str): A key of ``CHECKS``.
            where (str): The dataset or the pair of splits it concerns.
            item (str): The file, subject or class, and what is wrong.
        """
        if check not in CHECKS:
            raise KeyError(f'unknown check {check!r}')
        self._items.setdefault((check, where), []).append(item)

    def count(self, severity: str) -> int:
        """The number of checks of a severity that found something."""
        return sum(CHECKS[check] == severity for check, _ in self._items)

    def to_list(self) -> List[Dict[str, Any]]:
        """All findings, the worst first.

        Returns:
            list[dict]: ``severity``, ``check``, ``where``, ``count`` and
            ``items`` (list[str]).
        """
        findings = [
            dict(
                severity=CHECKS[check],
                check=check,
                where=where,
                count=len(items),
                items=items) for (check, where), items in self._items.items()
        ]
        return sorted(
            findings, key=lambda f: SEVERITIES.index(f['severity']))
