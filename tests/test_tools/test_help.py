# Copyright (c) mmfer contributors.
"""``--help`` and usage errors of all tools, where torch cannot be loaded."""
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / 'tools').rglob('*.py'))
BLOCK = '''
import sys


class Block:

    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('torch', 'mmengine', 'mmpretrain'):
            raise ImportError(f'{name} is not to be loaded')


sys.meta_path.insert(0, Block())
'''


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """Run a tool where the frameworks cannot be imported."""
    folder = tmp_path_factory.mktemp('block')
    (folder / 'sitecustomize.py').write_text(BLOCK)
    path = os.pathsep.join([str(folder), str(ROOT)])

    def run(tool, *args):
        return subprocess.run(
            [sys.executable, str(ROOT / tool), *args], capture_output=True,
            text=True, cwd=folder, env=dict(os.environ, PYTHONPATH=path))

    return run


@pytest.mark.parametrize('tool', TOOLS)
def test_help_needs_no_framework(run, tool):
    result = run(tool, '--help')
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f'usage: {Path(tool).name} ')
    source = (ROOT / tool).read_text()
    examples = re.search(r'^EXAMPLES = [rf]*"""\\?(.*?)"""', source,
                         re.M | re.S)
    if examples:
        first = examples[1].strip().splitlines()[0]
        assert first in result.stdout


@pytest.mark.parametrize('tool', TOOLS)
def test_usage_errors_need_no_framework(run, tool):
    result = run(tool, '--no-such-option')
    assert result.returncode == 2
    assert f'{Path(tool).name}: error: ' in result.stderr


def test_options_without_a_value_need_no_framework(run):
    result = run('tools/train.py', 'a.py', '--cfg-options', 'lr')
    assert result.returncode == 2 and 'expected KEY=VALUE' in result.stderr


def names_of(tool):
    return runpy.run_path(str(ROOT / tool), run_name='tool')


def choices(tool, option, *args):
    """The choices of an option, as the usage error names them."""
    result = subprocess.run(
        [sys.executable, str(ROOT / tool), *args, option, '?'],
        capture_output=True, text=True)
    return set(re.findall(r"'?([\w-]+)'?", result.stderr.rsplit(
        'choose from', 1)[1]))


def test_choices_are_those_of_the_package():
    """Parsers name them without importing the package."""
    from mmfer.analysis.audit import SIGNALS
    from mmfer.analysis.benchmarking.memory import VARIANTS
    from mmfer.analysis.benchmarking.steps import SETTINGS
    from mmfer.analysis.benchmarking.video import NETWORKS
    from mmfer.analysis.cross_validation import PROTOCOLS
    from mmfer.analysis.verification import SPLITS
    from mmfer.apis.attention import ATTENTIONS
    from mmfer.apis.converters import FORMATS
    from mmfer.apis.detectors import DETECTORS, LANDMARKS
    from mmfer.apis.inference import BACKENDS
    from mmfer.datasets import SyntheticFER
    from mmfer.datasets.neighbors import SPACES
    from mmfer.datasets.transforms import ALIGN_RECIPES
    assert names_of(
        'tools/analysis_tools/audit_labels.py')['SIGNALS'] == SIGNALS
    assert names_of(
        'tools/benchmarks/memory.py')['VARIANTS'] == tuple(VARIANTS)
    assert names_of('tools/benchmarks/step.py')['SETTINGS'] == tuple(SETTINGS)
    video = names_of('tools/benchmarks/video.py')
    assert video['SETTINGS'] == tuple(SETTINGS)
    assert video['SIZES'] == {
        name: network.size for name, network in NETWORKS.items()}
    assert names_of('tools/cross_validate.py')['PROTOCOLS'] == PROTOCOLS
    assert names_of('tools/model_converters/convert_checkpoint.py')[
        'FORMATS'] == {name: kind.source for name, kind in FORMATS.items()}
    assert set(names_of('tools/dataset_tools/build_neighbors.py')[
        'SPACES']) == set(SPACES)
    infer = 'tools/infer.py'
    for option, known in (('--align', {'none', *ALIGN_RECIPES}),
                          ('--attention', ATTENTIONS),
                          ('--backend', BACKENDS), ('--detector', DETECTORS),
                          ('--landmarks', LANDMARKS)):
        assert choices(infer, option) == set(known), option
    assert choices('tools/dataset_tools/verify.py', '--splits',
                   'a.py') == set(SPLITS)
    assert choices('tools/dataset_tools/make_synthetic.py',
                   '--split') == set(SyntheticFER.SPLITS)
