# Copyright (c) mmfer contributors.
from . import samplers, transforms  # noqa: F401
from .afew_va import AFEWVA
from .aff_wild2 import AffWild2
from .affectnet import AffectNet
from .base_fer_dataset import BaseFERDataset
from .bp4d import BP4D
from .casme2 import CASME2
from .casme3 import CASME3
from .ck_plus import CKPlus
from .ck_plus48 import CKPlus48
from .collate import fer_collate
from .dfme import DFME
from .disfa import DISFA
from .emotionet import EmotioNet
from .expw import ExpW
from .fer2013 import FER2013
from .fer_csv import FERCSV
from .fer_folder import FERFolder
from .ferplus import FERPlus
from .fold_dataset import FoldDataset
from .in_memory_dataset import InMemoryDataset
from .jaffe import JAFFE
from .long_tailed_dataset import LongTailedDataset
from .megc2019 import MEGC2019
from .micro_expression_dataset import MicroExpressionDataset
from .omg import OMGEmotion
from .packed_fer import PackedFER
from .raf_db import RAFDB
from .samm import SAMM
from .sfew import SFEW
from .smic import SMIC
from .synthetic_fer import SyntheticFER
from .unwrap import leaf_datasets

__all__ = [
    'AFEWVA',
    'AffWild2',
    'AffectNet',
    'BP4D',
    'BaseFERDataset',
    'CASME2',
    'CASME3',
    'CKPlus',
    'CKPlus48',
    'DFME',
    'DISFA',
    'EmotioNet',
    'ExpW',
    'FER2013',
    'FERCSV',
    'FERFolder',
    'FERPlus',
    'FoldDataset',
    'InMemoryDataset',
    'JAFFE',
    'LongTailedDataset',
    'MEGC2019',
    'MicroExpressionDataset',
    'OMGEmotion',
    'PackedFER',
    'RAFDB',
    'SAMM',
    'SFEW',
    'SMIC',
    'SyntheticFER',
    'fer_collate',
    'leaf_datasets',
]
