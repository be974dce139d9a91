# Copyright (c) mmfer contributors.
"""Write a model as an ONNX file and compare it with PyTorch."""
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

EXAMPLES = """
examples:
  write model.onnx, which takes BGR bytes:
    python tools/deployment/export_onnx.py CONFIG CHECKPOINT
  use it:
    python tools/infer.py CONFIG model.onnx photo.jpg --backend onnxruntime

The input images has a free first dimension. Outputs are named pred_score,
pred_confidence, pred_au, pred_va, pred_patch_weights and pred_patch_boxes, as
far as the model has them. The metadata mmfer, JSON, tell the names of classes
and action units.
"""


def parse_args() -> Namespace:
    """The command line."""
    parser = ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config file, or the name of a model '
                        'in model-index.yml')
    parser.add_argument('checkpoint', help='checkpoint, a file or URL')
    parser.add_argument('--out', default='model.onnx',
                        help='the file to write (default: model.onnx)')
    parser.add_argument('--size', type=int, nargs=2,
                        metavar=('HEIGHT', 'WIDTH'),
                        help='of the crops (default: as in training)')
    parser.add_argument('--no-preprocessing', action='store_true',
                        help='take normalised float32 RGB in place of BGR '
                        'bytes')
    return parser.parse_args()


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.export import export_onnx  # noqa: E402
from mmfer.apis.inference import face_size  # noqa: E402
from mmfer.apis.models import load_model  # noqa: E402
from mmfer.apis.outputs import writable_file  # noqa: E402
from mmfer.errors import ConfigError  # noqa: E402

TOLERANCE = 1e-4


def main(args: Namespace) -> None:
    """Export."""
    writable_file(args.out)
    loaded = load_model(args.config, args.checkpoint, 'cpu')
    size = args.size or face_size(loaded.cfg, loaded.training)
    differences = export_onnx(loaded, args.out, tuple(size),
                              not args.no_preprocessing)
    for name, value in differences.items():
        print(f'{name}: differs from PyTorch by at most {value:.1e}')
    if max(differences.values()) > TOLERANCE:
        raise ConfigError(f'{args.out} differs from PyTorch by more than '
                          f'{TOLERANCE:g}',
                          hint='predict with PyTorch')
    print(f'written: {args.out}')


if __name__ == '__main__':
    run_main(main, parse_args())
