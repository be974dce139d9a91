# Copyright (c) mmfer contributors.
"""Find the neighbours of all training faces in labels of related tasks.

Faces with like action units, landmarks, or valence and arousal are likely to
have like expressions. The index is built once, from the training set of a
config, and NeighborBankHook reads it. Label noise in the config does not
matter: expressions are not looked at.
"""
import argparse
from typing import Any, Iterable, Iterator, Optional, Sequence

from mmfer_cli import OptionAction, check_positive

SPACES = ('au', 'au_lm', 'au_lm_va', 'landmarks', 'va')
EXAMPLES = """examples:
  what the config needs, where it needs it:
    python tools/dataset_tools/build_neighbors.py configs/uapl/uapl_resnet18_1xb64_synthetic.py
  another space:
    python tools/dataset_tools/build_neighbors.py configs/uapl/uapl_resnet18_1xb64_affectnet7.py --space landmarks --out data/neighbors/affectnet7-landmarks.npz

spaces:
  au         action units, in [0, 1]
  landmarks  landmarks without place, size and rotation
  va         valence and arousal
  au_lm      both lists of au and landmarks
  au_lm_va   all three lists
"""  # noqa: E501


def parse_args(args: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config with a training set')
    parser.add_argument(
        '--space', choices=SPACES, help='where neighbours are looked '
        'for. Defaults to that of NeighborBankHook in the config')
    parser.add_argument(
        '--out', help='file to write, .npz. Defaults to that of '
        'NeighborBankHook in the config')
    parser.add_argument(
        '--neighbors', type=int, default=8,
        help='neighbours of a face in each list. Defaults to 8')
    parser.add_argument(
        '--sigma', type=float, help='width of the Gaussian weights of action '
        'units and landmarks. Defaults to the median distance to the last '
        'neighbour, for each list')
    parser.add_argument(
        '--workers', type=int, default=2,
        help='threads of the search. Defaults to 2')
    parser.add_argument(
        '--cfg-options', nargs='+', action=OptionAction, default={},
        metavar='KEY=VALUE', help='settings laid over the config')
    arguments = parser.parse_args(args)
    check_positive(arguments, parser, ('neighbors', 'workers'))
    return arguments


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

from rich.console import Console  # noqa: E402
from rich.progress import (BarColumn, MofNCompleteColumn, Progress, TextColumn,
                           TimeRemainingColumn)  # noqa: E402
import mmfer  # noqa: E402,F401
from mmfer.apis.arguments import run_main  # noqa: E402
from mmfer.apis.outputs import writable_file  # noqa: E402
from mmfer.apis.run import load_config, loader_of  # noqa: E402
from mmfer.datasets.neighbors import build_index, save_index  # noqa: E402
from mmfer.errors import ConfigError  # noqa: E402
from mmfer.registry import DATASETS  # noqa: E402


def progress(chunks: Iterable, total: int, text: str) -> Iterator:
    """Show how far a loop has come."""
    with Progress(
            TextColumn(text), BarColumn(), MofNCompleteColumn(),
            TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task('', total=total)
        for chunk in chunks:
            yield chunk
            bar.advance(task, len(chunk))


def without_pipeline(cfg: Any) -> Any:
    """The config of a dataset that only reads annotations."""
    if isinstance(cfg, dict):
        return {
            key: [] if key == 'pipeline' else without_pipeline(value)
            for key, value in cfg.items()
        }
    if isinstance(cfg, (list, tuple)):
        return [without_pipeline(value) for value in cfg]
    return cfg


def main(args: argparse.Namespace) -> None:
    cfg = load_config(args.config, args.cfg_options)
    faces = loader_of(cfg, 'train').dataset
    hook = next((hook for hook in cfg.get('custom_hooks') or ()
                 if hook['type'] == 'NeighborBankHook'), {})
    space = args.space or hook.get('space', 'au_lm')
    out = args.out or hook.get('file')
    if out is None:
        raise ConfigError(f'{args.config}: it has no NeighborBankHook to '
                          'tell the file',
                          hint='name it with --out')
    writable_file(out)
    dataset = DATASETS.build(without_pipeline(faces.to_dict()))
    index = build_index(dataset, space, args.neighbors, args.sigma,
                        args.workers, progress)
    save_index(out, index)
    lonely = ', '.join(
        f'{number} without {name}'
        for name, number in index.info['without_neighbors'].items() if number)
    print(f'{out}: neighbours of {len(index.labels)} samples in the space '
          f'{space}' + (f'; {lonely}' if lonely else ''))


if __name__ == '__main__':
    run_main(main, parse_args())
