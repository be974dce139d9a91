# Copyright (c) mmfer contributors.
"""Faults that tests inject into real processes and files."""
import builtins
import errno
import io
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


class _Dying:
    """A file in which writing ends after half of the first part."""

    def __init__(self, file, mode):
        self._file, self._mode = file, mode

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        self._file.__enter__()
        return self

    def __exit__(self, *error):
        return self._file.__exit__(*error)

    def write(self, data):
        self._file.write(data[:len(data) // 2])
        self._file.flush()
        if self._mode == 'full':
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def fault(path, number, mode):
    """A context in which writing one file fails.

    Args:
        path (str): A part of the path.
        number (int): At the how-manieth opening of such a path for writing,
            or its replacement, counted from 1.
        mode (str): ``'full'``: the disk is full after half of the content;
            ``'open'``: killed when the file is open and empty; ``'half'``:
            killed after half of the content; ``'replace'``: killed before
            the complete file replaces the former one.
    """
    real, replace, seen = builtins.open, os.replace, [0]

    def hit(name):
        seen[0] += path in str(name)
        return path in str(name) and seen[0] == number

    def opened(file, how='r', *args, **kwargs):
        stream = real(file, how, *args, **kwargs)
        if mode != 'replace' and set(how) & set('wax+') and hit(file):
            if mode == 'open':
                os.kill(os.getpid(), signal.SIGKILL)
            return _Dying(stream, mode)
        return stream

    def replaced(source, target, **kwargs):
        if mode == 'replace' and hit(target):
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(source, target, **kwargs)

    builtins.open = io.open = opened
    os.replace = replaced
    try:
        yield
    finally:
        builtins.open = io.open = real
        os.replace = replace


def run_with_fault(code, arguments, path, number, mode):
    """Run Python code in a process of its own, with a fault.

    Args:
        code (str): Finds ``arguments`` in ``sys.argv[1:]``.
        path, number, mode: See :func:`fault`.

    Returns:
        subprocess.CompletedProcess: With standard output and errors as text.
    """
    start = (f'from tests.faults import fault\n'
             f'with fault({path!r}, {number}, {mode!r}):\n')
    indented = ''.join(f'    {line}\n' for line in code.strip().splitlines())
    return subprocess.run(
        [sys.executable, '-c', start + indented, *map(str, arguments)],
        env={**os.environ, 'PYTHONPATH': os.fspath(ROOT),
             'OMP_NUM_THREADS': '1'},
        capture_output=True, text=True)


def flip_bit(path, position, bit=0):
    """Flip a bit of a file."""
    content = bytearray(Path(path).read_bytes())
    content[position] ^= 1 << bit
    Path(path).write_bytes(content)
