# Copyright (c) mmfer contributors.
import errno
import os

import pytest
from torch.utils.data import DataLoader

from mmfer.apis.arguments import exit_on_user_error, user_message
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
def test_user_errors_are_one_line(error, told):
    assert user_message(error) == told


def test_mistake_in_a_loader_worker():
    with pytest.raises(ImageError) as caught:
        list(DataLoader(Broken(), num_workers=1))
    assert 'Traceback' in str(caught.value)
    assert user_message(caught.value) == 'ImageError: faces/1.png: damaged'


@pytest.mark.parametrize('error', [
    ValueError('shapes do not match'), KeyError('x'),
    OSError(errno.EINTR, 'Interrupted'), OSError('odd')])
def test_errors_of_ours_keep_their_traceback(error):
    assert user_message(error) is None
    with pytest.raises(type(error)) as caught:
        with exit_on_user_error():
            raise error
    assert caught.value is error


@pytest.mark.parametrize('code', [1, 2])
def test_exit_code(code, capsys):
    with pytest.raises(SystemExit) as ended:
        with exit_on_user_error(code):
            raise REMEDY
    line = f'{user_message(REMEDY)}'
    if code == 1:  # Python prints it then
        assert ended.value.code == line
    else:
        assert ended.value.code == code
        assert capsys.readouterr().err == line + os.linesep
