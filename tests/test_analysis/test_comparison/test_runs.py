# Copyright (c) mmfer contributors.
import json
import sys

import pytest
from mmengine.config import Config

from mmfer.analysis.comparison import train_all


@pytest.mark.parametrize('result', [dict(last=dict(iter=20)), None])
def test_a_run_must_have_been_evaluated(tmp_path, result):
    script, folder = tmp_path / 'train.py', tmp_path / 'run'
    protocol = dict(finished=True, max_iters=20, result=result)
    script.write_text(
        f'open({str(folder / "protocol.json")!r}, "w").write('
        f'{json.dumps(protocol)!r})')
    (tmp_path / 'a.py').write_text('seed = 0')
    outcome = train_all(
        {str(folder): Config.fromfile(tmp_path / 'a.py')},
        [sys.executable, str(script)])[str(folder)]
    if result:
        assert outcome.problem is None and outcome.protocol == protocol
    else:
        assert 'nothing was evaluated' in outcome.problem
        assert outcome.protocol is None
