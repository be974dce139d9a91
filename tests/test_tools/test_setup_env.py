# Copyright (c) mmfer contributors.
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def bash(script, cwd, **environment):
    """Run a script after tools/setup_env.sh was sourced."""
    env = {k: v for k, v in os.environ.items() if k != 'MMFER_PYTHON'}
    return subprocess.run(['/bin/bash', '-c', 'source "$0"; ' + script,
                           str(ROOT / 'tools/setup_env.sh')],
                          cwd=cwd,
                          env=env | environment,
                          capture_output=True,
                          text=True)


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/bash\n{text}\n')
    path.chmod(0o755)


# What a Python of another version, one without venv, and a stub do.
PYTHONS = {
    'none': {},
    'old': {
        'python3':
        'case "$*" in *version_info*) exit 1;; -V) echo Python 3.8;; esac'
    },
    'no-venv': {
        'python3':
        'case "$*" in *ensurepip*) exit 1;; -V) echo Python 3.12;; esac'
    },
    'stub': {
        'python3': 'echo not found >&2; exit 127'
    },
}


@pytest.mark.parametrize('name', PYTHONS)
def test_bad_no_usable_python(tmp_path, name):
    for file, text in PYTHONS[name].items():
        program(tmp_path / 'bin' / file, text)
    done = bash('setup_env .', tmp_path, PATH=str(tmp_path / 'bin'))
    assert done.returncode == 1
    assert 'no usable Python 3.10, 3.11 or 3.12' in done.stderr
    assert 'MMFER_PYTHON=' in done.stderr
    assert ('Python 3.8' in done.stderr) == (name == 'old')
    assert ('python3-venv' in done.stderr) == (name == 'no-venv')
    assert not (tmp_path / '.venv').exists()


def test_find_python_passes_over_a_stub(tmp_path):
    program(tmp_path / 'python3', 'exit 127')
    (tmp_path / 'python3.12').symlink_to(sys.executable)
    done = bash('find_python', tmp_path, PATH=str(tmp_path))
    assert done.stdout.strip() == str(tmp_path / 'python3.12'), done.stderr


def test_bad_given_python(tmp_path):
    done = bash('setup_env .', tmp_path, MMFER_PYTHON='/no/such/python')
    assert done.returncode == 1
    assert 'MMFER_PYTHON=/no/such/python is not a program' in done.stderr


def test_bad_given_environment_is_examined_first(tmp_path):
    for name in ('mmfer', 'tools'):
        shutil.copytree(ROOT / name,
                        tmp_path / 'tree' / name,
                        ignore=shutil.ignore_patterns('.mim'))
    (tmp_path / 'numpy.py').write_text("raise ImportError('broken numpy')")
    (tmp_path / 'torch.py').write_text("raise ImportError('broken torch')")
    done = bash('setup_env tree && echo went on',
                tmp_path,
                COLUMNS='200',
                MMFER_PYTHON=sys.executable,
                PYTHONPATH=str(tmp_path))
    assert done.returncode == 1 and 'went on' not in done.stdout
    assert 'broken numpy' in done.stderr and 'remedies' in done.stderr
    links = tmp_path / 'tree/mmfer/.mim'
    assert os.readlink(links / 'configs') == '../../configs'
    assert not (tmp_path / 'tree/.venv').exists()


@pytest.mark.parametrize('failures, code', [(2, 0), (3, 1)])
def test_pip_install_is_tried_three_times(tmp_path, failures, code):
    program(
        tmp_path / 'python', 'echo try >>tries\n'
        f'[ "$(wc -l <tries)" -gt {failures} ]')
    done = bash('sleep() { :; }; PY=./python; pip_install some-package',
                tmp_path)
    assert done.returncode == code
    assert (tmp_path / 'tries').read_text().count('try') == 3
    assert ('could not install: some-package' in done.stderr) == bool(code)


def test_stamp_follows_the_requirements(tmp_path):
    shutil.copytree(ROOT / 'requirements', tmp_path / 'requirements')
    (tmp_path / 'mmfer').mkdir()
    for name in ('setup.py', 'pyproject.toml', 'mmfer/version.py'):
        shutil.copy(ROOT / name, tmp_path / name)
    script = f'PY={sys.executable}; env_stamp . tests'
    first, second = (bash(script, tmp_path).stdout for _ in range(2))
    assert first and first == second
    with open(tmp_path / 'requirements/mm.txt', 'a') as file:
        file.write('# changed\n')
    assert bash(script, tmp_path).stdout != first


@pytest.mark.parametrize('script', ['tests/run.sh', '.ci/run'])
def test_scripts_are_executable_bash(script):
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(['/bin/bash', '-n', ROOT / script], check=True)
