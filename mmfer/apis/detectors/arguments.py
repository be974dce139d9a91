# Copyright (c) mmfer contributors.
"""What the command lines of tools that look for faces share."""
from argparse import ArgumentParser, Namespace
from typing import Dict, Optional

from . import DETECTORS, LANDMARKS


def add_detector_arguments(parser: ArgumentParser) -> None:
    """``--detector``, ``--detector-weights`` and ``--landmarks``."""
    parser.add_argument('--detector', choices=DETECTORS, default='mtcnn',
                        help='what finds the faces (default: mtcnn)')
    parser.add_argument('--detector-weights', metavar='FILE',
                        help='the ONNX file of yunet')
    parser.add_argument('--landmarks', choices=LANDMARKS,
                        help='what finds landmarks in each face: dlib68, 68 '
                        'of them (default: what the detector gives, five)')


def detector_arguments(args: Namespace,
                       parser: ArgumentParser) -> Dict[str, Optional[str]]:
    """What :func:`build_detector` takes: ``detector``, ``landmarks`` and, of
    yunet, ``weights``. Others with weights, or yunet without, are a usage
    error."""
    if (args.detector == 'yunet') != (args.detector_weights is not None):
        parser.error('yunet needs --detector-weights FILE, others do without')
    named = dict(detector=args.detector, landmarks=args.landmarks)
    if args.detector_weights:
        named['weights'] = args.detector_weights
    return named
