# Copyright (c) mmfer contributors.
import json

import pytest
from mmengine.runner import Runner

from mmfer.analysis.training_curve import draw_curves, read_curves
from ..toys import make_ferplus, small_config


def test_curve_of_a_resumed_run(tmp_path):
    root = make_ferplus(tmp_path / 'data', per_class=2)
    make_ferplus(root, 'valid', per_class=1)
    for epochs in (1, 3):
        cfg = small_config(root, tmp_path / 'run', epochs=epochs)
        cfg.param_scheduler.total_steps = 3
        cfg.resume = True
        # Log folders are named by the second.
        cfg.experiment_name = f'part{epochs}'
        runner = Runner.from_cfg(cfg)
        runner.train()
    curves = read_curves(str(tmp_path / 'run'))
    assert [epoch for epoch, _ in curves['expr/accuracy']] == [1, 2, 3]
    steps = [epoch for epoch, _ in curves['loss']]
    assert steps == [0.5, 1, 1.5, 2, 2.5, 3]
    draw_curves(curves, str(tmp_path / 'curve.png'))
    assert (tmp_path / 'curve.png').stat().st_size > 5000


def test_later_parts_count(tmp_path):
    for part, loss in (('a', 2.), ('b', 1.)):
        folder = tmp_path / part / 'vis_data'
        folder.mkdir(parents=True)
        row = dict(loss=loss, epoch=1, iter=4, step=4)
        (folder / 'scalars.json').write_text(json.dumps(row) + '\n')
    assert read_curves(str(tmp_path)) == dict(loss=[(1., 1.)])


@pytest.mark.parametrize('case', ['no logs', 'no such metric'])
def test_bad_curve(tmp_path, case):
    if case == 'no logs':
        with pytest.raises(FileNotFoundError, match='LocalVisBackend'):
            read_curves(str(tmp_path))
    else:
        with pytest.raises(ValueError, match="no metric 'x'.*one of loss"):
            draw_curves(dict(loss=[(1, 1)]), str(tmp_path / 'c.png'), 'x')
