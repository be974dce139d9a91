# Copyright (c) mmfer contributors.
"""Where the signals of an audit come from."""
import os.path as osp
from functools import cached_property
from typing import Callable, Iterable, List, Optional, Tuple

import numpy as np

from mmfer.datasets.neighbors import (check_training_set, gaussian_weights,
                                      load_index, nearest_neighbors)
from mmfer.datasets.unwrap import leaf_datasets
from mmfer.engine.model_parts import parts_of
from mmfer.models.banks import LabelBank
from ..correction_flow import read_corrections
from ..predictions import Predictions
from ..verification import (Part, Sample, duplicate_groups, read_samples,
                            scan_samples)
from .out_of_fold import out_of_fold_scores, out_of_fold_signal
from .signals import (Signal, belief_signal, confidence_signal,
                      duplicate_signal, history_signal, neighbor_signal)

TRACK = Callable[[Iterable, int], Iterable]
# Of the features in which neighbours are looked for, our choice.
_NEIGHBORS, _AXES = 10, 32


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
            raise ValueError('the model tells no confidence. Remedy: audit '
                             'without it, or with a method that has one')
        return confidence_signal(found)

    def history(self) -> Signal:
        """See :func:`history_signal`."""
        if self.bank is None:
            raise ValueError('the checkpoint holds no label bank. Remedy: '
                             'audit without its history, or train with one')
        self.bank.check(self.labels)
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
            raise ValueError('no two samples have the same image file. '
                             'Remedy: none is needed, audit without them')
        return duplicate_signal(self.copies, self.labels,
                                self.predictions.classes,
                                self.predictions.paths)

    @cached_property
    def bank(self) -> Optional[LabelBank]:
        """The label bank of the model, if its contents are known."""
        banks = [bank for bank in parts_of(self.predictions.model, LabelBank)
                 if bank.restored]
        return banks[0] if banks else None

    @cached_property
    def copies(self) -> List[List[int]]:
        """Samples that show the same image."""
        return find_copies(self.predictions, self.workers, self.track)

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


def feature_neighbors(features: np.ndarray,
                      number: int = _NEIGHBORS,
                      workers: int = 2) -> Tuple[np.ndarray, np.ndarray]:
    """The most similar faces by the model's features.

    Features are brought to length 1 and to their principal axes.

    Args:
        features (np.ndarray): float of shape ``(N, D)``.
        number (int): How many neighbours K. Defaults to 10.
        workers (int): Threads of the search. Defaults to 2.

    Returns:
        tuple[np.ndarray, np.ndarray]: Indices and weights, ``(N, K)``, see
        :func:`~mmfer.datasets.neighbors.gaussian_weights`.
    """
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.maximum(length, 1e-12)
    unit = (unit - unit.mean(0)).astype(np.float64)
    axes = np.linalg.eigh(unit.T @ unit)[1][:, -_AXES:]
    indices, distances = nearest_neighbors(
        unit @ axes, number, workers=workers)
    return indices, gaussian_weights(distances)[0]


def find_copies(predictions: Predictions,
                workers: int = 2,
                track: Optional[TRACK] = None) -> List[List[int]]:
    """Groups of samples whose images have the same pixels.

    Args:
        predictions (Predictions): With the set.
        workers (int): Threads that decode images. Defaults to 2.
        track (Callable, optional): Shows the progress. Defaults to None.
    """
    samples: List[Sample] = []
    for leaf in leaf_datasets(predictions.dataset):
        part = Part({})
        part.dataset, part.classes = leaf, predictions.classes
        start = len(samples)
        for sample, _ in read_samples(part):
            sample.index += start
            samples.append(sample)
    scan_samples(samples, workers, track)
    groups = duplicate_groups(samples, 'pixels')
    known = {sample.index for group in groups for sample in group}
    groups += [group for group in duplicate_groups(samples, 'bytes')
               if group[0].index not in known]
    return [[sample.index for sample in group] for group in groups]
