# Copyright (c) mmfer contributors.
"""What mmfer.compat makes hold, and that it does not hold without it."""
import io
import json
import os
import pickle
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import mmengine
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.hooks import CheckpointHook, EarlyStoppingHook
from mmengine.registry import OPTIM_WRAPPERS
from mmengine.runner import CheckpointLoader, FlexibleRunner, Runner
from mmengine.utils import package_utils

import mmfer
from mmfer.compat import AcceleratorError, check_packages
from mmfer.errors import CheckpointError
from mmfer.registry import HOOKS

ONEDL = os.path.exists(
    os.path.join(os.path.dirname(os.path.dirname(mmengine.__file__)),
                 f'onedl_mmengine-{mmengine.__version__}.dist-info'))
SOURCE = Path(mmfer.__file__).parent

# Each fix: what a user does. Run without mmfer, the outcomes are what is
# wrong; run with it, they are all None.
ATTEMPTS = '''
import json, sys, warnings
warnings.simplefilter('ignore')
checkpoint, bad, marker = sys.argv[1:4]
if len(sys.argv) > 4:
    import mmfer
import mmengine, torch
from mmengine.config import Config
from mmengine.hooks import CheckpointHook, EarlyStoppingHook
from mmengine.optim import AmpOptimWrapper
from mmengine.runner import CheckpointLoader

def execute_nothing():
    try:
        CheckpointLoader.load_checkpoint(bad)
    except Exception:
        pass
    import os
    assert not os.path.exists(marker), 'code in a checkpoint was executed'

def report_hint():
    try:
        parameter = torch.nn.Parameter(torch.zeros(1))
        AmpOptimWrapper(optimizer=torch.optim.SGD([parameter], lr=1.))
    except Exception as error:
        assert 'AutocastOptimWrapper' in str(error), str(error)

attempts = dict(
    load=lambda: CheckpointLoader.load_checkpoint(checkpoint),
    execute_nothing=execute_nothing,
    inherit=lambda: Config.fromstring(
        "_base_ = 'mmpretrain::lenet/lenet5_mnist.py'", '.py'),
    save_best=lambda: CheckpointHook(save_best='expr/uar'),
    early_stopping=lambda: EarlyStoppingHook(monitor='expr/ece'),
    amp=report_hint)
outcomes = {}
for name, attempt in attempts.items():
    try:
        attempt()
        outcomes[name] = None
    except Exception as error:
        outcomes[name] = f'{type(error).__name__}: {error}'
print('OUTCOMES' + json.dumps(outcomes))
'''


class Code:
    """An object whose unpickling would make a file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker, )


def saved(thing, **kwargs):
    """The bytes of a checkpoint."""
    buffer = io.BytesIO()
    torch.save(thing, buffer, **kwargs)
    return buffer.getvalue()


def attempt(trained, folder, *extra):
    """The outcomes of ATTEMPTS in a fresh process."""
    bad, marker = folder / 'bad.pth', folder / 'marker'
    bad.write_bytes(saved(dict(state_dict=Code(marker))))
    done = subprocess.run(
        [sys.executable, '-c', ATTEMPTS, trained.checkpoint, bad, marker,
         *extra],
        env={**os.environ, 'PYTHONPATH': os.fspath(SOURCE.parent)},
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.partition('OUTCOMES')[2])


@pytest.fixture(scope='module')
def without(trained, tmp_path_factory):
    """The outcomes without mmfer, on the installed versions."""
    return attempt(trained, tmp_path_factory.mktemp('without'))


@pytest.mark.parametrize('name', [
    'load', 'execute_nothing', 'inherit', 'save_best', 'early_stopping', 'amp'
])
def test_fix_is_needed(without, name):
    """Without mmfer each attempt fails; else its fix could be dropped."""
    good = dict(
        load='the fork loads MMEngine checkpoints itself' * ONEDL,
        execute_nothing='only the fork falls back to executing' *
        (not ONEDL),
        inherit='this MMEngine does not use pkg_resources' * ONEDL,
        amp='there is an accelerator' * (get_device() != 'cpu'))
    if good.get(name):
        assert without[name] is None, without[name]
        pytest.skip(good[name])
    assert without[name] is not None


def test_fixes_work_in_a_fresh_process(trained, tmp_path):
    outcomes = attempt(trained, tmp_path, 'with')
    assert outcomes == dict.fromkeys(outcomes)


# -- checkpoints


def test_checkpoint_holds_what_safe_mode_refuses(trained):
    with pytest.raises(pickle.UnpicklingError, match='HistoryBuffer|getattr'):
        torch.load(trained.checkpoint, weights_only=True)


def test_load_and_resume_in_safe_mode(trained):
    checkpoint = CheckpointLoader.load_checkpoint(
        os.fspath(trained.checkpoint))
    history = checkpoint['message_hub']['log_scalars']['train/loss']
    assert 0 < history.current() < 10
    assert isinstance(checkpoint['message_hub']['runtime_info'], dict)

    cfg = Config.fromfile(trained.config)
    cfg.work_dir = os.fspath(trained.folder / 'resumed')
    cfg.train_cfg.max_epochs = 3
    cfg.resume, cfg.load_from = True, os.fspath(trained.checkpoint)
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert (runner.epoch, runner.iter) == (3, 12)


def test_numbers_of_numpy_come_back(tmp_path):
    content = dict(
        scalar=np.float64(1.5),
        array=np.arange(6, dtype=np.int16).reshape(2, 3),
        half=np.float16(2),
        flag=np.bool_(True),
        names=np.array(['fear', 'joy']))
    path = tmp_path / 'numbers.pth'
    torch.save(content, path)
    found = CheckpointLoader.load_checkpoint(os.fspath(path))
    assert found.keys() == content.keys()
    for key, value in content.items():
        assert found[key].dtype == value.dtype
        np.testing.assert_array_equal(found[key], value)


@pytest.mark.parametrize('core', [b'numpy.core', b'numpy._core'])
def test_numbers_of_another_numpy_come_back(tmp_path, core):
    """NumPy 1 wrote its core under another name than NumPy 2."""
    written = io.BytesIO(saved(dict(x=np.float64(2.5), y=np.arange(3))))
    path = tmp_path / 'other.pth'
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(path, 'w') as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith('data.pkl'):
                content = re.sub(rb'numpy\._?core', core, content)
                assert core in content
            new.writestr(name, content)
    found = CheckpointLoader.load_checkpoint(os.fspath(path))
    assert found['x'] == 2.5 and found['y'].tolist() == [0, 1, 2]


@pytest.mark.parametrize('forced', [None, '1'])
def test_environment_is_left_alone(trained, monkeypatch, forced):
    """Also where the user set torch's variable for unsafe loading."""
    name = 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'
    monkeypatch.delenv(name, raising=False)
    if forced:
        monkeypatch.setenv(name, forced)
    before = dict(os.environ), torch.serialization.get_safe_globals()
    CheckpointLoader.load_checkpoint(os.fspath(trained.checkpoint))
    with pytest.raises(FileNotFoundError):
        CheckpointLoader.load_checkpoint('nowhere.pth')
    assert before == (dict(os.environ),
                      torch.serialization.get_safe_globals())


def test_unsafe_variable_does_not_make_loading_unsafe(tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    marker, path = tmp_path / 'marker', tmp_path / 'bad.pth'
    path.write_bytes(saved(dict(state_dict=Code(marker))))
    with pytest.raises(CheckpointError):
        CheckpointLoader.load_checkpoint(os.fspath(path))
    assert not marker.exists()


class FromElsewhere:
    """A class that a checkpoint of another project might hold."""


@pytest.mark.parametrize('kind', [
    'empty', 'text', 'page', 'noise', 'cut', 'code', 'code_old_format',
    'foreign_class', 'getattr', 'plain_pickle', 'tensor'
])
def test_bad_checkpoint(trained, tmp_path, kind):
    marker = tmp_path / 'marker'
    code = dict(state_dict=Code(marker))
    good = trained.checkpoint.read_bytes()
    content = dict(
        empty=b'',
        text=b'these are not weights\n' * 40,
        page=b'<!DOCTYPE html><html>404</html>',
        noise=np.random.default_rng(0).bytes(5000),
        cut=good[:len(good) // 2],
        code=saved(code),
        code_old_format=saved(code, _use_new_zipfile_serialization=False),
        foreign_class=saved(dict(meta=FromElsewhere())),
        getattr=saved(dict(meta=FromElsewhere.__init__)),
        plain_pickle=pickle.dumps(dict(state_dict={})),
        tensor=saved(torch.zeros(3)))[kind]
    path = tmp_path / 'epoch_9.pth'
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        CheckpointLoader.load_checkpoint(os.fspath(path))
    message = str(caught.value)
    assert message.startswith(os.fspath(path)) and 'Hint: ' in message
    assert '\n' not in message
    assert not marker.exists()
    if kind.startswith(('code', 'foreign')):
        assert 'nothing in it was executed' in message


# -- packages and scope


def test_package_lookup():
    import mmpretrain
    folder = os.path.dirname(mmpretrain.__file__)
    distribution = 'onedl-mmpretrain' if ONEDL else 'mmpretrain'
    assert package_utils.get_installed_path('mmpretrain') == folder
    assert package_utils.get_installed_path(distribution) == folder
    assert package_utils.package2module(distribution) == 'mmpretrain'
    assert package_utils.is_installed('mmpretrain')
    assert package_utils.is_installed(distribution)
    assert not package_utils.is_installed('no-such-package')
    with pytest.raises(ImportError):
        package_utils.get_installed_path('no-such-package')


def test_no_stand_in_is_visible_to_others():
    from importlib.util import find_spec
    if find_spec('pkg_resources') is None:
        assert 'pkg_resources' not in sys.modules


def test_inherit_from_an_installed_mmfer(tmp_path):
    """'mmfer::...' is found, and what is inherited is built."""
    package = tmp_path / 'mmfer'
    (package / '.mim').mkdir(parents=True)
    for entry in SOURCE.iterdir():
        if entry.name != '.mim':
            (package / entry.name).symlink_to(entry)
    (package / '.mim/configs').symlink_to(SOURCE.parent / 'configs')
    (package / '.mim/model-index.yml').write_text('Import: []\n')
    (tmp_path / 'mine.py').write_text(
        "_base_ = 'mmfer::baseline/resnet18_1xb64_ferplus-scratch64.py'\n"
        'model = dict(head=dict(num_classes=7))\n')
    done = subprocess.run(
        [sys.executable, '-c', (
            'import sys, mmfer\n'
            'from mmengine.config import Config\n'
            'from mmengine.registry import MODELS, TRANSFORMS\n'
            'from mmengine.registry import init_default_scope\n'
            'cfg = Config.fromfile(sys.argv[1])\n'
            'assert cfg.model["_scope_"] == "mmfer", cfg.model\n'
            'init_default_scope(cfg.default_scope)\n'
            'print(type(MODELS.build(cfg.model)).__name__)\n'
            'pipeline = cfg.train_dataloader.dataset.pipeline\n'
            'print([type(TRANSFORMS.build(t)).__name__ for t in pipeline])'),
         tmp_path / 'mine.py'], cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': os.fspath(tmp_path)},
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'FERClassifier' in done.stdout
    assert "'LoadFERImage'" in done.stdout and "'PackFERInputs'" in done.stdout


# -- metric names


@pytest.mark.parametrize('key, rule', [
    ('expr/uar', 'greater'), ('expr/f1', 'greater'),
    ('expr/recall', 'greater'), ('va/ccc', 'greater'), ('uf1', 'greater'),
    ('uar', 'greater'), ('UAR', 'greater'), ('folds/expr/uf1', 'greater'),
    ('expr/accuracy', 'greater'), ('expr/ece', 'less'), ('expr/nll', 'less'),
    ('expr/brier', 'less'), ('expr/kl', 'less'), ('rmse', 'less'),
    ('au/best_f1', 'greater'), ('va/sagr', 'greater'),
    ('multi_task/score', 'greater'), ('au/auc', 'greater'),
    ('va/rmse', 'less'), ('accumulated/ece', 'less'), ('loss', 'less')
])
def test_rules_of_metrics(key, rule):
    assert CheckpointHook(save_best=key).rules == [rule]
    assert EarlyStoppingHook(monitor=key).rule == rule
    # What the user says wins.
    other = dict(greater='less', less='greater')[rule]
    assert CheckpointHook(save_best=key, rule=other).rules == [other]
    assert EarlyStoppingHook(monitor=key, rule=other).rule == other


@pytest.mark.parametrize('key', ['mean_squared', 'uarx', 'f11', 'eced'])
def test_bad_metric_name_still_has_no_rule(key):
    with pytest.raises(ValueError, match='Cannot infer'):
        CheckpointHook(save_best=key)
    with pytest.raises(ValueError, match='Cannot infer'):
        EarlyStoppingHook(monitor=key)


def test_several_keys_and_auto():
    hook = CheckpointHook(save_best=['accuracy', 'expr/ece', 'expr/uar'])
    assert hook.rules == ['greater', 'less', 'greater']
    hook = CheckpointHook(save_best='auto')
    hook._init_rule(hook.rules, ['expr/nll'])
    assert hook.rules == ['less']


def test_best_epoch_is_kept_by_our_names(trained):
    names = {name.rpartition('_epoch')[0] for name in trained.best}
    assert names == {'best_expr_uar', 'best_expr_nll'}


# -- FlexibleRunner


def test_flexible_runner_tells_the_epoch(trained, tmp_path):
    """Checkpoints are saved twice, after training and after validation."""
    cfg = Config.fromfile(trained.config)
    cfg.work_dir = os.fspath(tmp_path)
    cfg.strategy = dict(type='SingleDeviceStrategy')
    cfg.train_cfg.max_epochs = 1
    runner = FlexibleRunner.from_cfg(cfg)
    runner.train()
    meta = CheckpointLoader.load_checkpoint(
        os.fspath(tmp_path / 'epoch_1.pth'))['meta']
    assert meta['epoch'] == 1 and meta['iter'] == runner.iter
    assert runner.deterministic is False


# -- mixed precision


@pytest.mark.skipif(get_device() != 'cpu', reason='there is an accelerator')
def test_bad_amp_on_cpu_explains_itself(trained):
    cfg = Config.fromfile(trained.config)
    cfg.work_dir = os.fspath(trained.folder / 'amp')
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    with pytest.raises(AcceleratorError, match='AutocastOptimWrapper'):
        Runner.from_cfg(cfg).train()


def test_the_hint_for_amp_works():
    import mmfer.registry
    found = mmfer.registry.OPTIM_WRAPPERS.get('AutocastOptimWrapper')
    assert found.__module__.startswith('mmfer.')
    assert OPTIM_WRAPPERS.get('AmpOptimWrapper') is not None
    assert HOOKS.get('CheckpointHook') is CheckpointHook


# -- packages at import


@pytest.mark.parametrize('module, version', [
    ('mmengine', '0.10.5'), ('mmengine', '1.0.0'), ('mmcv', '1.7.2'),
    ('mmcv', '2.4.0'), ('mmpretrain', '1.0.0'), ('torch', '2.5.1+cpu'),
    ('torchvision', '0.15.0')
])
def test_bad_version(monkeypatch, module, version):
    monkeypatch.setattr(sys.modules[module], '__version__', version)
    with pytest.raises(ImportError) as caught:
        check_packages()
    check_line(caught.value, module)
    assert f'{version} is installed' in str(caught.value)


@pytest.mark.parametrize('module', ['mmengine', 'mmcv', 'mmpretrain'])
def test_bad_absent_package(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError) as caught:
        check_packages()
    check_line(caught.value, module)
    assert 'is not installed' in str(caught.value)


def test_bad_torchvision(monkeypatch, tmp_path):
    """A torchvision of another torch dies at import."""
    (tmp_path / 'torchvision.py').write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.delitem(sys.modules, 'torchvision')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match='matching pair') as caught:
        check_packages()
    assert 'torchvision::nms does not exist' in str(caught.value)
    assert 'Type: pip install --force-reinstall torch torchvision' in str(
        caught.value)


def check_line(error, module):
    """One line with the command to type, in the family that is in use."""
    message = str(error)
    assert '\n' not in message and 'Type: pip install "' in message
    if module.startswith('mm'):
        assert ('"onedl-mm' in message) == ONEDL


# -- the tree


def test_no_unsafe_loading_in_the_tree():
    root = SOURCE.parent
    files = [p for folder in ('mmfer', 'tools', 'configs', 'tests')
             for p in (root / folder).rglob('*.py') if '.mim' not in p.parts]
    assert len(files) > 40
    words = ('weights_only=' + 'False', 'allow_pickle=' + 'True')
    for path in files:
        text = path.read_text()
        assert not any(word in text for word in words), path
