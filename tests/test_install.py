# Copyright (c) mmfer contributors.
"""Wheel, source distribution and editable install, made for real from a copy
of the repository and used from another folder."""
import ensurepip
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
MM_PACKAGES = {
    'mmengine', 'mmcv', 'mmcv-lite', 'mmpretrain', 'onedl-mmengine',
    'onedl-mmcv', 'onedl-mmpretrain', 'torch', 'torchvision'
}
USE = '''
from pathlib import Path
import mmengine, mmfer
from mmengine.hub import get_config
print(Path(mmfer.__file__).parent)
mim = Path(mmfer.__file__).parent / '.mim'
assert mmengine.Config.fromfile(mim / 'configs/toy/child.py').depth == 34
assert get_config('mmfer::toy/child.py').depth == 34
Path('user.py').write_text("_base_ = 'mmfer::toy/child.py'\\nwidth = 2\\n")
user = mmengine.Config.fromfile('user.py')
assert (user.depth, user.width, user.name) == (34, 2, 'toy')
assert (mim / 'tools/misc/doctor.py').is_file()
assert mmengine.load(mim / 'model-index.yml')['Import'] is not None
'''


def run(*command, cwd, **environment):
    """Run a command without PYTHONPATH; its output."""
    env = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
    done = subprocess.run([str(part) for part in command],
                          cwd=cwd,
                          env=env | environment,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT,
                          text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def pip_wheel(source, folder):
    """The wheel made from a folder or a source distribution."""
    run(sys.executable, '-m', 'pip', 'wheel', '--no-deps', '--no-index',
        '--no-build-isolation', '-w', folder, source, cwd=folder.parent)
    return next(folder.glob('*.whl'))


def names_in(wheel):
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


def copy_repository(target):
    """A copy of the repository with two toy configs."""
    target.mkdir()
    for name in ('mmfer', 'configs', 'tools', 'requirements'):
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name,
                target / name,
                ignore=shutil.ignore_patterns('__pycache__', '.mim'))
    for name in ('setup.py', 'pyproject.toml', 'MANIFEST.in', 'LICENSE',
                 'README.md', 'model-index.yml'):
        shutil.copy(ROOT / name, target)
    toy = target / 'configs/toy'
    toy.mkdir(parents=True)
    (toy / 'base.py').write_text("depth = 18\nname = 'toy'\n")
    (toy / 'child.py').write_text("_base_ = './base.py'\ndepth = 34\n")
    (toy / '__pycache__').mkdir()
    (toy / '__pycache__/base.cpython-311.pyc').write_bytes(b'')
    return target


def make_environment(folder):
    """A fresh environment that sees the packages of the running one."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / 'bin/python'
    site = Path(
        run(python,
            '-c',
            "import sysconfig; print(sysconfig.get_path('purelib'))",
            cwd=folder).strip())
    (site / 'zz_outer.pth').write_text(sysconfig.get_path('purelib'))
    return python, site


def pip_install(python, *arguments, cwd):
    run(sys.executable, '-m', 'pip', '--python', python, 'install',
        '--no-deps', '--no-index', '--no-build-isolation',
        '--ignore-installed', *arguments, cwd=cwd)


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    return copy_repository(tmp_path_factory.mktemp('tree') / 'mmfer')


@pytest.fixture(scope='module')
def wheel(tree, tmp_path_factory):
    return pip_wheel(tree, tmp_path_factory.mktemp('wheel') / 'out')


@pytest.fixture(scope='module')
def source(tree, tmp_path_factory):
    out = tmp_path_factory.mktemp('sdist')
    run(sys.executable,
        '-c',
        'import sys; from setuptools.build_meta import build_sdist; '
        'build_sdist(sys.argv[1])',
        out,
        cwd=tree)
    return next(out.glob('*.tar.gz'))


def test_wheel_contents(wheel, tree):
    names = names_in(wheel)
    for name in ('mmfer/.mim/configs/toy/base.py',
                 'mmfer/.mim/configs/toy/child.py',
                 'mmfer/.mim/tools/misc/doctor.py',
                 'mmfer/.mim/model-index.yml', 'mmfer/compat.py'):
        assert name in names
    modules = {
        path.relative_to(tree).as_posix()
        for path in (tree / 'mmfer').rglob('*.py') if '.mim' not in path.parts
    }
    assert modules <= names
    tops = {name.split('/')[0] for name in names}
    assert tops == {'mmfer', next(t for t in tops if 'dist-info' in t)}
    assert not [n for n in names if '__pycache__' in n or n.endswith('.pyc')]
    assert any(name.endswith('LICENSE') for name in names)


def test_wheel_metadata(wheel):
    with zipfile.ZipFile(wheel) as file:
        name = next(n for n in file.namelist() if n.endswith('/METADATA'))
        metadata = Parser().parsestr(file.read(name).decode())
    assert metadata['Name'] == 'mmfer'
    assert set(metadata['Requires-Python'].split(',')) == {'>=3.10', '<3.13'}
    assert set(metadata.get_all('Provides-Extra')) == {
        'detect', 'landmarks', 'aug', 'cam', 'export', 'analysis', 'video',
        'docs', 'tests'
    }
    requires = {
        re.match(r'[\w.-]+', line)[0].lower()
        for line in metadata.get_all('Requires-Dist')
    }
    assert not requires & MM_PACKAGES
    core = [r for r in metadata.get_all('Requires-Dist') if 'extra' not in r]
    assert len(core) <= 6
    # No bound that could move a package of the user's own.
    assert all(re.fullmatch(r'[\w.-]+', line) for line in core)


def test_second_wheel_holds_nothing_stale(tree, wheel, tmp_path):
    tree = Path(shutil.copytree(tree, tmp_path / 'mmfer', symlinks=True))
    first = tmp_path / 'first'
    run(sys.executable, 'setup.py', '-q', 'bdist_wheel', '-d', first, cwd=tree)
    assert (tree / 'build/lib/mmfer/.mim/configs/toy/base.py').is_file()
    (tree / 'configs/toy/base.py').rename(tree / 'configs/toy/renamed.py')
    (tree / 'mmfer/errors.py').unlink()
    second = tmp_path / 'second'
    run(sys.executable, 'setup.py', '-q', 'bdist_wheel', '-d', second,
        cwd=tree)
    names = names_in(next(second.glob('*.whl')))
    assert 'mmfer/.mim/configs/toy/renamed.py' in names
    assert 'mmfer/.mim/configs/toy/base.py' not in names
    assert 'mmfer/errors.py' not in names


def test_sdist_contents_and_wheel_from_it(source, wheel, tmp_path):
    with tarfile.open(source) as file:
        names = {n.partition('/')[2] for n in file.getnames()}
    for name in ('setup.py', 'pyproject.toml', 'LICENSE',
                 'requirements/mm.txt', 'requirements/tests.txt',
                 'configs/toy/child.py', 'mmfer/.mim/configs/toy/child.py',
                 'mmfer/.mim/model-index.yml'):
        assert name in names
    assert not [n for n in names if '__pycache__' in n]
    assert names_in(pip_wheel(source, tmp_path / 'out')) == names_in(wheel)


def test_installed_wheel_from_another_folder(wheel, tmp_path):
    python, site = make_environment(tmp_path / 'env')
    pip_install(python, wheel, cwd=tmp_path)
    output = run(python, '-c', USE, cwd=tmp_path)
    assert output.splitlines()[-1] == str(site / 'mmfer')
    mim = site / 'mmfer/.mim'
    assert not (mim / 'configs').is_symlink()
    loaded = run(python,
                 '-c',
                 'import runpy, sys; '
                 'found = runpy.run_path(sys.argv[1]); '
                 "print(found['load_doctor']().__file__)",
                 mim / 'tools/misc/doctor.py',
                 cwd=tmp_path)
    assert loaded.strip() == str(site / 'mmfer/analysis/doctor.py')


def test_editable_install_follows_edits(tmp_path):
    tree = copy_repository(tmp_path / 'tree')
    stale = tree / 'mmfer/.mim/configs/gone.py'
    stale.parent.mkdir(parents=True)
    stale.write_text('')
    python, site = make_environment(tmp_path / 'env')
    pip_install(python, '-e', tree, cwd=tmp_path)
    mim = tree / 'mmfer/.mim'
    assert sorted(os.listdir(mim)) == ['configs', 'model-index.yml', 'tools']
    assert os.readlink(mim / 'configs') == os.path.join(
        '..', '..', 'configs')
    output = run(python, '-c', USE, cwd=tmp_path)
    assert output.splitlines()[-1] == str(tree / 'mmfer')
    (tree / 'configs/toy/base.py').write_text("depth = 18\nname = 'new'\n")
    check = USE.replace("'toy')", "'new')")
    run(python, '-c', check, cwd=tmp_path)
    # Installed twice, and packed afterwards: links are never followed into
    # the wheel twice.
    pip_install(python, '-e', tree, cwd=tmp_path)
    names = names_in(pip_wheel(tree, tmp_path / 'out'))
    assert 'mmfer/.mim/configs/toy/child.py' in names
    assert not [n for n in names if n.count('.mim') > 1]


def test_editable_install_beside_pkg_resources(tmp_path):
    """Older setuptools bring pkg_resources, which takes the folder of the
    installed metadata for the folder of the package."""
    bundled = Path(ensurepip.__file__).parent / '_bundled'
    wheels = list(bundled.glob('setuptools-*.whl'))
    if not wheels:
        pytest.skip('this Python bundles no setuptools')
    tree = copy_repository(tmp_path / 'tree')
    python, site = make_environment(tmp_path / 'env')
    pip_install(python, '-e', tree, cwd=tmp_path)
    with zipfile.ZipFile(wheels[0]) as file:
        file.extractall(site)
    output = run(python, '-W', 'ignore', '-c', 'import pkg_resources\n' + USE,
                 cwd=tmp_path)
    assert output.splitlines()[-1] == str(tree / 'mmfer')


def test_editable_copies_where_links_are_refused(tmp_path):
    tree = copy_repository(tmp_path / 'tree')
    (tree / 'sitecustomize.py').write_text(
        'import os\n'
        'def refuse(*args, **kwargs):\n'
        "    raise OSError('no links here')\n"
        'os.symlink = refuse\n')
    run(sys.executable,
        '-c',
        'from setuptools.build_meta import build_editable; '
        "build_editable('.')",
        cwd=tree,
        PYTHONPATH=str(tree))
    child = tree / 'mmfer/.mim/configs/toy/child.py'
    assert child.is_file() and not child.parent.parent.is_symlink()


def test_model_index_names_existing_metafiles():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    assert isinstance(index['Import'], list)
    metafiles = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / 'configs').glob('*/metafile.yml')
    }
    assert sorted(index['Import']) == sorted(metafiles)


@pytest.mark.parametrize(
    'path', sorted((ROOT / 'requirements').glob('*.txt')),
    ids=lambda path: path.stem)
def test_requirement_files(path):
    from packaging.requirements import Requirement
    lines = [
        line.partition('#')[0].strip() for line in path.read_text().split('\n')
    ]
    names = [Requirement(line).name for line in lines if line]
    assert names and names == sorted(set(names))
    if path.stem != 'mm':
        assert not set(names) & MM_PACKAGES


def test_import_loads_no_package_that_only_some_functions_need():
    """They are imported where they are used."""
    code = ('import sys, mmfer; print(*{name.partition(".")[0] for name in '
            'sys.modules})')
    loaded = subprocess.run([sys.executable, '-W', 'ignore', '-c', code],
                            capture_output=True, text=True, check=True)
    rare = {'IPython', 'cleanlab', 'dlib', 'kornia', 'matplotlib', 'networkx',
            'onnx', 'onnxruntime', 'pandas', 'scipy', 'sklearn', 'timm',
            'torchmetrics'}
    assert not rare & set(loaded.stdout.split())
