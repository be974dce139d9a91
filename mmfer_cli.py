# Copyright (c) mmfer contributors.
"""Parts of the command lines of the tools, without torch.

``import mmfer`` loads PyTorch and MMPretrain, which takes seconds. The tools
build their parsers from this module alone and parse before they import the
rest, so that ``--help`` and usage errors answer at once.
"""
import os
from argparse import (Action, ArgumentParser, Namespace,
                      RawDescriptionHelpFormatter)
from typing import Any, Dict, List, Optional, Sequence


class OptionAction(Action):
    """``KEY=VALUE ...`` as a dict; a missing ``=`` is a usage error.

    Values are read as MMEngine reads them, which is imported only then.
    """

    def __call__(self, parser: ArgumentParser, namespace: Namespace,
                 values: Any, option_string: Optional[str] = None) -> None:
        for value in values:
            if '=' not in value.strip('='):
                parser.error(f'{option_string}: expected KEY=VALUE, got '
                             f'{value!r}')
        from mmengine.config import DictAction
        DictAction(self.option_strings, self.dest, nargs='+')(
            parser, namespace, values, option_string)


def make_parser(description: str, examples: str,
                runs: bool = True) -> ArgumentParser:
    """Return a parser with the options that training and testing share.

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
        metavar='KEY=VALUE', help='settings that override the config, for '
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


def make_analysis_parser(description: str, examples: str,
                         splits: bool = True) -> ArgumentParser:
    """Return a parser for a tool that analyzes the predictions of a model.

    Args:
        description (str): What the tool does.
        examples (str): How it is called.
        splits (bool): Whether it can analyze several splits. Defaults to
            True.
    """
    parser = ArgumentParser(
        description=description,
        epilog=examples,
        formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint, a file')
    if splits:
        parser.add_argument(
            '--split', choices=['train', 'val', 'test'], default='test',
            help='which set of the config. Defaults to test')
    parser.add_argument(
        '--out', metavar='FOLDER', help='folder for the results. Defaults to '
        'work_dirs/NAME_OF_CONFIG/analysis')
    parser.add_argument(
        '--cfg-options', nargs='+', action=OptionAction, default={},
        metavar='KEY=VALUE', help='settings that override the config')
    return parser


def add_detector_arguments(parser: ArgumentParser) -> None:
    """Add ``--detector``, ``--detector-weights`` and ``--landmarks``."""
    parser.add_argument('--detector',
                        choices=['mtcnn', 'yunet', 'whole-image'],
                        default='mtcnn',
                        help='what finds the faces (default: mtcnn)')
    parser.add_argument('--detector-weights', metavar='FILE',
                        help='the ONNX file of yunet')
    parser.add_argument('--landmarks', choices=['dlib68'],
                        help='what finds landmarks in each face: dlib68, 68 '
                        'of them (default: what the detector gives, five)')


def detector_arguments(args: Namespace,
                       parser: ArgumentParser) -> Dict[str, Optional[str]]:
    """Return the arguments of ``build_detector``: ``detector``, ``landmarks``
    and, of yunet, ``weights``. Others with weights, or yunet without, are a
    usage error."""
    if (args.detector == 'yunet') != (args.detector_weights is not None):
        parser.error('yunet needs --detector-weights FILE, others do without')
    named = dict(detector=args.detector, landmarks=args.landmarks)
    if args.detector_weights:
        named['weights'] = args.detector_weights
    return named


def add_report_arguments(parser: ArgumentParser, repeats: int = 5) -> None:
    """Add ``--json``, ``--repeats`` and ``--only`` of the benchmarks."""
    parser.add_argument('--json', metavar='FILE',
                        help='write the full results to this file')
    parser.add_argument('--repeats', type=int, default=repeats,
                        help='how often each variant runs; they take turns '
                        f'(default: {repeats})')
    parser.add_argument('--only', nargs='+', metavar='VARIANT',
                        help='only these variants, the first is the base of '
                        'the ratios')


def add_threads_argument(parser: ArgumentParser, what: str = 'torch') -> None:
    """Add ``--threads`` of ``what``, by default two."""
    parser.add_argument('--threads', type=int, default=2,
                        help=f'threads of {what} (default: 2)')


def add_device_argument(parser: ArgumentParser) -> None:
    """Add ``--device``; see ``mmfer.apis.models.known_device``."""
    parser.add_argument('--device',
                        help='where to compute (default: cuda if there)')


def chosen(names: List[str], only: Optional[List[str]],
           parser: ArgumentParser) -> List[str]:
    """Return the variants that ``--only`` leaves, in its order."""
    unknown = [name for name in only or () if name not in names]
    if unknown:
        parser.error(f'--only {" ".join(unknown)}: no such variant; there '
                     f'are {" ".join(names)}')
    return list(dict.fromkeys(only)) if only else names


def check_json(path: Optional[str], parser: ArgumentParser) -> None:
    """Refuse, before the work, a JSON file that cannot be written."""
    folder = os.path.dirname(os.path.abspath(path)) if path else ''
    if path and (os.path.isdir(path) or not os.path.isdir(folder)
                 or not os.access(folder, os.W_OK)):
        parser.error(f'--json {path}: cannot be written. Hint: name a file '
                     'in a folder that exists')


def check_positive(arguments: Namespace, parser: ArgumentParser,
                   names: Sequence[str]) -> None:
    """Refuse numbers that are not above zero, as a usage error.

    Args:
        arguments (Namespace): What the parser returned; a number, several, or
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
