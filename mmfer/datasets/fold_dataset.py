# Copyright (c) mmfer contributors.
from typing import Any, Dict, Union

import numpy as np
from mmengine.dataset import BaseDataset

from mmfer.registry import DATASETS
from .dataset_wrapper import DatasetWrapper
from .folds import check_fold, subject_folds
from .samplers.labels import dataset_labels


@DATASETS.register_module()
class FoldDataset(DatasetWrapper):
    """All samples of a dataset but those of a fold, or only those.

    Folds are alike in size and class mix and keep every subject in one
    piece, see :func:`~mmfer.datasets.folds.subject_folds`; a sample whose
    subject is unknown stands for itself. The dataset inside is cut, as by
    :class:`LongTailedDataset`.

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
        TypeError: If it is no dataset that can be cut, or does not tell its
            labels.
    """

    def __init__(self,
                 dataset: Union[Dict[str, Any], BaseDataset],
                 fold: int = 0,
                 num_folds: int = 5,
                 held_out: bool = False,
                 seed: int = 0) -> None:
        self.fold = check_fold(fold, num_folds)
        self.num_folds, self.held_out, self.seed = num_folds, held_out, seed
        super().__init__(dataset)
        self.require_cuttable()
        self.full_init()
        self.whole_size = len(self)
        subjects = [
            str(self.get_data_info(i).get('subject') or f'#{i}')
            for i in range(len(self))
        ]
        folds = subject_folds(subjects, dataset_labels(self.dataset),
                              num_folds, seed)
        self.indices = np.flatnonzero((folds == fold) == held_out)
        self.get_subset_(self.indices.tolist())

    def __repr__(self) -> str:
        part = 'only' if self.held_out else 'without'
        return (f'{type(self).__name__}, {part} fold {self.fold} of '
                f'{self.num_folds}, seed {self.seed}: {self.dataset!r}')
