# Copyright (c) mmfer contributors.
"""What the command lines of the analysis tools share."""
import os.path as osp
from argparse import (ArgumentParser, Namespace, RawDescriptionHelpFormatter)

from mmengine.config import Config

from mmfer.apis.arguments import OptionAction
from mmfer.apis.outputs import writable_folder
from mmfer.apis.run import check_file, load_config, prepare_config


def make_parser(description: str, examples: str,
                splits: bool = True) -> ArgumentParser:
    """A parser for a tool that looks at the predictions of a model.

    Args:
        description (str): What the tool does.
        examples (str): How it is called.
        splits (bool): Whether it can look at several splits. Defaults to
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
        metavar='KEY=VALUE', help='settings laid over the config')
    return parser


def read_config(args: Namespace) -> Config:
    """The config of the command line; makes the folder for the results.

    Args:
        args (Namespace): Of :func:`make_parser`; gets ``out`` where it is
            None.

    Raises:
        FileNotFoundError: If the config or the checkpoint is missing.
        OutputError: If the folder cannot be written.
    """
    cfg = load_config(args.config)
    check_file(args.checkpoint)
    name = osp.splitext(osp.basename(args.config))[0]
    args.out = args.out or osp.join('work_dirs', name, 'analysis')
    writable_folder(args.out)
    # A test run of its own, so that it overwrites no other.
    return prepare_config(cfg, args.cfg_options, osp.join(args.out, 'run'))
