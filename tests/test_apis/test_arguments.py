# Copyright (c) mmfer contributors.
import errno
import os

import pytest
from torch.utils.data import DataLoader

from mmfer.apis.arguments import exit_on_user_error, user_message
from mmfer.errors import AnnotationError, ConfigError, ImageError

WRONG = ConfigError('a.py: no such thing', hint='another')


class Broken:
    """A dataset that cannot be read."""

    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise ImageError('faces/1.png: damaged')


@pytest.mark.parametrize('error, told', [
    (WRONG, 'ConfigError: a.py: no such thing. Hint: another'),
    (ConfigError('first\n  second', hint='third'),
     'ConfigError: first second. Hint: third'),
    (AnnotationError('no label', 'a.csv', 3),
     'AnnotationError: a.csv, line 3: no label'),
    (FileNotFoundError('gone'), 'FileNotFoundError: gone'),
    (OSError(errno.ENOSPC, 'No space left on device', 'x.pth'),
     'OSError: x.pth: No space left on device. Hint: make room on the disk, '
     'or name another place'),
    (PermissionError(errno.EACCES, 'Permission denied', 'x'),
     'PermissionError: x: Permission denied. Hint: name another one, or '
     'change its permissions'),
], ids=['hint', 'lines', 'annotation', 'missing', 'full', 'permission'])
def test_user_errors_are_one_line(error, told):
    assert user_message(error) == told


def test_mistake_in_a_loader_worker():
    with pytest.raises(ImageError) as caught:
        list(DataLoader(Broken(), num_workers=1))
    assert 'Traceback' in str(caught.value)
    assert user_message(caught.value) == 'ImageError: faces/1.png: damaged'


@pytest.mark.parametrize('error', [
    ValueError('shapes do not match'), KeyError('x'),
    RuntimeError('in the text. Hint: does not count'),
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
            raise WRONG
    line = f'{user_message(WRONG)}'
    if code == 1:  # Python prints it then
        assert ended.value.code == line
    else:
        assert ended.value.code == code
        assert capsys.readouterr().err == line + os.linesep


def test_interrupt_is_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        with exit_on_user_error():
            raise KeyboardInterrupt
    assert ended.value.code == 130
    assert capsys.readouterr().err == 'interrupted' + os.linesep
