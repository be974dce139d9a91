# Copyright (c) mmfer contributors.
"""Which labels of a training set are wrong."""
from .audit_labels import Audit, audit_labels, labels_before_noise
from .evidence import Evidence
from .fold_training import fold_config, held_out_scores, train_folds
from .label_files import (LabelFile, apply_decisions, label_files,
                          read_labels, whole_split, write_label_files,
                          write_labels)
from .like_faces import feature_neighbors, find_copies
from .out_of_fold import (confident_learning, out_of_fold_scores,
                          out_of_fold_signal)
from .page import write_page
from .ranking import (Ranking, rank, rank_shares, ranking_quality,
                      signal_weights)
from .signals import (SIGNALS, Signal, belief_signal, confidence_signal,
                      duplicate_signal, history_signal, neighbor_signal)
from .table import audit_rows

__all__ = [
    'Audit',
    'Evidence',
    'LabelFile',
    'Ranking',
    'SIGNALS',
    'Signal',
    'apply_decisions',
    'audit_labels',
    'audit_rows',
    'belief_signal',
    'confidence_signal',
    'confident_learning',
    'duplicate_signal',
    'feature_neighbors',
    'find_copies',
    'fold_config',
    'held_out_scores',
    'history_signal',
    'label_files',
    'labels_before_noise',
    'neighbor_signal',
    'out_of_fold_scores',
    'out_of_fold_signal',
    'rank',
    'rank_shares',
    'ranking_quality',
    'signal_weights',
    'read_labels',
    'train_folds',
    'whole_split',
    'write_label_files',
    'write_labels',
    'write_page',
]
