# Copyright (c) mmfer contributors.
import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

from mmfer.errors import AnnotationError
from mmfer.files import (atomic_write, from_spreadsheet_cell, read_npz,
                         spreadsheet_cell, write_npz)


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / 'a.txt'
    with atomic_write(path) as file:
        file.write('ä')
        assert not path.exists()
    assert path.read_text(encoding='utf-8') == 'ä'
    assert os.listdir(tmp_path) == ['a.txt']


@pytest.mark.parametrize('error', [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_file_that_was_there(tmp_path, error):
    path = tmp_path / 'a.txt'
    path.write_text('before')
    with pytest.raises(error), atomic_write(path) as file:
        file.write('half')
        raise error
    assert path.read_text() == 'before'
    assert os.listdir(tmp_path) == ['a.txt']


def test_what_a_killed_process_left_is_removed(tmp_path):
    path = tmp_path / 'a.bin'
    code = ('import os, sys; from mmfer.files import atomic_write\n'
            'with atomic_write(sys.argv[1], "wb") as file:\n'
            '    file.write(b"half"); file.flush(); os.kill(os.getpid(), 9)')
    child = subprocess.run([sys.executable, '-c', code, path])
    assert child.returncode == -signal.SIGKILL
    assert len(os.listdir(tmp_path)) == 1 and not path.exists()
    # Those of a live process, and of another machine, stay.
    kept = [f'a.bin.part-{socket.gethostname()}-{os.getppid()}',
            'a.bin.part-elsewhere-1']
    for name in kept:
        (tmp_path / name).touch()
    with atomic_write(path, 'wb') as file:
        file.write(b'whole')
    assert sorted(os.listdir(tmp_path)) == sorted(['a.bin', *kept])


@pytest.mark.parametrize('compress', [False, True])
def test_damaged_arrays_are_never_used(tmp_path, compress):
    """Each file with a changed byte gives the same arrays or an error."""
    path = tmp_path / 'a.npz'
    arrays = dict(a=np.arange(20.), b=np.array(['x', 'yz']))
    write_npz(path, compress=compress, **arrays)
    content = path.read_bytes()
    errors = 0
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4])
                         + content[place + 1:])
        try:
            found = read_npz(path, 'make it again')
        except AnnotationError as error:
            assert error.hint == 'make it again'
            errors += 1
            continue
        for name in found.keys() & arrays.keys():
            assert np.array_equal(found[name], arrays[name])
    assert errors > len(content) / 2


@pytest.mark.parametrize('content', [b'', b'text', b'PK\x03\x04 cut',
                                     b'\x93NUMPY\x01\x00\x02\x00{}'])
def test_bad_arrays(tmp_path, content):
    (tmp_path / 'a.npz').write_bytes(content)
    with pytest.raises(AnnotationError, match='a.npz.*make it again'):
        read_npz(tmp_path / 'a.npz', 'make it again')


def test_pickled_arrays_are_refused(tmp_path):
    np.savez(tmp_path / 'a.npz', a=np.array([{}], dtype=object))
    with pytest.raises(AnnotationError, match='pickled'):
        read_npz(tmp_path / 'a.npz', 'make it again')


@pytest.mark.parametrize('value, cell', [
    ('=1+1', "'=1+1"), ('@x', "'@x"), ('-a.jpg', "'-a.jpg"), ('+', "'+"),
    ('a=b', 'a=b'), ('', ''), ("'quoted'", "'quoted'"), (-1.5, -1.5),
    (None, None)])
def test_formulas_are_quoted(value, cell):
    assert spreadsheet_cell(value) == cell
    if isinstance(value, str):
        assert from_spreadsheet_cell(cell) == value
