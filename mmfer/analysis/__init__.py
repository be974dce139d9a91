# Copyright (c) mmfer contributors.
from .dataset_verification import verify_config

__all__ = ['verify_config']
