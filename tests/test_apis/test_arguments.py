# Copyright (c) mmfer contributors.
import errno
import os

import pytest
from torch.utils.data import DataLoader

from mmfer.apis.arguments import mistake, told_in_one_line
from mmfer.structures import AnnotationError, ImageError

REMEDY = ValueError('a.py: no such thing. Remedy: another')


class Broken:
    """A dataset that cannot be read."""

    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise ImageError('faces/1.png: damaged')


@pytest.mark.parametrize('error, told', [
    (REMEDY, 'ValueError: a.py: no such thing. Remedy: another'),
    (ValueError('first\n  second. Remedy:\n third'),
     'ValueError: first second. Remedy: third'),
    (AnnotationError('no label', 'a.csv', 3),
     'AnnotationError: a.csv, line 3: no label'),
    (FileNotFoundError('gone'), 'FileNotFoundError: gone'),
    (OSError(errno.ENOSPC, 'No space left on device', 'x.pth'),
     'OSError: x.pth: No space left on device. Remedy: make room on the disk, '
     'or name another place'),
    (PermissionError(errno.EACCES, 'Permission denied', 'x'),
     'PermissionError: x: Permission denied. Remedy: name another one, or '
     'change its permissions'),
], ids=['remedy', 'lines', 'annotation', 'missing', 'full', 'permission'])
def test_mistakes_are_told_in_one_line(error, told):
    assert mistake(error) == told


def test_mistake_in_a_loader_worker():
    with pytest.raises(ImageError) as caught:
        list(DataLoader(Broken(), num_workers=1))
    assert 'Traceback' in str(caught.value)
    assert mistake(caught.value) == 'ImageError: faces/1.png: damaged'


@pytest.mark.parametrize('error', [
    ValueError('shapes do not match'), KeyError('x'),
    OSError(errno.EINTR, 'Interrupted'), OSError('odd')])
def test_errors_of_ours_keep_their_traceback(error):
    assert mistake(error) is None
    with pytest.raises(type(error)) as caught:
        with told_in_one_line():
            raise error
    assert caught.value is error


@pytest.mark.parametrize('code', [1, 2])
def test_exit_code(code, capsys):
    with pytest.raises(SystemExit) as ended:
        with told_in_one_line(code):
            raise REMEDY
    line = f'{mistake(REMEDY)}'
    if code == 1:  # Python prints it then
        assert ended.value.code == line
    else:
        assert ended.value.code == code
        assert capsys.readouterr().err == line + os.linesep
