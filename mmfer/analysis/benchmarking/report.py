# Copyright (c) mmfer contributors.
"""What surrounds the figures of a benchmark, and how they are shown."""
import importlib
import json
import os
import platform
import sys
from typing import Any, Dict, List, Optional

import torch
from rich.console import Console
from rich.table import Table

from mmfer.files import atomic_write
from .measure import load_average

_PACKAGES = ('torch', 'torchvision', 'mmengine', 'mmcv', 'mmpretrain',
             'mmfer', 'numpy', 'cv2', 'PIL')
FORMAT = 1
# Field of a result that only some have -> its column.
_EXTRA = dict(device_mib='device MiB', worker_mib='worker MiB',
              parameters='M parameters')


def _cpu_name() -> str:
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as file:
            for line in file:
                if line.startswith('model name'):
                    return line.split(':', 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def environment() -> Dict[str, Any]:
    """Versions, processor, threads and load: what figures depend on."""
    versions = dict(python=platform.python_version())
    for name in _PACKAGES:
        try:
            versions[name] = importlib.import_module(name).__version__
        except ImportError:
            versions[name] = None
    import cv2
    cuda = torch.cuda.is_available()
    cores = len(os.sched_getaffinity(0)) if hasattr(
        os, 'sched_getaffinity') else os.cpu_count()
    return dict(
        versions=versions,
        cpu=_cpu_name(),
        cores=cores,
        device=torch.cuda.get_device_name() if cuda else None,
        threads=dict(
            torch=torch.get_num_threads(),
            opencv=cv2.getNumThreads(),
            OMP_NUM_THREADS=os.environ.get('OMP_NUM_THREADS')),
        load_average=load_average())


def _cell(middle: Optional[Dict[str, float]], digits: int = 4) -> str:
    if middle is None:
        return '-'
    median, low, high = (f'{middle[key]:.{digits}g}' if middle[key] < 1000 else
                         f'{middle[key]:,.0f}'
                         for key in ('median', 'low', 'high'))
    return median if low == high else f'{median} ({low} to {high})'


def finish(name: str, settings: Dict[str, Any], results: List[dict],
           skipped: Dict[str, str], path: Optional[str] = None) -> dict:
    """Print the table, and write the JSON file if asked.

    Args:
        name (str): The benchmark.
        settings (dict): Its arguments.
        results (list[dict]): Records of :func:`summarise`.
        skipped (dict[str, str]): Variants left out, and why.
        path (str, optional): The JSON file. Defaults to None, none.

    Returns:
        dict: What the file holds.
    """
    report = dict(benchmark=name, format=FORMAT, environment=environment(),
                  settings=settings, results=results, skipped=skipped)
    # A file or a pipe has no width of its own.
    console = Console(width=None if sys.stdout.isatty() else 140)
    around = report['environment']
    console.print(
        ', '.join(f'{key} {value}' for key, value in
                  around['versions'].items() if value), soft_wrap=True)
    console.print(
        f"{around['device'] or around['cpu']}, {around['cores']} cores, "
        f"{around['threads']['torch']} threads, load average "
        f"{around['load_average']}", soft_wrap=True)
    for task in dict.fromkeys(record.get('task') for record in results):
        records = [r for r in results if r.get('task') == task]
        table = Table(title=f'{name}: {task}' if task else name)
        table.add_column('variant')
        table.add_column(f"ratio to {records[0]['base']}", justify='right')
        table.add_column(records[0]['unit'], justify='right')
        table.add_column('peak MiB', justify='right')
        extra = [key for key in _EXTRA if any(r.get(key) for r in records)]
        for key in extra:
            table.add_column(_EXTRA[key], justify='right')
        for record in records:
            table.add_row(
                record['variant'], _cell(record['ratio'], 3),
                _cell(record['value']), _cell(record['peak_mib'], 3),
                *(_cell(record.get(key), 3) for key in extra))
        console.print(table)
    for variant, reason in skipped.items():
        console.print(f'left out: {variant}: {reason}', soft_wrap=True)
    console.print('median (least to greatest) over the repeats; ratios are '
                  'taken between neighbouring repeats', soft_wrap=True)
    if path:
        with atomic_write(path) as file:
            json.dump(report, file, indent=1)
    return report
