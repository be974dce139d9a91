# Copyright (c) mmfer contributors.
from .auxiliary_labels import AuxiliaryLabels
from .csv_labels import CSVLabels
from .laid_labels import LaidLabels
from .libreface_labels import LibreFaceLabels
from .openface_labels import OpenFaceLabels
from .pyfeat_labels import PyFeatLabels

__all__ = [
    'AuxiliaryLabels',
    'CSVLabels',
    'LaidLabels',
    'LibreFaceLabels',
    'OpenFaceLabels',
    'PyFeatLabels',
]
