# Copyright (c) mmfer contributors.
import os
from pathlib import Path

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
