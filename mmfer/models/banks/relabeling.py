# Copyright (c) mmfer contributors.
from abc import ABC, abstractmethod
from typing import Dict, List, NamedTuple, Sequence

import torch

from mmfer.errors import ConfigError

# What gives an output that a rule needs.
_HINTS = dict(
    logits='use a head with one output, the logits (N, C)',
    confidence="wrap the head, dict(type='ImportanceHead', head=...), or "
    "have all samples judged: scope='all' of MarginRelabeling, low_ratio=1 of "
    'SimilarityRelabeling',
    posterior="add template=dict(type='TemplateHead', ...) to the task_heads "
    'of MultiTaskFERHead, or use MarginRelabeling',
    semantic_logits="add au=dict(type='AUGraphHead', ...) to the task_heads "
    'of MultiTaskFERHead')


class Proposal(NamedTuple):
    """What a correction would make of the labels of a batch.

    Args:
        labels (Tensor): The labels afterwards, int64 ``(N, )``.
        score (Tensor): The largest probability, float32 ``(N, )``.
        margin (Tensor): How far it is above the probability of the label,
            float32 ``(N, )``; the rule tells in which units.
        changed (Tensor): Which of them changed, bool ``(N, )``.
    """
    labels: torch.Tensor
    score: torch.Tensor
    margin: torch.Tensor
    changed: torch.Tensor


class Relabeling(ABC):
    """A rule that gives samples the class believed in most.

    What is believed, and when that is enough, is up to the rule. A
    ``correction`` of :class:`LabelBank`.

    Args:
        revisit (bool): Whether the bank has the given label judged in each
            epoch, so that a change stays only while it would be made again.
            Otherwise the present label is judged: what once passed by little
            stays, and such changes gather over the epochs. Our choice.
            Defaults to False.
    """

    def __init__(self, revisit: bool = False) -> None:
        self.revisit = revisit

    def __repr__(self) -> str:
        settings = ', '.join(f'{k}={v!r}' for k, v in vars(self).items())
        return f'{type(self).__name__}({settings})'

    @property
    @abstractmethod
    def needed(self) -> List[str]:
        """Which outputs of the head the rule looks at."""

    @abstractmethod
    def believe(self, outputs: Dict[str, torch.Tensor]) -> torch.Tensor:
        """Probabilities, float32 ``(N, C)``, from the needed outputs."""

    @torch.no_grad()
    def posterior(self, outputs: Dict[str, torch.Tensor]) -> torch.Tensor:
        """What is believed of the samples of a batch.

        Args:
            outputs (dict[str, Tensor]): At least those of ``needed``:
                ``confidence`` ``(N, )``, the others ``(N, C)``.

        Returns:
            Tensor: Probabilities, float32 ``(N, C)``.

        Raises:
            ConfigError: If the head does not give what is needed.
        """
        missing = [name for name in self.needed if name not in outputs]
        if missing:
            hints = [_HINTS[name] for name in missing if name in _HINTS]
            raise ConfigError(
                f'{type(self).__name__} needs {" and ".join(missing)} of each '
                'training sample, which the head does not give',
                hint='; '.join(hints) or None)
        return self.believe(outputs)


class BatchRelabeling(Relabeling):
    """Base class for rules that judge each batch by its present outputs."""

    @abstractmethod
    def accept(self, outputs: Dict[str, torch.Tensor],
               candidates: torch.Tensor,
               margin: torch.Tensor) -> torch.Tensor:
        """Return which labels to change, bool ``(N, )``.

        Args:
            outputs (dict[str, Tensor]): The needed outputs.
            candidates (Tensor): The classes believed in most, int64
                ``(N, )``.
            margin (Tensor): The largest probability minus that of the label,
                ``(N, )``.
        """

    @torch.no_grad()
    def __call__(self, outputs: Dict[str, torch.Tensor],
                 labels: torch.Tensor) -> Proposal:
        """Judge a batch.

        Args:
            outputs (dict[str, Tensor]): See :meth:`posterior`.
            labels (Tensor): The labels to judge, int64 ``(N, )``: the current
                or, with ``revisit``, the given ones.

        Raises:
            ConfigError: If the head does not give what is needed.
        """
        posterior = self.posterior(outputs)
        best, candidates = posterior.max(1)
        own = posterior.gather(1, labels[:, None]).squeeze(1)
        changed = self.accept(outputs, candidates, best - own)
        return Proposal(
            torch.where(changed, candidates, labels), best, best - own,
            changed)


class EpochRelabeling(Relabeling):
    """Base class for rules that judge the whole training set after an epoch,
    by the beliefs that the bank has averaged over the epochs.

    They judge the given labels in each epoch: a change is kept only while it
    would be made again.
    """

    def __init__(self) -> None:
        super().__init__(revisit=True)

    @abstractmethod
    def __call__(self, beliefs: torch.Tensor, labels: torch.Tensor,
                 known: torch.Tensor) -> Proposal:
        """Judge the training set.

        Args:
            beliefs (Tensor): Mean probabilities, float32 ``(N, C)``.
            labels (Tensor): The given labels, int64 ``(N, )``.
            known (Tensor): Samples that have beliefs, bool ``(N, )``; the
                others keep their labels.
        """


def mean_belief(outputs: Dict[str, torch.Tensor],
                names: Sequence[str]) -> torch.Tensor:
    """Return the mean of several outputs as probabilities.

    Args:
        outputs (dict[str, Tensor]): Outputs of a head, ``(N, C)``.
        names (Sequence[str]): Their names: ``'posterior'`` holds
            probabilities, the others hold logits.

    Returns:
        Tensor: float32 ``(N, C)``.
    """
    parts = [
        outputs[name].float()
        if name == 'posterior' else outputs[name].float().softmax(1)
        for name in names
    ]
    return sum(parts) / len(parts)


def low_group(confidence: torch.Tensor, high: int) -> torch.Tensor:
    """All but the samples trusted most.

    Args:
        confidence (Tensor): Of the samples of a batch, ``(N, )`` or
            ``(N, 1)``.
        high (int): How many of them are the high group.

    Returns:
        Tensor: bool ``(N, )``.
    """
    order = confidence.flatten().argsort(descending=True)
    low = torch.ones_like(order, dtype=torch.bool)
    low[order[:high]] = False
    return low
