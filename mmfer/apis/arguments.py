# Copyright (c) mmfer contributors.
"""From parsed arguments to a run of a tool; parsers are in ``mmfer_cli``."""
import errno
import os
import re
import signal
import sys
from argparse import Namespace
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, Optional

from mmfer.errors import UserError

from .processes import bind_forks, end_with_parent

# What the system refuses of a file -> what a user can do about it.
_REFUSED = {
    errno.EACCES: 'name another one, or change its permissions',
    errno.EDQUOT: 'make room, or name another place',
    errno.EEXIST: 'name another folder, this is a file',
    errno.EISDIR: 'name a file, this is a folder',
    errno.ENOENT: 'check the path',
    errno.ENOSPC: 'make room on the disk, or name another place',
    errno.ENOTDIR: 'check the path, a part of it is a file',
    errno.EPERM: 'name another one, or change its permissions',
    errno.EROFS: 'name another place, this one can only be read',
}


def run_main(main: Callable[[Namespace], None],
             arguments: Namespace) -> None:
    """Run a tool; an error of the user ends in one line and exit code 1.

    Its loader workers end with it, and it ends with the launcher.
    """
    os.environ.setdefault('LOCAL_RANK',
                          str(getattr(arguments, 'local_rank', 0)))
    bind_forks()
    if getattr(arguments, 'launcher', None) == 'pytorch':
        end_with_parent()
    with exit_on_user_error():
        main(arguments)


@contextmanager
def exit_on_user_error(code: int = 1) -> Iterator[None]:
    """A context in which an error of the user ends the program with one
    line, see :func:`user_message`, and so does Ctrl-C, with exit code 130;
    anything else keeps its traceback.

    Args:
        code (int): The exit code. Defaults to 1.
    """
    try:
        yield
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except Exception as error:
        message = user_message(error)
        if message is None:
            raise
        if code == 1:
            sys.exit(message)
        print(message, file=sys.stderr)
        sys.exit(code)


def user_message(error: Exception) -> Optional[str]:
    """Return an error of the user in one line.

    Such are each :class:`~mmfer.errors.UserError`, and files that are
    missing or that the system refuses to open or write.

    Args:
        error (Exception): What was raised.

    Returns:
        str or None: None if it is no error of the user.
    """
    lines = str(error).strip().splitlines()
    if any('Traceback (most recent call last)' in line for line in lines):
        # Of a loader worker, which sends it as the message.
        lines = lines[-1:]
    message = ' '.join(' '.join(lines).split())
    message = re.sub(rf'^[\w.]*{type(error).__name__}: ', '', message)
    if not isinstance(error, UserError):
        if isinstance(error, OSError) and error.errno in _REFUSED:
            place = '' if error.filename is None else f'{error.filename}: '
            message = (f'{place}{error.strerror}. Hint: '
                       f'{_REFUSED[error.errno]}')
        elif not isinstance(error, FileNotFoundError):
            return None
    return f'{type(error).__name__}: {message}'


def options_of(arguments: Namespace) -> Dict[str, Any]:
    """The shared options as arguments of ``prepare_config``."""
    return dict(
        work_dir=arguments.work_dir,
        cfg_options=arguments.cfg_options,
        launcher=arguments.launcher,
        pin_memory=not arguments.no_pin_memory,
        persistent_workers=not arguments.no_persistent_workers)
