# Copyright (c) mmfer contributors.
from .augments import *  # noqa: F401,F403
from .banks import *  # noqa: F401,F403
from .classifiers import *  # noqa: F401,F403
from .data_preprocessors import *  # noqa: F401,F403
