# Copyright (c) mmfer contributors.
"""What the command lines of tools that look for faces share."""
from argparse import ArgumentParser, Namespace
from typing import Dict

from . import DETECTORS


def add_detector_arguments(parser: ArgumentParser) -> None:
    """``--detector`` and ``--detector-weights``."""
    parser.add_argument('--detector', choices=DETECTORS, default='mtcnn',
                        help='what finds the faces (default: mtcnn)')
    parser.add_argument('--detector-weights', metavar='FILE',
                        help='the ONNX file of yunet')


def detector_arguments(args: Namespace,
                       parser: ArgumentParser) -> Dict[str, str]:
    """What :func:`build_detector` takes: ``detector`` and, of yunet,
    ``weights``. Others with weights, or yunet without, are a usage error.
    """
    if (args.detector == 'yunet') != (args.detector_weights is not None):
        parser.error('yunet needs --detector-weights FILE, others do without')
    named = dict(detector=args.detector)
    if args.detector_weights:
        named['weights'] = args.detector_weights
    return named
