# Copyright (c) mmfer contributors.
from . import samplers, transforms  # noqa: F401
from .base_fer_dataset import BaseFERDataset
from .ck_plus import CKPlus
from .ck_plus48 import CKPlus48
from .expw import ExpW
from .fer_csv import FERCSV
from .fer_folder import FERFolder
from .ferplus import FERPlus
from .jaffe import JAFFE
from .sfew import SFEW

__all__ = [
    'BaseFERDataset',
    'CKPlus',
    'CKPlus48',
    'ExpW',
    'FERCSV',
    'FERFolder',
    'FERPlus',
    'JAFFE',
    'SFEW',
]
