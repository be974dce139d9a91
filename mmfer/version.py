# Copyright (c) mmfer contributors.
"""The version of mmfer, and the only place where it is written."""
__version__ = '0.1.0'
