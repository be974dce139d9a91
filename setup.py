# Copyright (c) mmfer contributors.
"""Installation of mmfer.

Configs, tools and the model index live at the root of the repository. An
installed mmfer carries them in its folder ``mmfer/.mim``, where MMEngine
(``mmfer::baseline/x.py``) and ``mim`` look for them: as links after an
editable install, as copies in a wheel and in a source distribution.
"""
import os
import os.path as osp
import runpy
import shutil
from typing import Dict, List

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = osp.dirname(osp.abspath(__file__))
MIM_ENTRIES = ('configs', 'tools', 'model-index.yml')
EXTRAS = ('detect', 'landmarks', 'aug', 'cam', 'export', 'analysis', 'video',
          'docs', 'tests')


def read_text(*parts: str) -> str:
    """The text of a file, its path given from the root."""
    with open(osp.join(ROOT, *parts), encoding='utf-8') as file:
        return file.read()


def read_requirements(name: str) -> List[str]:
    """The requirements in ``requirements/NAME.txt``, without comments."""
    lines = read_text('requirements', f'{name}.txt').splitlines()
    lines = [line.partition('#')[0].strip() for line in lines]
    return [line for line in lines if line]


def read_extras() -> Dict[str, List[str]]:
    """The optional requirements by the name of their extra."""
    return {name: read_requirements(name) for name in EXTRAS}


def remove(path: str) -> None:
    """Remove a file, a link or a folder, if it is there."""
    if osp.isdir(path) and not osp.islink(path):
        shutil.rmtree(path)
    elif osp.lexists(path):
        os.remove(path)


def copy_mim(package: str) -> None:
    """Put fresh copies of the entries into ``package/.mim``."""
    mim = osp.join(package, '.mim')
    remove(mim)
    os.makedirs(mim)
    ignore = shutil.ignore_patterns('__pycache__', '*.py[cod]', '.*')
    for name in MIM_ENTRIES:
        source, target = osp.join(ROOT, name), osp.join(mim, name)
        if osp.isdir(source):
            shutil.copytree(source, target, ignore=ignore)
        else:
            shutil.copy2(source, target)


def link_mim(package: str) -> None:
    """Put links to the entries into ``package/.mim``, so that edits of
    configs count at once; copies where the system makes no links."""
    mim = osp.join(package, '.mim')
    remove(mim)
    os.makedirs(mim)
    try:
        for name in MIM_ENTRIES:
            source = osp.relpath(osp.join(ROOT, name), mim)
            os.symlink(source, osp.join(mim, name))
    except OSError as error:
        print(f'mmfer: {error}: .mim gets copies instead of links; install '
              'again after each edit of configs or tools')
        copy_mim(package)


class MimBuildPy(build_py):
    """``build_py`` that also makes ``mmfer/.mim``.

    PEP 660 installs call it with ``editable_mode`` set, and never call
    ``develop``.
    """

    def run(self) -> None:
        if getattr(self, 'editable_mode', False):
            super().run()
            link_mim(osp.join(ROOT, 'mmfer'))
            return
        # What an earlier build left there would be packed again.
        package = osp.join(self.build_lib, 'mmfer')
        remove(package)
        super().run()
        copy_mim(package)


class MimSdist(sdist):
    """``sdist`` whose tree has ``mmfer/.mim`` too, so that it can be used
    unpacked."""

    def make_release_tree(self, base_dir: str, files: List[str]) -> None:
        super().make_release_tree(base_dir, files)
        copy_mim(osp.join(base_dir, 'mmfer'))


setup(
    name='mmfer',
    version=runpy.run_path(osp.join(ROOT, 'mmfer',
                                    'version.py'))['__version__'],
    description='Facial expression recognition for MMPretrain',
    long_description=read_text('README.md'),
    long_description_content_type='text/markdown',
    author='mmfer contributors',
    license='Apache-2.0',
    license_files=['LICENSE'],
    keywords='computer vision, facial expression recognition, OpenMMLab',
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: Science/Research',
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    packages=find_packages(include=['mmfer', 'mmfer.*']),
    py_modules=['mmfer_cli'],
    python_requires='>=3.10,<3.13',
    install_requires=read_requirements('runtime'),
    extras_require=read_extras(),
    cmdclass=dict(build_py=MimBuildPy, sdist=MimSdist),
    zip_safe=False)
