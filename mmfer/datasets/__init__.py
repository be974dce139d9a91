# Copyright (c) mmfer contributors.
from . import samplers, transforms  # noqa: F401
from .affectnet import AffectNet
from .base_fer_dataset import BaseFERDataset
from .fer2013 import FER2013
from .ferplus import FERPlus
from .raf_db import RAFDB

__all__ = ['AffectNet', 'BaseFERDataset', 'FER2013', 'FERPlus', 'RAFDB']
