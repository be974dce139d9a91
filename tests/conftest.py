# Copyright (c) mmfer contributors.
import os
from pathlib import Path

import pytest


@pytest.fixture
def shared() -> Path:
    """The folder of real data beside the repository."""
    default = Path(__file__).resolve().parents[2] / 'shared'
    folder = Path(os.environ.get('MMFER_SHARED', default))
    if not folder.is_dir():
        pytest.skip('needs ../shared')
    return folder
