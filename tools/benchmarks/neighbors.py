# Copyright (c) mmfer contributors.
"""Time and memory of the search for neighbours, on drawn action units."""
import argparse
import resource
import time

from mmfer_cli import check_positive


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--samples', type=int, default=288000,
                        help='faces (default: 288000, as AffectNet)')
    parser.add_argument('--units', type=int, default=17,
                        help='action units (default: 17, as OpenFace 2)')
    parser.add_argument('--neighbors', type=int, default=8,
                        help='neighbours of a face (default: 8)')
    parser.add_argument('--workers', type=int, default=2,
                        help='threads (default: 2)')
    args = parser.parse_args()
    check_positive(args, parser, ('samples', 'units', 'neighbors', 'workers'))
    return args


if __name__ == '__main__':
    parse_args()  # --help and usage errors end here, before torch loads

import numpy as np  # noqa: E402

import mmfer  # noqa: E402,F401
from mmfer.apis.arguments import exit_on_user_error  # noqa: E402
from mmfer.datasets.neighbors import nearest_neighbors  # noqa: E402


def main() -> None:
    args = parse_args()
    random = np.random.default_rng(0)
    # Six expressions of some units each, blended, with a detector's noise.
    parts = random.gamma(1, 1, (6, args.units)) * (
        random.random((6, args.units)) < .4)
    blend = random.dirichlet(np.full(6, .4), args.samples)
    units = blend * random.random((args.samples, 1)) @ parts
    units += .1 * random.standard_normal(units.shape)
    units = (units.clip(0, 5) / 5).astype(np.float32)
    wall, cpu = time.perf_counter(), time.process_time()
    with exit_on_user_error(2):
        nearest_neighbors(units, args.neighbors, workers=args.workers)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f'{args.samples} samples, {args.units} units, {args.neighbors} '
          f'neighbours, {args.workers} threads: {wall:.1f} s, {cpu:.1f} s of '
          f'CPU time; peak memory of the process {memory:.2f} GiB')


if __name__ == '__main__':
    main()
