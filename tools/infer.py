# Copyright (c) mmfer contributors.
"""Find faces in pictures and videos and predict their expressions."""
import signal
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections import Counter
from contextlib import ExitStack, closing
from typing import Any, Dict, List, Union

from mmfer_cli import add_detector_arguments, detector_arguments

EXAMPLES = """
examples:
  a photo, drawn with boxes and scores into the folder drawn:
    python tools/infer.py CONFIG CHECKPOINT photo.jpg --out-dir drawn
  all pictures of a folder into a table:
    python tools/infer.py CONFIG CHECKPOINT photos --out faces.csv
  a video, steadied over time, with the faces that another run found:
    python tools/infer.py CONFIG CHECKPOINT talk.mp4 --boxes faces.csv \\
        --smooth 0.8 --out-dir drawn
  the camera, on the screen; q ends:
    python tools/infer.py CONFIG CHECKPOINT --camera 0 --show
  pictures that are crops of faces already:
    python tools/infer.py CONFIG CHECKPOINT crops --detector whole-image
"""


def parse_args() -> Namespace:
    """The command line."""
    parser = ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config file, or the name of a model '
                        'in model-index.yml')
    parser.add_argument('checkpoint', help='checkpoint, a file or URL; for '
                        'onnxruntime what export_onnx.py wrote')
    parser.add_argument('input', nargs='?',
                        help='a picture, a folder of pictures or a video')
    parser.add_argument('--camera', type=int, metavar='NUMBER',
                        help='look through this camera')
    parser.add_argument('--out', metavar='FILE',
                        help='write all predictions to this .csv or .json '
                        'file')
    parser.add_argument('--out-dir', metavar='FOLDER',
                        help='draw pictures or the video into this folder')
    parser.add_argument('--show', action='store_true',
                        help='show on the screen; a key goes on, q ends')
    add_detector_arguments(parser)
    parser.add_argument('--boxes', metavar='FILE',
                        help='faces that are known, a .csv file as --out '
                        'writes it, in place of a detector')
    parser.add_argument('--align', choices=['none', 'arcface112', 'rafdb100',
                                             'box-margin'],
                        help='how to align faces (default: as in training)')
    parser.add_argument('--smooth', type=float, metavar='SHARE',
                        help='follow the faces of a video and keep this '
                        'share of what was predicted, as 0.8, at each frame')
    parser.add_argument('--attention',
                        choices=['cam', 'heads', 'patches', 'tokens'],
                        help='draw where the model looks: cam needs the '
                        'extra mmfer[cam], heads, patches and tokens models '
                        'that have them')
    parser.add_argument('--batch-size', type=int, default=32,
                        help='faces predicted at a time (default: 32)')
    parser.add_argument('--backend', choices=['pytorch', 'onnxruntime'],
                        default='pytorch', help='(default: pytorch)')
    parser.add_argument('--device', help='where PyTorch computes, as cuda:1 '
                        '(default: an accelerator if there is one)')
    args = parser.parse_args()
    if (args.input is None) == (args.camera is None):
        parser.error('name a picture, folder or video, or --camera')
    args.found_by = detector_arguments(args, parser)
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.detectors import FaceDetector, GivenBoxes  # noqa: E402
from mmfer.apis.inference import (  # noqa: E402
    DrawnPictures, FERInferencer, PredictionTable, Window, show_progress)
from mmfer.apis.outputs import writable_file, writable_folder  # noqa: E402
from mmfer.apis.pictures import open_pictures  # noqa: E402
from mmfer.structures import PicturePrediction  # noqa: E402
from mmfer.visualization import FERVisualizer  # noqa: E402


def detector_of(args: Namespace
                ) -> Dict[str, Union[str, FaceDetector, None]]:
    """The arguments of the inferencer about its detector."""
    if args.boxes:
        return dict(detector=GivenBoxes.from_csv(args.boxes),
                    landmarks=args.landmarks)
    return args.found_by


def outputs_of(args: Namespace, inferencer: FERInferencer,
               fps: Any) -> List[Any]:
    """Where predictions go."""
    outputs: List[Any] = []
    visualizer = FERVisualizer()
    if args.show:
        outputs.append(Window(visualizer, fps))
    if args.out_dir:
        outputs.append(DrawnPictures(args.out_dir, visualizer, fps))
    if args.out:
        outputs.append(
            PredictionTable(args.out, inferencer.classes, inferencer.au_names,
                            inferencer.detector.most_landmarks))
    return outputs


def tell(found: PicturePrediction) -> None:
    """Print the faces of a picture."""
    for face in found.faces:
        box = ' '.join(f'{value:.0f}' for value in face.face.box)
        print(f'{found.source}: {face.expression} '
              f'{face.scores[face.expression]:.2f}, box {box}')
    if not found.faces:
        print(f'{found.source}: {found.problem or "no face"}')


def main(args: Namespace) -> None:
    """Predict."""
    # As Ctrl-C does, finish what is written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pictures = open_pictures(
        args.input if args.camera is None else args.camera)
    if args.out_dir:
        writable_folder(args.out_dir)
    if args.out:
        writable_file(args.out)
    inferencer = FERInferencer(
        args.config, args.checkpoint, align=args.align,
        batch_size=args.batch_size, device=args.device,
        backend=args.backend, attention=args.attention, **detector_of(args))
    for note in pictures.notes:
        print(note)
    print(f'faces aligned by: {inferencer.pipeline.recipe}')
    count = problems = 0
    expressions: Counter = Counter()
    with ExitStack() as stack:
        outputs = [
            stack.enter_context(closing(out))
            for out in outputs_of(args, inferencer, pictures.fps)
        ]
        try:
            for picture, found in show_progress(
                    inferencer.stream(pictures, args.smooth), pictures.total):
                for output in outputs:
                    output.write(picture, found)
                if not outputs:
                    tell(found)
                count += 1
                problems += found.problem is not None
                expressions.update(face.expression for face in found.faces)
        except KeyboardInterrupt:
            print('stopped')
    print(f'{count} pictures, {sum(expressions.values())} faces: ' + (
        ', '.join(f'{name} {number}'
                  for name, number in expressions.most_common()) or 'none'))
    if problems:
        print(f'{problems} pictures could not be read')
    for path in (args.out, args.out_dir):
        if path:
            print(f'written: {path}')


if __name__ == '__main__':
    run_main(main, parse_args())
