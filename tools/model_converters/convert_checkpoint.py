# Copyright (c) mmfer contributors.
"""Convert a released file of weights into a checkpoint of this project."""
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from mmfer.apis.arguments import run_main
from mmfer.apis.converters import FORMATS, convert_file

EXAMPLES = """
formats:
{formats}

examples:
  initial weights of a ResNet-18, as the configs name them:
    python tools/model_converters/convert_checkpoint.py resnet18_msceleb \\
        downloads/resnet18_msceleb.pth weights/resnet18_msceleb.pth
  a whole method, for tools/test.py:
    python tools/model_converters/convert_checkpoint.py dan \\
        downloads/rafdb_epoch21_acc0.897_bacc0.8275.pth weights/dan.pth
"""


def parse_args() -> Namespace:
    """The command line."""
    formats = '\n'.join(f'  {name:20}{kind.source}'
                        for name, kind in FORMATS.items())
    parser = ArgumentParser(
        description='Convert a released file of weights. Missing and unknown '
        'keys are listed and are an error.',
        epilog=EXAMPLES.format(formats=formats),
        formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        'format', metavar='FORMAT', choices=FORMATS, help='see below')
    parser.add_argument('source', metavar='SRC', help='the released file')
    parser.add_argument('target', metavar='DST', help='the file to write')
    return parser.parse_args()


def main(args: Namespace) -> None:
    """Convert."""
    meta = convert_file(args.format, args.source, args.target)
    for key, value in meta.items():
        print(f'{key}: {value}')
    print(f'written: {args.target}')


if __name__ == '__main__':
    run_main(main, parse_args())
