# Copyright (c) mmfer contributors.
from . import samplers, transforms  # noqa: F401
from .affectnet import AffectNet
from .base_fer_dataset import BaseFERDataset
from .ck_plus import CKPlus
from .ck_plus48 import CKPlus48
from .collate import fer_collate
from .expw import ExpW
from .fer2013 import FER2013
from .fer_csv import FERCSV
from .fer_folder import FERFolder
from .ferplus import FERPlus
from .jaffe import JAFFE
from .packed_fer import PackedFER
from .raf_db import RAFDB
from .sfew import SFEW
from .synthetic_fer import SyntheticFER
from .unwrap import leaf_datasets

__all__ = [
    'AffectNet',
    'BaseFERDataset',
    'CKPlus',
    'CKPlus48',
    'ExpW',
    'FER2013',
    'FERCSV',
    'FERFolder',
    'FERPlus',
    'JAFFE',
    'PackedFER',
    'RAFDB',
    'SFEW',
    'SyntheticFER',
    'fer_collate',
    'leaf_datasets',
]
