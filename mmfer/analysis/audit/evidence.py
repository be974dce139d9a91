# Copyright (c) mmfer contributors.
"""Where the signals of an audit come from."""
import os.path as osp
from functools import cached_property
from typing import List, Optional

import numpy as np

from mmfer.datasets.neighbors import check_training_set, load_index
from mmfer.engine.model_parts import parts_of
from mmfer.errors import ConfigError
from mmfer.models.banks import LabelBank
from ..correction_flow import read_corrections
from ..predictions import Predictions
from .like_faces import TRACK, feature_neighbors, find_copies
from .out_of_fold import out_of_fold_scores, out_of_fold_signal
from .signals import (Signal, belief_signal, confidence_signal,
                      duplicate_signal, history_signal, neighbor_signal)


class Evidence:
    """Gathers the signals about a training set; each has a method.

    Args:
        predictions (Predictions): What the model says of the training set,
            with features.
        checkpoint (str): Where its weights come from; a
            ``corrections.jsonl`` beside it is read.
        neighbor_index (str, optional): A file of
            ``tools/dataset_tools/build_neighbors.py``. Defaults to None,
            neighbours in the model's features.
        fold_scores (np.ndarray, optional): Probabilities of networks that
            were trained without the sample, ``(N, C)``. Defaults to None,
            those of a linear classifier on the model's features.
        num_folds (int): Folds of the latter. Defaults to 5.
        workers (int): Threads that decode images and look for neighbours.
            Defaults to 2.
        track (Callable, optional): Shows the progress of decoding, see
            :func:`~mmfer.analysis.verification.scan_files`. Defaults to None.
    """

    def __init__(self,
                 predictions: Predictions,
                 checkpoint: str,
                 neighbor_index: Optional[str] = None,
                 fold_scores: Optional[np.ndarray] = None,
                 num_folds: int = 5,
                 workers: int = 2,
                 track: Optional[TRACK] = None) -> None:
        self.predictions, self.labels = predictions, predictions.labels
        self.checkpoint, self.neighbor_index = checkpoint, neighbor_index
        self.fold_scores, self.num_folds = fold_scores, num_folds
        self.workers, self.track = workers, track

    def out_of_fold(self) -> Signal:
        """See :func:`out_of_fold_signal`."""
        scores = self.fold_scores
        if scores is None:
            scores = out_of_fold_scores(
                self.predictions.features, self.labels, self.groups,
                len(self.predictions.classes), self.num_folds)
        return out_of_fold_signal(self.labels, scores)

    def probability(self) -> Signal:
        """What the model says of the label."""
        return belief_signal(self.predictions.scores, self.labels)

    def confidence(self) -> Signal:
        """The mean over the epochs where a label bank knows it."""
        found = self.predictions.confidence
        bank = self.bank
        if bank is not None and not bank.confidence_mean.isnan().all():
            found = bank.confidence_mean.cpu().numpy()
        if np.isnan(found).all():
            raise ConfigError('the model tells no confidence',
                              hint='audit without it, or with a method that '
                              'has one')
        return confidence_signal(found)

    def history(self) -> Signal:
        """See :func:`history_signal`."""
        if self.bank is None:
            raise ConfigError('the checkpoint holds no label bank',
                              hint='audit without its history, or train '
                              'with one')
        log = osp.join(osp.dirname(self.checkpoint), 'corrections.jsonl')
        return history_signal(
            self.bank.label.cpu().numpy(), self.labels,
            self.predictions.classes,
            read_corrections(log) if osp.isfile(log) else ())

    def neighbors(self) -> Signal:
        """See :func:`neighbor_signal`."""
        if self.neighbor_index is None:
            indices, weights = feature_neighbors(
                self.predictions.features, workers=self.workers)
        else:
            index = load_index(self.neighbor_index)
            check_training_set(index, self.predictions.dataset,
                               self.neighbor_index)
            indices, weights = index.indices, index.weights
        return neighbor_signal(indices, weights, self.labels,
                               len(self.predictions.classes))

    def duplicates(self) -> Signal:
        """See :func:`duplicate_signal`."""
        if not self.copies:
            raise ConfigError('no two samples have the same image file',
                              hint='none is needed, audit without them')
        return duplicate_signal(self.copies, self.labels,
                                self.predictions.classes,
                                self.predictions.paths)

    @cached_property
    def bank(self) -> Optional[LabelBank]:
        """The label bank of the model, if its contents are known.

        Raises:
            ValueError: If it was made for other labels.
        """
        banks = [bank for bank in parts_of(self.predictions.model, LabelBank)
                 if bank.restored]
        if not banks:
            return None
        banks[0].check(self.labels)
        return banks[0]

    @cached_property
    def copies(self) -> List[List[int]]:
        """Samples that show the same image."""
        return find_copies(self.predictions.dataset, self.workers,
                           self.track)

    @cached_property
    def groups(self) -> List[str]:
        """What must not be divided among folds: a person or, where nobody
        knows who it is, the copies of an image."""
        first = list(range(len(self.labels)))
        for group in self.copies:
            for place in group:
                first[place] = group[0]
        return [subject or f'#{first[place]}' for place, subject in
                enumerate(self.predictions.subjects)]
