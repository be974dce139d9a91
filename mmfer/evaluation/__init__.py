# Copyright (c) mmfer contributors.
from .metrics import *  # noqa: F401,F403
