# Copyright (c) mmfer contributors.
"""Measuring variants side by side."""
import math
import os
import statistics
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import (Any, Callable, Dict, Iterator, List, NamedTuple, Optional,
                    Sequence)

import cv2
import torch
from mmengine.registry import init_default_scope

from mmfer.apis.processes import end_with_parent

MIB = 2**20
# From nothing to the figure of one repeat.
RUN = Callable[[], float]


class Repeat(NamedTuple):
    """What one repeat of one variant gave.

    Attributes:
        value (float): The figure, in the unit of the benchmark.
        peak_mib (float, optional): The highest growth of resident memory
            while it ran, in MiB; None where the system does not tell.
        device_mib (float, optional): The peak of memory allocated on the
            CUDA device, in MiB; None without one.
    """

    value: float
    peak_mib: Optional[float] = None
    device_mib: Optional[float] = None


def _status_mib(name: str, pid: str = 'self') -> Optional[float]:
    """A line of Linux's ``/proc/PID/status`` in MiB, or None."""
    try:
        with open(f'/proc/{pid}/status', encoding='utf-8') as file:
            for line in file:
                if line.startswith(f'{name}:'):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


def resident_mib() -> Optional[float]:
    """Resident memory of this process in MiB; None beside Linux."""
    return _status_mib('VmRSS')


def private_mib(pids: Sequence[int]) -> Optional[float]:
    """Memory that belongs to these processes alone, summed, in MiB.

    Pages that a forked loader worker shares with its parent do not count.
    """
    total = 0
    for pid in pids:
        try:
            with open(f'/proc/{pid}/smaps_rollup', encoding='utf-8') as file:
                total += sum(
                    int(line.split()[1]) for line in file
                    if line.startswith('Private_'))
        except OSError:
            return None
    return total / 1024


class PeakMemory:
    """The peak of resident memory since it was made, beyond what was resident
    then; in MiB, None where the system cannot reset its peak."""

    def __init__(self) -> None:
        self.start = resident_mib()
        try:
            with open('/proc/self/clear_refs', 'w', encoding='utf-8') as file:
                file.write('5')
        except OSError:
            self.start = None

    def growth(self) -> Optional[float]:
        """The growth so far."""
        if self.start is None:
            return None
        return max(0., _status_mib('VmHWM') - self.start)


def prepare_process(number: int) -> None:
    """Let torch compute with this many threads and OpenCV with none of its
    own, and find MMPretrain's registries."""
    cv2.setNumThreads(0)
    torch.set_num_threads(number)
    init_default_scope('mmpretrain')


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Let torch compute with this many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def measure(run: RUN) -> Repeat:
    """Run once, with an eye on memory."""
    cuda = torch.cuda.is_available() and torch.cuda.is_initialized()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    peak = PeakMemory()
    value = run()
    device = torch.cuda.max_memory_allocated() / MIB if cuda else None
    return Repeat(value, peak.growth(), device)


def alone(function: Callable[..., Any], *args: Any) -> Any:
    """What a function returns that runs in a process of its own, whose
    memory holds nothing of what ran before.

    The process is a new one and takes seconds to import: a fork would find
    memory that this one has freed, and could not use CUDA.

    Args:
        function (Callable): Can be pickled, as what it returns.
        *args: Its arguments.
    """
    with ProcessPoolExecutor(1, get_context('spawn'),
                             end_with_parent) as pool:
        return pool.submit(function, *args).result()


def interleave(runs: Dict[str, RUN],
               repeats: int,
               measure: Callable[[RUN], Repeat] = measure,
               progress: Callable[[str, int], None] = lambda name, i: None
               ) -> Dict[str, List[Repeat]]:
    """Repeat the variants in turn: A, B, A, B and so on.

    So that a drift of the machine's load hits all of them alike.

    Args:
        runs (dict[str, Callable]): From name to a function without arguments
            that does the work and returns its figure.
        repeats (int): How often each runs.
        measure (Callable): What calls it. Defaults to :func:`measure`.
        progress (Callable): Called before each repeat with the name and the
            number of the repeat. Defaults to one that does nothing.

    Returns:
        dict[str, list[Repeat]]: The repeats of each variant.

    Raises:
        ValueError: If ``repeats`` is not positive.
    """
    if repeats < 1:
        raise ValueError(f'repeats must be positive, got {repeats}')
    results: Dict[str, List[Repeat]] = {name: [] for name in runs}
    for number in range(repeats):
        for name, run in runs.items():
            progress(name, number)
            results[name].append(measure(run))
    return results


def _middle(values: Sequence[Optional[float]], digits: int = 4
            ) -> Optional[Dict[str, float]]:
    """Median and spread, or None where a value is unknown."""
    if any(value is None for value in values):
        return None
    return dict(median=_rounded(statistics.median(values), digits),
                low=_rounded(min(values), digits),
                high=_rounded(max(values), digits))


def _rounded(value: float, digits: int) -> float:
    """``value`` with so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def summarise(results: Dict[str, List[Repeat]], unit: str,
              base: Optional[str] = None,
              more: Optional[Dict[str, Dict[str, list]]] = None,
              **fields: Any) -> List[dict]:
    """One record a variant, as it goes into the JSON file.

    Args:
        results (dict[str, list[Repeat]]): From :func:`interleave`.
        unit (str): The unit of the figure.
        base (str, optional): The variant that the ratios refer to. Defaults
            to None, the first.
        **fields: Further entries of each record.

    Returns:
        list[dict]: ``variant``, ``unit``, ``ratio`` (to the base, from the
        pairs of neighbouring repeats), ``value``, ``peak_mib`` and
        ``device_mib``, each with ``median``, ``low`` (least) and ``high``
        (greatest) over the repeats, None where unknown; ``values``, all
        figures; those of ``more`` likewise; and ``fields``.
    """
    base = base or next(iter(results))
    records = []
    for name, repeats in results.items():
        values = [repeat.value for repeat in repeats]
        ratios = [
            value / other.value
            for value, other in zip(values, results[base])
        ]
        records.append(
            dict(
                variant=name,
                ratio=_middle(ratios),
                base=base,
                unit=unit,
                value=_middle(values),
                values=[_rounded(value, 4) for value in values],
                peak_mib=_middle([r.peak_mib for r in repeats]),
                device_mib=_middle([r.device_mib for r in repeats]),
                **{key: _middle(given[name])
                   for key, given in (more or {}).items()},
                **fields))
    return records


def load_average() -> Optional[float]:
    """Processes that wanted to run in the last minute, None if unknown."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None
