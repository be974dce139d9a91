# Copyright (c) mmfer contributors.
"""Find in a dataset which action units occur together.

The graph is written as an .npz file for AUGraphHead(adjacency=FILE), and
drawn beside it. Exit code 0: written; 1: it did not work.
"""
import argparse
import os.path as osp
from typing import Optional, Sequence

from mmfer_cli import OptionAction

EXAMPLES = """examples:
  python tools/dataset_tools/build_au_graph.py configs/baseline/resnet18_1xb64_synthetic.py --out au_graph.npz
  python tools/dataset_tools/build_au_graph.py configs/baseline/resnet18_1xb64_synthetic.py --out signed.npz --signed
"""  # noqa: E501


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config with dataloaders')
    parser.add_argument('--out', required=True, help='the .npz file to write')
    parser.add_argument(
        '--figure', help='the picture to write. Defaults to the name of --out '
        'with .png')
    parser.add_argument(
        '--split', choices=['train', 'val', 'test'], default='train',
        help='which dataloader of the config. Defaults to train')
    parser.add_argument(
        '--label-threshold', type=float, default=0.5, help='labels of at '
        'least this are occurrence: 0.5 for probabilities (the default), 1 '
        'for intensities from 0 to 5')
    parser.add_argument(
        '--au-set', help='the action units, where the dataset does not name '
        'them: openface2, bp4d, disfa ...')
    parser.add_argument(
        '--signed', action='store_true', help='keep positive and negative '
        'edges, by the phi coefficient')
    parser.add_argument(
        '--threshold', type=float, help='of an edge, on P(j | i) or |phi|. '
        'Defaults to 0.4, with --signed to 0.1')
    parser.add_argument(
        '--neighbor-share', type=float, default=0.5,
        help='what the neighbours weigh together. Defaults to 0.5')
    parser.add_argument(
        '--reweighting', choices=['share', 'add'], default='share',
        help='share: neighbours and node make up 1 (the default); add: the '
        'node itself weighs 1')
    parser.add_argument(
        '--min-positives', type=int, default=10, help='how often a unit must '
        'occur to have neighbours. Defaults to 10')
    parser.add_argument(
        '--cfg-options', nargs='+', action=OptionAction, default={},
        metavar='KEY=VALUE', help='settings laid over the config')
    return parser.parse_args(args)


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

import mmfer  # noqa: E402,F401
from mmfer.analysis.au_graph import build_au_graph, draw_au_graph  # noqa: E402
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.outputs import writable_figure, writable_file  # noqa: E402
from mmfer.apis.run import load_config, loader_of  # noqa: E402
from mmfer.models.losses import au_pos_weights  # noqa: E402
from mmfer.registry import DATASETS  # noqa: E402


def main(args: argparse.Namespace) -> None:
    figure = args.figure or osp.splitext(args.out)[0] + '.png'
    writable_file(args.out)
    writable_figure(figure)
    cfg = load_config(args.config, args.cfg_options)
    dataset = DATASETS.build(loader_of(cfg, args.split).dataset)
    graph = build_au_graph(
        dataset, args.label_threshold, args.au_set, signed=args.signed,
        threshold=args.threshold, neighbor_share=args.neighbor_share,
        reweighting=args.reweighting, min_positives=args.min_positives)
    graph.save(args.out)
    draw_au_graph(graph, figure)
    weights = au_pos_weights(graph.positives, graph.known).tolist()
    print('unit   labelled  occurs  pos_weight')
    for row in zip(graph.names, graph.known, graph.positives, weights):
        print('{:6s} {:8d} {:7d} {:11.2f}'.format(*row))
    print(f'{graph.num_edges} edges: {args.out}, drawn in {figure}')


if __name__ == '__main__':
    run_main(main, parse_args())
