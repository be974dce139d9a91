# Copyright (c) mmfer contributors.
"""The doctor in environments that are really broken: packages on PYTHONPATH
stand before the installed ones, a ``sitecustomize`` hides others."""
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmfer.analysis import doctor

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / 'tools/misc/doctor.py'
HIDE = '''
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {hidden!r}:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)

sys.meta_path.insert(0, Hidden())
'''


def examine(folder, *arguments, files=None, **environment):
    """Run the tool with files of a folder before the installed packages."""
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    paths = [str(folder), str(ROOT)]
    env = os.environ | environment | {'PYTHONPATH': os.pathsep.join(paths)}
    return subprocess.run([sys.executable,
                           str(TOOL), *arguments],
                          env=env,
                          cwd=folder,
                          capture_output=True,
                          text=True)


def examine_json(folder, **options):
    done = examine(folder, '--json', **options)
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report['healthy'] else 1), done.stderr
    checks = {check['name']: check for check in report['checks']}
    assert len(checks) == len(report['checks'])
    return report, checks


def distribution(folder, name, version, *requirements):
    """The metadata of a distribution that does not exist."""
    info = folder / f'{name.replace("-", "_")}-{version}.dist-info'
    info.mkdir()
    lines = ['Metadata-Version: 2.1', f'Name: {name}', f'Version: {version}']
    lines += [f'Requires-Dist: {line}' for line in requirements]
    (info / 'METADATA').write_text('\n'.join(lines) + '\n')


def test_this_environment_is_healthy(tmp_path):
    report, checks = examine_json(tmp_path)
    assert report['healthy']
    for name in ('torch', 'torchvision', 'numpy', 'torchmetrics'):
        found = report['versions'][name][name]
        assert found == importlib.metadata.version(name)
        assert checks[name]['found'].startswith(found.partition('+')[0])
        assert checks[name]['status'] == 'ok'
    for module in ('mmengine', 'mmcv', 'mmpretrain'):
        (name, version), = report['versions'][module].items()
        assert version == importlib.metadata.version(name)
    for name in ('package configs', 'safe checkpoints', 'torch pair'):
        assert checks[name]['status'] == 'ok', checks[name]
    assert checks['cores']['found'] == str(len(os.sched_getaffinity(0)))


def test_bad_nothing_but_the_standard_library(tmp_path):
    hidden = ('numpy', 'torch', 'rich', 'setuptools', 'pkg_resources')
    done = examine(
        tmp_path, files={'sitecustomize.py': HIDE.format(hidden=hidden)})
    assert done.returncode == 1
    lines = {
        line.split('  ')[0]: line
        for line in done.stdout.split('Checks')[1].splitlines()
    }
    assert 'error' in lines['torch'] and 'pip install' in lines['torch']
    assert "No module named 'numpy'" in lines['numpy']
    assert 'not tried, since mmpretrain fails' in lines['mmfer']
    assert 'checks ended in an error' in done.stdout


def test_bad_torchvision_of_another_torch(tmp_path):
    report, checks = examine_json(
        tmp_path,
        files={
            'torchvision/__init__.py':
            'raise RuntimeError("operator torchvision::nms does not exist")'
        })
    assert not report['healthy']
    assert 'nms does not exist' in checks['torchvision']['found']
    assert '--force-reinstall' in checks['torchvision']['hint']
    assert checks['torch']['status'] == checks['mmcv']['status'] == 'ok'
    assert 'since torchvision fails' in checks['mmpretrain']['found']


def test_bad_old_mmengine(tmp_path):
    report, checks = examine_json(
        tmp_path,
        files={
            'mmengine/__init__.py': "__version__ = '0.8.4'",
            'sitecustomize.py': HIDE.format(hidden=('torch', ))
        })
    assert not report['healthy']
    assert checks['mmengine']['status'] == 'error'
    assert checks['mmengine']['found'].startswith('0.8.4; mmfer needs >=0.10')
    assert 'mmengine>=0.10' in checks['mmengine']['hint']


def test_bad_absent_mmcv(tmp_path):
    report, checks = examine_json(
        tmp_path,
        files={'sitecustomize.py': HIDE.format(hidden=('mmcv', 'torch'))})
    assert not report['healthy']
    assert "No module named 'mmcv'" in checks['mmcv']['found']
    assert 'mmcv' in checks['mmcv']['hint']
    assert checks['mmengine']['status'] == 'ok'
    assert checks['mmfer']['status'] == 'error'


def test_bad_package_that_ends_the_interpreter(tmp_path):
    report, checks = examine_json(
        tmp_path,
        files={
            'cv2.py': 'import os, sys\n'
            "sys.stderr.write('Illegal instruction')\n"
            'sys.stderr.flush()\nos.abort()\n',
            'sitecustomize.py': HIDE.format(hidden=('mmcv', 'torch'))
        })
    assert not report['healthy']
    assert 'the interpreter ended: exit code' in checks['opencv']['found']
    assert 'Illegal instruction' in checks['opencv']['found']
    assert "No module named 'torch'" in checks['torch']['found']
    assert 'since opencv fails' in checks['mmengine']['found']


def test_bad_opencv_without_its_system_library(tmp_path):
    _, checks = examine_json(
        tmp_path,
        files={
            'cv2.py':
            "raise ImportError('libGL.so.1: cannot open shared object file')",
            'sitecustomize.py': HIDE.format(hidden=('torch', ))
        })
    assert 'libgl1' in checks['opencv']['hint']


def test_bad_mmfer_without_its_fixes(tmp_path):
    """What the two checks find if the fixes do not work."""
    report, checks = examine_json(
        tmp_path, files={'mmfer/__init__.py': "__version__ = '0'"})
    official = 'mmengine' in report['versions']['mmengine']
    fixed = 'pkg_resources' in checks['package configs']['found'] and \
        'has no' not in checks['package configs']['found']
    assert checks['safe checkpoints']['status'] == ('error' if official else
                                                    'warning')
    assert checks['package configs']['status'] == (
        'error' if official and not fixed else 'ok')
    assert checks['mmfer']['status'] == 'warning'
    assert '.mim folder lacks configs' in checks['mmfer']['found']


def test_bad_official_beside_onedl(tmp_path, monkeypatch):
    names = ('mmengine', 'onedl-mmengine')
    for name in names:
        distribution(tmp_path, name, '0.10.9')
    monkeypatch.syspath_prepend(tmp_path)
    check, = [
        c for c in doctor.check_distributions() if c.name.endswith('mmengine')
    ]
    assert check.status == 'error'
    assert all(f'{name} 0.10.9' in check.found for name in names)
    assert 'pip uninstall mmengine onedl-mmengine' in check.hint


@pytest.mark.parametrize('versions, status', [
    (('4.9.0', '4.9.0'), 'warning'),
    (('4.9.0', '4.8.1'), 'error'),
], ids=['same', 'different'])
def test_bad_several_opencv(tmp_path, monkeypatch, versions, status):
    distribution(tmp_path, 'opencv-python', versions[0])
    distribution(tmp_path, 'opencv-python-headless', versions[1])
    monkeypatch.syspath_prepend(tmp_path)
    check, = [
        c for c in doctor.check_distributions() if c.name.endswith('opencv')
    ]
    assert check.status == status


@pytest.mark.parametrize('torch, vision, requirement, status', [
    ('2.8.0', '0.23.0', 'torch (==2.8.0)', 'ok'),
    ('2.8.0+cpu', '0.23.0', 'torch==2.8.0', 'ok'),
    ('2.8.0', '0.22.0', 'torch (==2.7.0)', 'error'),
    ('2.8.0+cpu', '0.23.0+cu128', 'torch==2.8.0', 'error'),
    ('2.9.0', '0.23.0', 'torch (>=2.8.0)', 'ok'),
])
def test_torch_pair(tmp_path, monkeypatch, torch, vision, requirement,
                    status):
    distribution(tmp_path, 'torchvision', vision, 'numpy', requirement)
    monkeypatch.syspath_prepend(tmp_path)
    check = doctor.check_torch_pair(
        dict(
            torch=dict(passed=True, version=torch),
            torchvision=dict(passed=False, error='')))
    assert check.status == status
    assert torch in check.found and vision in check.found


def test_bad_python_and_machine(monkeypatch):
    assert doctor.check_python().status == 'ok'
    monkeypatch.setattr(doctor, 'PYTHON', ((3, 0), (3, 10)))
    assert doctor.check_python().status == 'error'
    monkeypatch.setattr(doctor, 'SHARED_MEMORY', 1 << 60)
    torch = dict(passed=True, devices=['cuda:0 X'], cuda='13.0')
    checks = {c.name: c for c in doctor.check_machine(dict(torch=torch))}
    assert checks['accelerator'].status == 'ok'
    assert checks['shared memory'].status == 'warning'
    assert '--shm-size' in checks['shared memory'].hint


def test_bad_driver_without_a_matching_torch(tmp_path, monkeypatch):
    program = tmp_path / 'nvidia-smi'
    program.write_text('#!/bin/sh\n')
    program.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path))
    torch = dict(passed=True, devices=[], cuda='13.0')
    check = doctor.check_machine(dict(torch=torch))[0]
    assert check.status == 'warning' and 'CUDA 13.0' in check.found
    monkeypatch.setenv('PATH', '')
    assert doctor.check_machine(dict(torch=torch))[0].status == 'info'


@pytest.mark.parametrize('version, numbers', [('2.15.0+cu132', (2, 15, 0)),
                                              ('0.11.0rc0', (0, 11, 0)),
                                              ('5.0.0.93', (5, 0, 0, 93)),
                                              ('unknown', ())])
def test_release(version, numbers):
    assert doctor.release(version) == numbers
