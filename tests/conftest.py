# Copyright (c) mmfer contributors.
import os
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope='session')
def shared():
    """The folder of real data beside the project, or skip."""
    path = Path(
        os.environ.get('MMFER_SHARED',
                       Path(__file__).parents[2] / 'shared'))
    if not path.is_dir():
        pytest.skip('needs ../shared, real data that is not shipped')
    return path


@pytest.fixture(scope='session')
def trained(tmp_path_factory):
    """A small run of the default runner on toy data.

    Its config selects the best epoch by a metric of ours without naming a
    rule, and would stop early by another.

    Returns:
        SimpleNamespace: ``folder``, ``data``, ``work_dir``, ``config`` (path)
        and ``checkpoint`` (path, after two epochs).
    """
    from mmengine.runner import Runner

    from .toys import make_ferplus, small_config
    folder = tmp_path_factory.mktemp('trained')
    data = make_ferplus(folder / 'data')
    make_ferplus(data, 'valid', per_class=2)
    make_ferplus(data, 'test', per_class=2)
    cfg = small_config(data, folder / 'run')
    cfg.default_hooks.checkpoint.update(
        save_best=['expr/uar', 'expr/nll'], rule=None)
    cfg.custom_hooks.append(
        dict(type='EarlyStoppingHook', monitor='expr/ece', min_delta=0.))
    cfg.dump(folder / 'toy.py')
    Runner.from_cfg(cfg).train()
    return SimpleNamespace(
        folder=folder,
        data=data,
        work_dir=folder / 'run',
        config=folder / 'toy.py',
        checkpoint=folder / 'run/epoch_2.pth')
