# Copyright (c) mmfer contributors.
"""Find the faces of a config's datasets once, before training.

In every picture, or in the onset frame of every clip, the largest face is
looked for. Its eyes, nose and mouth go to a table that a dataset reads with
auxiliary=dict(type='CSVLabels', path=..., targets=['landmarks']), after which
FaceAlign cuts out the face; all frames of a clip alike. With --landmarks
dlib68 the table has 68 landmarks, for models that look at them. An
interrupted run goes on where it stopped. Exit code 0: all faces are there;
1: some are not, or it did not work.
"""
import argparse
import os.path as osp
import sys
from functools import partial
from typing import Optional, Sequence

from mmfer_cli import OptionAction, add_detector_arguments, detector_arguments

EXAMPLES = """examples:
  the raw frames of DFME, into data/dfme/faces.csv:
    python tools/dataset_tools/find_faces.py configs/dfme/r3d18_1xb16_dfme.py
  by another detector:
    python tools/dataset_tools/find_faces.py CONFIG --detector yunet \\
        --detector-weights face_detection_yunet.onnx
  68 landmarks of pictures that are crops of faces already:
    python tools/dataset_tools/find_faces.py CONFIG --detector whole-image \\
        --landmarks dlib68 --out data/ferplus/landmarks.csv
"""

_SPLITS = ('train', 'val', 'test')


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config with dataloaders')
    parser.add_argument('--out', metavar='FILE',
                        help='the table (default: faces.csv in data_root of '
                        'the first dataset)')
    parser.add_argument('--splits', nargs='+', choices=_SPLITS,
                        default=_SPLITS, help='which dataloaders (default: '
                        'all)')
    add_detector_arguments(parser)
    parser.add_argument(
        '--cfg-options', nargs='+', action=OptionAction, default={},
        metavar='KEY=VALUE', help='settings laid over the config')
    arguments = parser.parse_args(args)
    arguments.found_by = detector_arguments(arguments, parser)
    return arguments


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmengine.registry import init_default_scope  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.detectors import build_detector  # noqa: E402
from mmfer.apis.face_table import (  # noqa: E402
    FaceTable, find_faces, readers_of)
from mmfer.apis.inference import show_progress  # noqa: E402
from mmfer.apis.outputs import writable_file  # noqa: E402
from mmfer.apis.run import load_config  # noqa: E402
from mmfer.errors import ConfigError  # noqa: E402


def main(args: argparse.Namespace) -> None:
    cfg = load_config(args.config, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    readers = readers_of(cfg, args.splits)
    if not readers:
        raise ConfigError(f'{args.config}: no dataset with a pipeline in the '
                          f'dataloaders {list(args.splits)}',
                          hint='name other --splits')
    path = args.out or osp.join(readers[0].get('data_root', ''), 'faces.csv')
    writable_file(path)
    detector = build_detector(**args.found_by)
    table = FaceTable(path, detector.num_landmarks)
    try:
        problems = find_faces(readers, detector, table,
                              partial(show_progress, what='faces'))
    finally:
        table.close()
    for problem in problems:
        print(problem)
    print(f'written: {path}')
    if problems:
        sys.exit(f'{len(problems)} faces are missing. Hint: complete their '
                 'rows by hand (of five landmarks x0 to y4: eyes, nose, '
                 'corners of the mouth, from left to right), or leave these '
                 'samples out')


if __name__ == '__main__':
    run_main(main, parse_args())
