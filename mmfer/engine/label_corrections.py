# Copyright (c) mmfer contributors.
"""What is written and reckoned about corrected labels."""
import json
import os.path as osp
from typing import Any, Dict, List, Optional

import numpy as np
import torch
from torch.utils.data import Dataset

from mmfer.datasets.samplers.labels import dataset_labels
from mmfer.datasets.unwrap import leaf_datasets
from mmfer.errors import ConfigError
from mmfer.files import atomic_write
from mmfer.models.banks import Corrections


class TrainingLabels:
    """The samples of a training set by ``sample_idx``.

    Args:
        dataset (Dataset): The training set, also within wrappers.

    Raises:
        ValueError: If ``sample_idx`` is not unique.
        TypeError: If a dataset does not tell its labels.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.leaves = leaf_datasets(dataset)
        self.starts, start = [], 0
        for leaf in self.leaves:
            if getattr(leaf, 'sample_offset', 0) != start:
                raise ConfigError(f'sample_idx of {type(leaf).__name__} does '
                                  f'not start at {start}, so that samples of '
                                  'several datasets would share a label',
                                  hint="add dict(type='SampleIndexHook') to "
                                  'custom_hooks; in a concatenation, take '
                                  'only datasets of mmfer')
            self.starts.append(start)
            start += len(leaf)
        self.given = np.concatenate(
            [dataset_labels(leaf) for leaf in self.leaves]).astype(np.int64)
        classes = (getattr(self.leaves[0], 'metainfo', None) or {}).get(
            'classes')
        self.classes: Optional[List[str]] = classes and list(classes)

    def clean(self) -> np.ndarray:
        """The labels before noise, int64 of shape ``(N, )``; -1 where nobody
        knows them."""
        parts = []
        for leaf in self.leaves:
            known = getattr(leaf, 'clean_labels', lambda: None)()
            parts.append(np.full(len(leaf), -1) if known is None else known)
        return np.concatenate(parts).astype(np.int64)

    def path(self, index: int) -> Optional[str]:
        """The image of a sample, or the name of a drawn one."""
        number = int(np.searchsorted(self.starts, index, 'right')) - 1
        info = self.leaves[number].get_data_info(index - self.starts[number])
        return info.get('img_path') or info.get('face_name')

    def name(self, label: int) -> Any:
        """The name of a class, its index where names are unknown."""
        return label if not self.classes else self.classes[label]


def correction_lines(epoch: int, changes: Corrections,
                     samples: TrainingLabels,
                     clean: np.ndarray) -> List[str]:
    """One JSON line for each change."""
    lines = []
    for index, given, old, new, score, margin in zip(
            *(part.tolist() for part in changes[:6])):
        entry = dict(
            epoch=epoch,
            index=index,
            path=samples.path(index),
            given=samples.name(given),
            old=samples.name(old),
            new=samples.name(new),
            score=round(score, 6),
            margin=round(margin, 6))
        if clean[index] >= 0:
            entry['clean'] = samples.name(int(clean[index]))
        lines.append(json.dumps(entry))
    return lines


def correction_quality(changes: Corrections, label: torch.Tensor,
                       given: np.ndarray, clean: np.ndarray,
                       confidence: Optional[torch.Tensor] = None,
                       low_ratio: float = 0.3) -> Dict[str, float]:
    """How good the corrections are, over samples whose truth is known.

    Args:
        changes (Corrections): What an epoch has changed.
        label (Tensor): The labels after it, int64 of shape ``(N, )``.
        given (np.ndarray): The labels of the training set, ``(N, )``.
        clean (np.ndarray): The true labels, ``(N, )``; -1 = unknown.
        confidence (Tensor, optional): How far the labels were trusted in the
            epoch, ``(N, )``; NaN = unknown. Defaults to None, not known.
        low_ratio (float): The part of the samples that counts as distrusted.
            Defaults to 0.3.

    Returns:
        dict[str, float]: Shares in [0, 1]. ``precision``: of the changes of
        this epoch, those to the truth. ``recall``: of the labels that were
        wrong before it, those that it put right. ``total_precision``: of the
        labels that now differ from the given ones, those that are true.
        ``total_recall``: of the given labels that are wrong, those that are
        right now. ``noise_rate``: of all labels, those that are wrong now.
        ``low_group``: of the labels that were wrong before it, those among
        the least trusted of all samples, the most that a correction of
        distrusted samples can reach. A share of nothing is left out.
    """
    index, old, new = (part.numpy()
                       for part in (changes.index, changes.old, changes.new))
    now, known = label.cpu().numpy(), clean >= 0
    before = now.copy()
    before[index] = old
    hit = (new == clean[index])[known[index]]
    changed = known & (now != given)
    wrong_before, wrong_given = (known & (x != clean) for x in (before, given))
    shares = dict(
        precision=(hit.sum(), len(hit)),
        recall=(hit.sum(), wrong_before.sum()),
        total_precision=((changed & (now == clean)).sum(), changed.sum()),
        total_recall=((wrong_given & (now == clean)).sum(),
                      wrong_given.sum()),
        noise_rate=((known & (now != clean)).sum(), known.sum()))
    if confidence is not None:
        trust = confidence.cpu().numpy()
        order = trust.argsort(kind='stable')[:np.isfinite(trust).sum()]
        low = order[:round(low_ratio * len(order))]
        shares['low_group'] = (wrong_before[low].sum(),
                               wrong_before[order].sum())
    return {k: float(a / b) for k, (a, b) in shares.items() if b}


def keep_until(path: str, epoch: int, source: str) -> None:
    """Carry a file of corrections on from an interrupted run.

    Lines of later epochs, which will come again, and a line that was cut off
    are left out.

    Args:
        path (str): The file to write.
        epoch (int): The last epoch that counts.
        source (str): The file to read, which need not exist.
    """
    kept = []
    if epoch and osp.isfile(source):
        with open(source, encoding='utf-8') as file:
            for line in file:
                try:
                    if json.loads(line)['epoch'] <= epoch:
                        kept.append(line.rstrip('\n') + '\n')
                except (ValueError, KeyError, TypeError):
                    continue
    with atomic_write(path) as file:
        file.writelines(kept)
