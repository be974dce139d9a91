# Copyright (c) mmfer contributors.
import json
import sys

import pytest
from mmengine.config import Config

from mmfer.analysis.comparison import train_all


@pytest.mark.parametrize('last', [20, 10])
def test_only_the_end_counts(tmp_path, last):
    """A run that was killed in its last evaluation ends without it."""
    script, folder = tmp_path / 'train.py', tmp_path / 'run'
    protocol = dict(finished=True, max_iters=20,
                    result=dict(last=dict(iter=last)))
    script.write_text(
        f'open({str(folder / "protocol.json")!r}, "w").write('
        f'{json.dumps(protocol)!r})')
    (tmp_path / 'a.py').write_text('seed = 0')
    outcome = train_all(
        {str(folder): Config.fromfile(tmp_path / 'a.py')},
        [sys.executable, str(script)])[str(folder)]
    if last == 20:
        assert outcome.problem is None and outcome.protocol == protocol
    else:
        assert 'iteration 10 of 20' in outcome.problem
        assert f'remove {folder}' in outcome.problem
