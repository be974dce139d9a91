# Copyright (c) mmfer contributors.
"""What the command lines of training and testing share."""
import os
import sys
from argparse import (ArgumentParser, Namespace, RawDescriptionHelpFormatter)
from typing import Any, Callable, Dict

from mmengine.config import DictAction

from mmfer.structures import AnnotationError


class ConfigError(ValueError):
    """A config, or an option laid over it, that cannot be used."""


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


def run_main(main: Callable[[Namespace], None],
             arguments: Namespace) -> None:
    """Run a tool; a mistake of the user ends in one line and exit code 1.

    Whatever names its remedy, and missing files, count as such; anything else
    keeps its traceback.
    """
    os.environ.setdefault('LOCAL_RANK',
                          str(getattr(arguments, 'local_rank', 0)))
    try:
        main(arguments)
    except Exception as error:
        known = isinstance(error, (AnnotationError, FileNotFoundError))
        if not known and 'Remedy: ' not in str(error):
            raise
        # Loader workers send their whole traceback as the message.
        message = str(error).strip().split('\n')[-1]
        sys.exit(f'{type(error).__name__}: {message}')


def options_of(arguments: Namespace) -> Dict[str, Any]:
    """The shared options as arguments of ``prepare_config``."""
    return dict(
        work_dir=arguments.work_dir,
        cfg_options=arguments.cfg_options,
        launcher=arguments.launcher,
        pin_memory=not arguments.no_pin_memory,
        persistent_workers=not arguments.no_persistent_workers)
