# Copyright (c) mmfer contributors.
"""The one place that knows about versions.

:func:`check_packages` says in one line what is missing. :func:`apply_fixes`
makes MMEngine work as documented on today's torch and setuptools; every fix
touches MMEngine only, and only what is broken in the installed version.
"""
import os.path as osp
from functools import wraps
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from typing import Any, List, Optional

from mmfer.checkpoints import fix_checkpoints
from mmfer.errors import UserError, first_line
from mmfer.version import PACKAGES as _PACKAGES

# The last part of a metric's name -> the better direction, for the metrics of
# expression recognition that MMEngine does not know.
_RULES = dict.fromkeys(
    ('uar', 'uf1', 'f1', 'best_f1', 'f1-score', 'recall', 'auc', 'ccc', 'pcc',
     'icc', 'sagr', 'score'), 'greater')
_RULES.update(
    dict.fromkeys(('ece', 'nll', 'brier', 'kl', 'rmse', 'mse', 'mae'), 'less'))


class AcceleratorError(UserError, RuntimeError):
    """Something was asked for that needs a GPU or another accelerator."""


def check_packages() -> None:
    """Check by import and version that all needed packages are usable.

    The official and the OneDL distributions, and mmcv as well as mmcv-lite,
    are equally good.

    Raises:
        ImportError: If a package is absent, broken, too old or too new; one
            line with the command to type.
    """
    for module, (project, least, bound) in _PACKAGES.items():
        limits = f'>={least}' + (f',<{bound}' if bound else '')
        hint = f'Type: pip install "{_in_family(module, project)}{limits}"'
        try:
            found = import_module(module).__version__
        except Exception as error:
            if isinstance(error, ImportError) and error.name == module:
                raise ImportError(f'mmfer needs {module}{limits}, which is '
                                  f'not installed. {hint}') from None
            if module == 'torchvision':
                hint = 'It must come with torch as a matching pair from ' \
                    'one index. Type: pip install --force-reinstall torch ' \
                    'torchvision'
            raise ImportError(
                f'mmfer needs {module}{limits}, which is installed but '
                f'broken ({first_line(error)}). {hint}') from error
        from packaging.version import Version
        if Version(found) < Version(least) or (
                bound and Version(found) >= Version(bound)):
            raise ImportError(f'mmfer needs {module}{limits}, but {found} is '
                              f'installed. {hint}')


def _in_family(module: str, project: str) -> str:
    """The name to install, in the family that this machine already uses."""
    for fork in ('onedl-mmengine', 'onedl-mmcv', 'onedl-mmpretrain'):
        if module.startswith('mm') and _is_distribution(fork):
            return f'onedl-{module}'
    return project


def apply_fixes() -> None:
    """Make MMEngine work on today's packages; see each function."""
    _fix_package_lookup()
    _learn_scope()
    fix_checkpoints()
    _learn_metric_rules()
    _explain_amp()
    _fix_fsdp_resume()
    _fix_flexible_runner()
    _fix_result_file()


# -- setuptools 82 removed pkg_resources, which MMEngine 0.10 asks for where
# -- packages are, so that configs cannot inherit from 'mmpretrain::...'.


def _is_distribution(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def is_installed(package: str) -> bool:
    """Whether a distribution or module of this name is installed."""
    return _is_distribution(package) or getattr(
        find_spec(package), 'origin', None) is not None


def package2module(package: str) -> str:
    """The name under which a distribution is imported.

    Raises:
        ValueError: If the distribution does not tell.
    """
    names = (distribution(package).read_text('top_level.txt') or '').split()
    if not names:
        raise ValueError(f'can not infer the module name of {package}')
    return names[0]


def get_installed_path(package: str) -> str:
    """The folder of a package, by the name of its distribution or module.

    Raises:
        ModuleNotFoundError: If there is no such package.
        RuntimeError: If it is a namespace package.
    """
    spec = find_spec(package)
    if spec is None and _is_distribution(package):
        spec = find_spec(package2module(package))
    if spec is None:
        raise ModuleNotFoundError(f'{package} is not installed')
    if spec.origin is None:
        raise RuntimeError(f'{package} is a namespace package')
    return osp.dirname(spec.origin)


def _fix_package_lookup() -> None:
    """Look packages up by the import system.

    MMEngine's own way fails without pkg_resources, and with it looks for an
    editable install in site-packages, where it is not.
    """
    for function in (is_installed, package2module, get_installed_path):
        for name in ('mmengine.utils.package_utils', 'mmengine.utils',
                     'mmengine.config.config', 'mmengine.hub.hub'):
            module = import_module(name)
            if hasattr(module, function.__name__):
                setattr(module, function.__name__, function)


def _learn_scope() -> None:
    """Let configs inherit from 'mmfer::...'.

    MMEngine finds a config of a package if its map names the package, and
    builds what is inherited from there in a scope of that name. The parts of
    mmfer are in MMPretrain's registries, so the scope mmfer is an empty child
    of each.
    """
    import mmpretrain.registry
    from mmengine.config.utils import MODULE2PACKAGE
    from mmengine.registry import Registry
    MODULE2PACKAGE.setdefault('mmfer', 'mmfer')
    for registry in vars(mmpretrain.registry).values():
        if isinstance(registry, Registry) and registry.scope == 'mmpretrain' \
                and 'mmfer' not in registry.children:
            Registry(
                registry.name,
                parent=registry,
                scope='mmfer',
                locations=registry._locations)


# -- save_best and early stopping do not know the metrics of this field.


def rule_of(key: str) -> Optional[str]:
    """``'greater'`` or ``'less'``: the better direction of a metric of ours,
    None for others. Prefixes such as ``expr/`` do not matter."""
    return _RULES.get(key.lower().rpartition('/')[2])


def _learn_metric_rules() -> None:
    """Tell the hooks whether more or less is better for our metrics."""
    from mmengine.hooks import CheckpointHook, EarlyStoppingHook
    infer_save_best = CheckpointHook._init_rule
    infer_early_stopping = EarlyStoppingHook._init_rule

    def save_best(self: CheckpointHook, rules: List[Optional[str]],
                  keys: List[str]) -> None:
        rules = rules * len(keys) if len(rules) == 1 else rules
        rules = [rule or rule_of(key) for rule, key in zip(rules, keys)]
        infer_save_best(self, rules, keys)

    def early_stopping(self: EarlyStoppingHook, monitor: str) -> str:
        return rule_of(monitor) or infer_early_stopping(self, monitor)

    CheckpointHook._init_rule = save_best
    EarlyStoppingHook._init_rule = early_stopping


# -- Mixed precision without an accelerator.


def require_accelerator() -> None:
    """Stop with an explanation where ``AmpOptimWrapper`` cannot work.

    Raises:
        AcceleratorError: If there is no accelerator.
    """
    from mmengine.device import get_device
    if get_device() in ('cpu', 'mps'):
        raise AcceleratorError(
            'automatic mixed precision (--amp, AmpOptimWrapper) scales '
            'losses for float16 and needs a GPU or another accelerator; '
            'torch sees none here',
            hint='leave it out, or train in bfloat16, which needs no '
            'scaling and works on the CPU: --cfg-options '
            'optim_wrapper.type=AutocastOptimWrapper')


def _explain_amp() -> None:
    """Let ``AmpOptimWrapper`` explain itself, from whichever script."""
    from mmengine.optim import AmpOptimWrapper
    init = AmpOptimWrapper.__init__

    @wraps(init)
    def explained(self: AmpOptimWrapper, *args: Any, **kwargs: Any) -> None:
        require_accelerator()
        init(self, *args, **kwargs)

    AmpOptimWrapper.__init__ = explained


# -- torch 2.1 put the arguments of optim_state_dict_to_load in another order.


def _fix_fsdp_resume() -> None:
    """Let a run under ``FSDPStrategy`` resume its optimiser."""
    from mmengine._strategy import FSDPStrategy
    from torch.distributed.fsdp import FullyShardedDataParallel

    def load_optim_state_dict(self: FSDPStrategy, state_dict: dict) -> None:
        wrapper = self.optim_wrapper
        wrapper.load_state_dict(
            FullyShardedDataParallel.optim_state_dict_to_load(
                model=self.model,
                optim=wrapper.optimizer,
                optim_state_dict=state_dict))

    FSDPStrategy.load_optim_state_dict = load_optim_state_dict


# -- FlexibleRunner writes one epoch too many into a checkpoint that is saved
# -- again after validation, and its `deterministic` fails.


def _fix_flexible_runner() -> None:
    """Let checkpoints hold the epoch that the hook tells."""
    from mmengine.runner import FlexibleRunner
    save_checkpoint = FlexibleRunner.save_checkpoint

    @wraps(save_checkpoint)
    def save(self: FlexibleRunner, *args: Any, meta: Optional[dict] = None,
             **kwargs: Any) -> None:
        told = dict(meta or {})
        write = self.strategy.save_checkpoint

        def write_told(*, extra_ckpt: dict, **options: Any) -> None:
            extra_ckpt['meta'].update(told)
            write(extra_ckpt=extra_ckpt, **options)

        self.strategy.save_checkpoint = write_told
        try:
            save_checkpoint(self, *args, meta=meta, **kwargs)
        finally:
            del self.strategy.save_checkpoint

    FlexibleRunner.save_checkpoint = save
    FlexibleRunner.deterministic = property(
        lambda self: bool(self._randomness_cfg.get('deterministic')))


# -- All processes write the result of a test to one file, at the same time.


def _fix_result_file() -> None:
    """Let the main process alone write it."""
    from mmengine.dist import master_only
    from mmengine.hooks import LoggerHook
    LoggerHook.after_test_epoch = master_only(LoggerHook.after_test_epoch)
