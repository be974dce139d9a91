# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Union

import numpy as np
from mmengine.dataset import BaseDataset

from mmfer.registry import DATASETS
from .folds import check_fold, subject_folds
from .samplers.labels import dataset_labels


@DATASETS.register_module()
class FoldDataset:
    """All samples of a dataset but those of a fold, or only those.

    Folds are alike in size and class mix and keep every subject in one
    piece, see :func:`~mmfer.datasets.folds.subject_folds`; a sample whose
    subject is unknown stands for itself.

    Args:
        dataset (dict or BaseDataset): The dataset.
        fold (int): The fold, counted from 0. Defaults to 0.
        num_folds (int): The number of folds. Defaults to 5.
        held_out (bool): Whether to give the fold, else all others. Defaults
            to False.
        seed (int): The seed of the folds. Defaults to 0.

    Attributes:
        whole_size (int): The number of samples in all folds.
        indices (np.ndarray): Which of them these are, int64.

    Raises:
        ValueError: If the fold is none of the folds, or there are fewer
            subjects than folds.
    """

    def __init__(self,
                 dataset: Union[Dict[str, Any], BaseDataset],
                 fold: int = 0,
                 num_folds: int = 5,
                 held_out: bool = False,
                 seed: int = 0) -> None:
        self.fold = check_fold(fold, num_folds)
        self.num_folds, self.held_out, self.seed = num_folds, held_out, seed
        whole = DATASETS.build(dataset) if isinstance(dataset,
                                                      dict) else dataset
        whole.full_init()
        self.whole_size = len(whole)
        subjects = [
            str(whole.get_data_info(i).get('subject') or f'#{i}')
            for i in range(len(whole))
        ]
        folds = subject_folds(subjects, dataset_labels(whole), num_folds,
                              seed)
        self.indices = np.flatnonzero((folds == fold) == held_out)
        self.dataset = whole.get_subset(self.indices.tolist())

    @property
    def metainfo(self) -> dict:
        """That of the dataset."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Nothing is left to do."""

    def get_data_info(self, idx: int) -> dict:
        """The annotation of a sample."""
        return self.dataset.get_data_info(idx)

    def get_gt_labels(self) -> np.ndarray:
        """The label of every sample, int64 of shape ``(N, )``."""
        return dataset_labels(self.dataset)

    def get_cat_ids(self, idx: int) -> List[int]:
        """The label of a sample, as a list."""
        return self.dataset.get_cat_ids(idx)

    def __len__(self) -> int:
        """The number of samples."""
        return len(self.dataset)

    def __getitem__(self, idx: int) -> dict:
        """The transformed sample at ``idx``."""
        return self.dataset[idx]

    def __repr__(self) -> str:
        part = 'only' if self.held_out else 'without'
        return (f'{type(self).__name__}, {part} fold {self.fold} of '
                f'{self.num_folds}, seed {self.seed}: {self.dataset!r}')
