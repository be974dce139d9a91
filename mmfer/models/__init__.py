# Copyright (c) mmfer contributors.
from .classifiers import *  # noqa: F401,F403
from .data_preprocessors import *  # noqa: F401,F403
