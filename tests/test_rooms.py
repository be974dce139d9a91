# Copyright (c) mmfer contributors.
"""What the rooms of the package may import from each other."""
import ast
from importlib.util import resolve_name
from pathlib import Path
from typing import Iterator

import mmfer

SOURCE = Path(mmfer.__file__).parent
# From the ground to the roof: each may import from those before it.
ROOMS = ('structures', 'datasets', 'evaluation', 'models', 'engine',
         'visualization', 'apis', 'analysis')


def _imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, by their full names."""
    package = '.'.join(path.relative_to(SOURCE.parent).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield resolve_name('.' * node.level + (node.module or ''),
                               package)


def test_imports_go_down_only():
    folders = {path.parent.name for path in SOURCE.glob('*/__init__.py')}
    assert folders == set(ROOMS)
    wrong = {
        (str(path.relative_to(SOURCE)), name)
        for place, room in enumerate(ROOMS)
        for path in (SOURCE / room).rglob('*.py')
        for name in _imported(path)
        for other in ROOMS[place + 1:]
        if f'{name}.'.startswith(f'mmfer.{other}.')
    }
    assert not wrong
