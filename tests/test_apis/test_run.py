# Copyright (c) mmfer contributors.
import os
from argparse import Namespace

import pytest

from mmfer.apis.arguments import run_main
from mmfer.apis.run import load_config
from mmfer.errors import ConfigError

CONFIG = 'model = dict(depth=18)\nhooks = [dict(type=1)]\nsteps = [1, 2]\n'


@pytest.mark.parametrize('arguments, rank', [
    (dict(), '0'), (dict(local_rank=3), '3')])
def test_tools_run_with_and_without_a_rank(monkeypatch, arguments, rank):
    monkeypatch.setattr(os, 'environ', {})
    run_main(lambda args: None, Namespace(**arguments))
    assert os.environ == dict(LOCAL_RANK=rank)


def test_options_are_laid_over_the_config(tmp_path):
    path = tmp_path / 'toy.py'
    path.write_text(CONFIG)
    cfg = load_config(str(path), {'model.depth': 50, 'hooks.0.type': 2})
    assert cfg.model.depth == 50 and cfg.hooks == [dict(type=2)]
    assert load_config(str(path)).model.depth == 18


@pytest.mark.parametrize('key, told', [
    ('modle.depth', "no 'modle'.*did you mean 'model'"),
    ('hooks.9.type', 'does not fit the config'),
    ('steps.1', 'does not fit the config')])
def test_bad_options(tmp_path, key, told):
    path = tmp_path / 'toy.py'
    path.write_text(CONFIG)
    with pytest.raises(ConfigError, match=told) as error:
        load_config(str(path), {key: 1})
    assert 'Hint: ' in str(error.value)
