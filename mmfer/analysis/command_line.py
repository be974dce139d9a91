# Copyright (c) mmfer contributors.
"""What the command lines of the analysis tools share."""
import os.path as osp
from argparse import Namespace

from mmengine.config import Config

from mmfer.apis.outputs import writable_folder
from mmfer.apis.run import check_file, load_config, prepare_config


def read_config(args: Namespace) -> Config:
    """The config of the command line; makes the folder for the results.

    Args:
        args (Namespace): Of ``mmfer_cli.make_analysis_parser``; gets ``out``
            where it is
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
