# Copyright (c) mmfer contributors.
from mmfer.registry import DATASETS
from mmfer.structures import AU_SETS
from .au_list_dataset import AUListDataset


@DATASETS.register_module()
class BP4D(AUListDataset):
    """BP4D-Spontaneous: frames of 41 people with twelve action units.

    Zhang et al., *BP4D-Spontaneous: a high-resolution spontaneous 3D dynamic
    facial expression database*, Image and Vision Computing 2014,
    https://doi.org/10.1016/j.imavis.2014.06.002.

    ::

        data_root
        ├── list/BP4D_train_img_path_fold1.txt      F007/T1/643.jpg
        │        BP4D_train_label_fold1.txt         0 0 1 0 0 1 0 0 0 0 0 0
        │        BP4D_test_img_path_fold1.txt ... fold3
        └── img/F007/T1/643.jpg ...

    The list form with three folds is read, see :class:`AUListDataset`; the
    original tables ``AU_OCC`` are not. mmfer knows no verified official
    counts.

    Args:
        data_root (str): The folder above.
        **kwargs: See :class:`AUListDataset`; ``au_set`` defaults to
            ``'bp4d'``.

    Raises:
        AnnotationError: If a list is malformed.
        FileNotFoundError: If a list is missing.
    """

    LIST_NAME = 'BP4D'
    UNITS = AU_SETS['bp4d']
