# Copyright (c) mmfer contributors.
"""Print versions, what is wrong with the installation, and the hint.

Works with a broken or missing torch, MMPretrain or rich too; ends with exit
code 1 if something is wrong.
"""
import argparse
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import List, Tuple

COLOURS = dict(ok='green', info='cyan', warning='yellow', error='bold red')


def load_doctor() -> ModuleType:
    """The module ``mmfer.analysis.doctor``, without ``import mmfer``."""
    root = Path(__file__).resolve().parents[2]
    # The root of the repository, or the folder .mim of an installed mmfer.
    package = root.parent if root.name == '.mim' else root / 'mmfer'
    spec = importlib.util.spec_from_file_location(
        'doctor', package / 'analysis' / 'doctor.py')
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def print_table(title: str, header: Tuple[str, ...],
                rows: List[Tuple[str, ...]]) -> None:
    """Print rows with rich, or as plain text where there is no rich."""
    try:
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table
    except ImportError:
        print(f'\n{title}')
        for row in [header, *rows]:
            print('  '.join(cell.ljust(18) for cell in row).rstrip())
        return
    table = Table(*header, title=title, title_justify='left')
    for row in rows:
        cells = [escape(cell) for cell in row]
        if row[1] in COLOURS:
            cells[1] = f'[{COLOURS[row[1]]}]{row[1]}[/]'
        table.add_row(*cells)
    Console().print(table)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--json', action='store_true', help='print JSON in place of tables')
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    report = load_doctor().examine()
    if args.json:
        print(json.dumps(report, indent=2))
    else:
        print_table('Versions', ('module', 'distribution', 'version'),
                    [(module, distribution, version)
                     for module, found in report['versions'].items()
                     for distribution, version in found.items()])
        print_table('Checks', ('check', 'status', 'found', 'hint'),
                    [tuple(check.values()) for check in report['checks']])
        errors = sum(c['status'] == 'error' for c in report['checks'])
        print('nothing is wrong' if report['healthy'] else
              f'{errors} checks ended in an error, see the remedies')
    return 0 if report['healthy'] else 1


if __name__ == '__main__':
    sys.exit(main())
