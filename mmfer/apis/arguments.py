# Copyright (c) mmfer contributors.
"""What the command lines of training and testing share."""
import errno
import os
import re
import signal
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, Optional, Sequence

from mmengine.config import DictAction

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


class OptionAction(DictAction):
    """``KEY=VALUE ...`` as a dict; a missing ``=`` is a usage error."""

    def __call__(self, parser: ArgumentParser, namespace: Namespace,
                 values: Any, option_string: str = None) -> None:
        for value in values:
            if '=' not in value.strip('='):
                parser.error(f'{option_string}: expected KEY=VALUE, got '
                             f'{value!r}')
        super().__call__(parser, namespace, values, option_string)


def make_parser(description: str, examples: str,
                runs: bool = True) -> ArgumentParser:
    """A parser with the options that training and testing share.

    Args:
        description (str): What the tool does.
        examples (str): How it is called.
        runs (bool): Whether the tool starts a runner; else the config and
            settings over it are all there is. Defaults to True.
    """
    parser = ArgumentParser(
        description=description,
        epilog=examples,
        formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        'config', help='config file, or mmfer::FOLDER/NAME.py of an installed '
        'mmfer')
    parser.add_argument(
        '--cfg-options', nargs='+', action=OptionAction, default={},
        metavar='KEY=VALUE', help='settings laid over the config, for '
        'example train_dataloader.batch_size=32; lists as key="[a,b]"')
    if not runs:
        return parser
    parser.add_argument(
        '--work-dir', help='folder for logs, checkpoints and results. '
        'Defaults to work_dirs/NAME_OF_CONFIG')
    parser.add_argument(
        '--no-pin-memory', action='store_true',
        help='switch pin_memory off in all data loaders')
    parser.add_argument(
        '--no-persistent-workers', action='store_true',
        help='switch persistent_workers off in all data loaders')
    parser.add_argument(
        '--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none', help='what started several processes; the scripts '
        'dist_*.sh and slurm_*.sh set it. Defaults to none')
    parser.add_argument(
        '--local_rank', '--local-rank', type=int, default=0,
        help='set by some launchers, nothing to care about')
    return parser


def check_positive(arguments: Namespace, parser: ArgumentParser,
                   names: Sequence[str]) -> None:
    """Refuse numbers that are not above zero, as a usage error.

    Args:
        arguments (Namespace): What the parser made; a number, several, or
            None under each name.
        parser (ArgumentParser): Ends the program with exit code 2.
        names (Sequence[str]): As in ``arguments``.
    """
    for name in names:
        value = getattr(arguments, name)
        numbers = value if isinstance(value, list) else [value]
        if not all(n is None or n > 0 for n in numbers):
            parser.error(f'--{name.replace("_", "-")} must be positive, got '
                         f'{value}')


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
