# Copyright (c) mmfer contributors.
"""Corrected labels in a form that every reader takes."""
import copy
import csv
import os.path as osp
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from mmfer.datasets import BaseFERDataset
from mmfer.datasets.noise import sample_names
from mmfer.datasets.tables import read_csv
from mmfer.datasets.unwrap import leaf_datasets
from mmfer.errors import ConfigTypeError
from mmfer.files import atomic_write
from mmfer.structures import AnnotationError


class LabelFile(NamedTuple):
    """The labels of the whole split that a reader took its samples from.

    Args:
        file (str): The name of the file, ``'labels.csv'``, or
            ``'labels_0.csv'`` and so on where a set has several readers.
        classes (tuple[str]): The class names.
        names (list[str]): All M samples of the split, see
            :func:`~mmfer.datasets.noise.sample_names`.
        labels (np.ndarray): Their labels, with noise, int64 of shape
            ``(M, )``.
        rows (np.ndarray): Which of them the reader gives, int64.
    """
    file: str
    classes: Tuple[str, ...]
    names: List[str]
    labels: np.ndarray
    rows: np.ndarray

    @property
    def own_names(self) -> List[str]:
        """The samples that the reader gives, in its order."""
        return [self.names[row] for row in self.rows]


def label_files(dataset: Any) -> List[LabelFile]:
    """The files in which the labels of a training set can be written.

    Args:
        dataset (Any): The training set, also within wrappers.

    Raises:
        TypeError: If a part of it is not read by mmfer.
    """
    leaves, files = leaf_datasets(dataset), []
    for number, leaf in enumerate(leaves):
        if not isinstance(leaf, BaseFERDataset):
            raise ConfigTypeError(f'{type(leaf).__name__} cannot read '
                                  'corrected labels',
                                  hint='read the annotations with a dataset '
                                  'of mmfer, such as FERFolder or FERCSV')
        files.append(LabelFile(
            'labels.csv' if len(leaves) == 1 else f'labels_{number}.csv',
            leaf.label_space.classes, *whole_split(leaf), leaf.split_rows()))
    return files


def write_label_files(files: Sequence[LabelFile], labels: np.ndarray,
                      folder: str) -> List[str]:
    """Write the labels of a training set.

    Each file gives a label to every sample of the split, also where
    ``indices`` or a fold took a part; those outside keep theirs. It is used
    by ``noise=dict(type='FileNoise', file=FILE)`` in the dataset, which takes
    the place of any other noise.

    Args:
        files (Sequence[LabelFile]): What :func:`label_files` gave.
        labels (np.ndarray): The new labels, int64 of shape ``(N, )``.
        folder (str): Where to.

    Returns:
        list[str]: The files.
    """
    paths, start = [], 0
    for file in files:
        whole, end = file.labels.copy(), start + len(file.rows)
        whole[file.rows] = labels[start:end]
        start = end
        paths.append(osp.join(folder, file.file))
        write_labels(paths[-1], dict(
            zip(file.names, (file.classes[label] for label in whole))))
    return paths


def whole_split(leaf: BaseFERDataset) -> Tuple[List[str], np.ndarray]:
    """Name and label of all samples of the split that a dataset belongs to.

    Args:
        leaf (BaseFERDataset): The dataset, or a part of it.

    Returns:
        tuple[list[str], np.ndarray]: Names as of
        :func:`~mmfer.datasets.noise.sample_names`, and labels with noise.
    """
    if leaf.noise_record is not None:
        return leaf.noise_record.names, leaf.noise_record.noisy.copy()
    samples = copy.copy(leaf).read_split()
    names = sample_names([s.get('img_path', '') for s in samples],
                         leaf.data_root)
    return names, np.array([s['gt_label'] for s in samples], dtype=np.int64)


def write_labels(path: str, labels: Dict[str, str]) -> None:
    """Write a table ``name,label``; the file is complete or absent.

    Args:
        path (str): The file.
        labels (dict[str, str]): Name of a sample -> class name.
    """
    with atomic_write(path, newline='') as file:
        table = csv.writer(file, lineterminator='\n')
        table.writerow(('name', 'label'))
        table.writerows(labels.items())


def read_labels(path: str) -> Dict[str, str]:
    """Read a table ``name,label``.

    Args:
        path (str): The file.

    Raises:
        AnnotationError: If a row is malformed or a name stands there twice.
    """
    labels: Dict[str, str] = {}
    for line, row in read_csv(path, ('name', 'label')):
        if row['name'] in labels or not row['label']:
            raise AnnotationError(
                'a second row for this sample' if row['label'] else
                'no label', path, line, row['name'])
        labels[row['name']] = row['label']
    return labels


def apply_decisions(labels: Dict[str, str], path: str,
                    file: str) -> Dict[str, str]:
    """Lay what a person has decided on the page of an audit over labels.

    Args:
        labels (dict[str, str]): From :func:`read_labels`, all samples.
        path (str): The table of decisions: ``file``, ``name``, ``label``.
        file (str): The name of the label file; rows of others are left out.

    Raises:
        AnnotationError: If no decision is about this file, or one is about
            an unknown sample or class.
    """
    decided, known = {}, set(labels.values())
    for line, row in read_csv(path, ('file', 'name', 'label')):
        if row['file'] != file:
            continue
        if row['name'] not in labels:
            raise AnnotationError('no such sample in the labels', path, line,
                                  row['name'], 'name the label file of the '
                                  'same audit')
        if row['label'] not in known:
            raise AnnotationError('no label has this class', path, line,
                                  row['label'], f'known are {sorted(known)}')
        decided[row['name']] = row['label']
    if not decided:
        raise AnnotationError(f'no decision about {file}', path,
                              hint='name the label file of the same audit')
    return {**labels, **decided}
