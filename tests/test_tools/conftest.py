# Copyright (c) mmfer contributors.
import os
import runpy
import sys
from pathlib import Path

import pytest

import mmfer

ROOT = Path(mmfer.__file__).parents[1]


@pytest.fixture
def tool(monkeypatch, tmp_path):
    """Run a tool in this process, in an empty folder.

    Returns:
        Callable: ``(name, *arguments)`` -> what it exits with, None if well.
    """
    monkeypatch.chdir(tmp_path)

    def run(name, *arguments):
        monkeypatch.setattr(sys, 'argv', [name, *map(os.fspath, arguments)])
        try:
            runpy.run_path(
                os.fspath(ROOT / f'tools/{name}.py'), run_name='__main__')
        except SystemExit as end:
            return end.code
        return None

    return run
