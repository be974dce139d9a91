# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_COLOURS = dict(error='red', warning='yellow', note='cyan')


def print_report(report: Dict[str, Any],
                 examples: int = 5,
                 console: Optional[Console] = None) -> None:
    """Print what a verification found.

    Args:
        report (dict): From :func:`mmfer.analysis.verify_config`.
        examples (int): How many cases of each finding to show. Defaults to 5.
        console (Console, optional): Where to print. Defaults to None, the
            standard output.
    """
    console = console or Console()
    console.print(_datasets(report['datasets']))
    for entry in report['datasets']:
        if entry.get('class_counts'):
            console.print(_classes(entry))
    console.print(_duplicates(report['duplicates']))
    for finding in report['findings']:
        colour = _COLOURS[finding['severity']]
        console.print(f'[{colour}]{finding["severity"]}[/] '
                      f'{escape(finding["check"])} | '
                      f'{escape(finding["where"])}: {finding["count"]}')
        for item in finding['items'][:examples]:
            console.print('    ' + escape(item), soft_wrap=True)
        if finding['count'] > examples:
            console.print(f'    ... and {finding["count"] - examples} more')
    strict = ' (strict: warnings count as errors)' if report['strict'] else ''
    verdict = '[green]passed[/]' if report['passed'] else '[red]failed[/]'
    console.print(f'{verdict}: {report["errors"]} kinds of errors, '
                  f'{report["warnings"]} kinds of warnings{strict}')


def _datasets(entries: List[Dict[str, Any]]) -> Table:
    table = Table(title='Datasets')
    for name in ('dataset', 'status', 'samples', 'decoded', 'width', 'height',
                 'channels'):
        table.add_column(name, overflow='fold')
    for entry in entries:
        table.add_row(
            escape(entry['title']), entry['status'], str(entry['samples']),
            str(entry.get('decoded', '')), _span(entry.get('width')),
            _span(entry.get('height')), ', '.join(
                f'{n} {name}' for name, n in entry.get('channels',
                                                       {}).items()))
    return table


def _classes(entry: Dict[str, Any]) -> Table:
    table = Table(title='Classes of ' + escape(entry['title']))
    for name in ('class', 'samples', 'official'):
        table.add_column(name)
    official = entry['official_counts'] or {}
    for name, number in entry['class_counts'].items():
        table.add_row(
            escape(name), str(number), str(official.get(name, 'not known')))
    return table


def _duplicates(duplicates: Dict[str, Any]) -> Table:
    table = Table(title='Groups of duplicates')
    for name in ('same', 'where', 'groups', 'images', 'contradictory'):
        table.add_column(name)
    for level, found in duplicates.items():
        name = level if level == 'bytes' else 'pixels only'
        for row in found['counts']:
            table.add_row(name, escape(row['where']), str(row['groups']),
                          str(row['images']), str(row['contradictory']))
    return table


def _span(limits: Optional[List[int]]) -> str:
    if limits is None:
        return ''
    return str(limits[0]) if limits[0] == limits[1] else (
        f'{limits[0]} to {limits[1]}')
