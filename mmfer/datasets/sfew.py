# Copyright (c) mmfer contributors.
import os.path as osp
from typing import List

from mmfer.registry import DATASETS
from .base_fer_dataset import BaseFERDataset
from .folders import read_class_folders

# The folders, in the order of the label space.
_FOLDERS = ('Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise')


@DATASETS.register_module()
class SFEW(BaseFERDataset):
    """SFEW 2.0: film stills, aligned faces of 143x181 pixels.

    Dhall et al., *Static Facial Expression Analysis in Tough Conditions:
    Data, Evaluation Protocol and Benchmark*, ICCV Workshops 2011,
    https://doi.org/10.1109/ICCVW.2011.6130508.

    ::

        data_root
        ├── Train
        │   └── Train_Aligned_Faces
        │       ├── Angry   Airheads_000519240_00000005.png ...
        │       └── ...
        └── Val
            └── Val_Aligned_Faces

    The folders ``Train_Aligned_Faces`` and ``Val_Aligned_Faces`` may also
    stand in ``data_root`` itself. The labels of the test set were never
    published, so there is no test split.

    Args:
        data_root (str): The folder above.
        split (str): ``'train'`` or ``'valid'``. Defaults to ``'train'``.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        AnnotationError: If a class folder is unknown or all are empty.
        FileNotFoundError: If the folder of the split is missing.
    """

    LABEL_SPACE = 'sfew'
    SPLITS = ('train', 'valid')

    def load_samples(self) -> List[dict]:
        """Read the class folders of the split."""
        part = 'Train' if self.split == 'train' else 'Val'
        root = osp.join(self.data_root, f'{part}_Aligned_Faces')
        if not osp.isdir(root):
            root = osp.join(self.data_root, part, f'{part}_Aligned_Faces')
        return read_class_folders(
            root, {name: i for i, name in enumerate(_FOLDERS)},
            'SFEW wants Train/Train_Aligned_Faces and Val/Val_Aligned_Faces '
            f'with the folders {list(_FOLDERS)}', self.skipped)
