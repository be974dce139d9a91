# Copyright (c) mmfer contributors.
from typing import Any, Dict, NamedTuple, Optional, Sequence

import numpy as np
from mmengine.config import Config

from mmfer.datasets.neighbors import labels_of_set
from mmfer.datasets.unwrap import leaf_datasets
from mmfer.errors import ConfigError
from ..predictions import Predictions, collect_predictions
from .evidence import Evidence
from .ranking import Ranking, rank, ranking_quality
from .signals import SIGNALS, Signal


class Audit(NamedTuple):
    """What is known about the labels of a training set.

    Args:
        predictions (Predictions): What the model says.
        signals (dict[str, Signal]): The evidence by name.
        missing (dict[str, str]): Signals that could not be had, and why.
        ranking (Ranking): All signals together.
        clean (np.ndarray, optional): The labels before noise that was added
            on purpose, int64 of shape ``(N, )``; None where nobody knows.
    """
    predictions: Predictions
    signals: Dict[str, Signal]
    missing: Dict[str, str]
    ranking: Ranking
    clean: Optional[np.ndarray]

    def quality(self, top: float = 0.1) -> Dict[str, Dict[str, float]]:
        """How well the ranking, and each signal alone, finds the labels that
        noise has changed; empty where nobody knows them.

        Args:
            top (float): See :func:`ranking_quality`. Defaults to 0.1.
        """
        if self.clean is None:
            return {}
        wrong = self.clean != self.predictions.labels
        rankings = {'all signals': self.ranking.score}
        rankings.update(
            {name: s.suspicion for name, s in self.signals.items()})
        return {name: ranking_quality(values, wrong, top)
                for name, values in rankings.items()}


def audit_labels(cfg: Config,
                 checkpoint: str,
                 signals: Optional[Sequence[str]] = None,
                 **settings: Any) -> Audit:
    """Look for wrong labels in the training set of a config.

    Args:
        cfg (Config): A config that :func:`~mmfer.apis.run.prepare_config`
            has completed; changed in place.
        checkpoint (str): A checkpoint that was trained with it.
        signals (Sequence[str], optional): Keys of ``SIGNALS``; each must be
            available then. Defaults to None, all that are.
        **settings: See :class:`Evidence`.

    Raises:
        FileNotFoundError: If the checkpoint is missing.
        ValueError: If a named signal is unknown or cannot be had, or none is
            left.
        ImportError: If a named signal needs a package that is missing.
    """
    unknown = sorted(set(signals or ()) - set(SIGNALS))
    if unknown:
        raise ConfigError(f'unknown signals {unknown}',
                          hint=f'name some of {list(SIGNALS)}')
    predictions = collect_predictions(cfg, checkpoint, 'train', features=True)
    evidence = Evidence(predictions, checkpoint, **settings)
    found: Dict[str, Signal] = {}
    missing: Dict[str, str] = {}
    for name in signals or SIGNALS:
        try:
            found[name] = getattr(evidence, name)()
        except (ImportError, ValueError) as error:
            if signals:
                raise type(error)(f'signal {name}: {error}') from error
            missing[name] = str(error)
    return Audit(predictions, found, missing, rank(found, predictions.labels),
                 labels_before_noise(predictions.dataset))


def labels_before_noise(dataset: Any) -> Optional[np.ndarray]:
    """The labels of a set before noise, None where there is no noise.

    Args:
        dataset (Any): A dataset or a wrapper around datasets.

    Returns:
        np.ndarray or None: int64 of shape ``(N, )``.
    """
    known = [getattr(leaf, 'clean_labels', lambda: None)()
             for leaf in leaf_datasets(dataset)]
    if all(labels is None for labels in known):
        return None
    return labels_of_set(dataset)
