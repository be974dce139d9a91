# Copyright (c) mmfer contributors.
import os
from pathlib import Path

import pytest


@pytest.fixture
def shared() -> Path:
    """The folder of data and references beside the repository."""
    default = Path(__file__).resolve().parents[2] / 'shared'
    path = Path(os.environ.get('MMFER_SHARED', default))
    if not path.is_dir():
        pytest.skip('needs ../shared')
    return path
