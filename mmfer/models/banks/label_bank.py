# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional, Sequence, Union

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.errors import ConfigError, RunError
from mmfer.registry import MODELS
from mmfer.structures import SampleBatch
from ..layers import one_hot
from .corrections import Corrections, within_cap
from .fingerprint import difference, fingerprint
from .relabeling import EpochRelabeling
from .sample_indices import sample_indices
from .staged_rows import StagedRows


# may wait: between epochs
def _shares(predicted: torch.Tensor, labels: torch.Tensor,
            num_classes: int) -> Sequence[torch.Tensor]:
    """Return the fractions of the samples that have each label, that are
    predicted as each class, and both, float64 ``(C, )`` each."""
    number = max(len(labels), 1)
    return [
        x.bincount(minlength=num_classes).double() / number
        for x in (labels, predicted, labels[labels == predicted])
    ]


def agreement(predicted: torch.Tensor, labels: torch.Tensor,
              num_classes: int) -> torch.Tensor:
    """Return Cohen's kappa, not below 0.

    Args:
        predicted (Tensor): Classes, int64 ``(N, )``.
        labels (Tensor): Labels, int64 ``(N, )``.
        num_classes (int): The number of classes C.

    Returns:
        Tensor: float32 scalar in [0, 1]; 0 at chance, and without samples.
    """
    label, guess, both = _shares(predicted, labels, num_classes)
    chance = (label * guess).sum()
    kappa = (both.sum() - chance) / (1 - chance)
    return kappa.nan_to_num(nan=0., neginf=0.).clamp(0, 1).float()


def class_skill(predicted: torch.Tensor, labels: torch.Tensor,
                num_classes: int) -> torch.Tensor:
    """Return the skill of each class, see :class:`LabelBank`.

    Args:
        predicted (Tensor): Classes, int64 ``(N, )``.
        labels (Tensor): Labels, int64 ``(N, )``.
        num_classes (int): The number of classes C.

    Returns:
        Tensor: float64 ``(C, )``, at most 1; 0 for a class that is never
        predicted.
    """
    label, guess, both = _shares(predicted, labels, num_classes)
    skill = (both / guess - label) / (1 - label)
    return torch.where(guess > 0, skill, 0.).nan_to_num()


@MODELS.register_module()
class LabelBank(nn.Module):
    """The memory of what is believed about each training sample.

    Samples are known by their ``sample_idx``. The bank starts empty and gets
    its size and the given labels from the training set by
    :class:`~mmfer.engine.hooks.LabelCorrectionHook`, which also applies the
    changes at the end of each epoch. All is in buffers: saved, resumed and,
    between epochs, the same on every rank.

    A method reads :meth:`labels`, and notes what it finds with
    :meth:`observe`, :meth:`stage` and :meth:`stage_soft`. These work on the
    device without waiting for it. Giving a sample its given label back is a
    change like any other.

    Args:
        num_classes (int): The number of classes.
        soft (bool): Whether to keep a label distribution of each sample too;
            it starts as the one-hot label and takes the place of ``gt_score``
            in the batch. Defaults to False.
        momentum (float): How much of the running mean of the confidence stays
            when an epoch is added, in [0, 1). Defaults to 0.9.
        immediate (bool): Whether a staged label counts from the next time its
            sample is drawn, on the same rank; otherwise from the next epoch.
            Defaults to False.
        max_changes (int or float, optional): The largest number of labels
            changed in one epoch, or the fraction of the samples; those with
            the largest margins are changed. Returning to the given label is
            not limited. Defaults to None, no limit.
        correction (dict, optional): The rule that proposes labels from the
            outputs of the head, such as :class:`MarginRelabeling`. Defaults
            to None: the model calls :meth:`stage` itself, or nothing is
            corrected.
        min_skill (float): The skill of a class from which the correction may
            change labels to it, in [0, 1): :math:`(p - b) / (1 - b)`, where
            p is the fraction of the samples believed to be of this class
            that have it as given label, and b is the fraction of all samples
            that have it. It is 0 at chance. Our choice. Defaults to 0, no
            condition.
        min_stability (float): Cohen's kappa, between the classes believed in
            in an epoch and by the mean over the earlier ones, from which the
            correction may change labels, in [0, 1). A network that knows the
            classes recognizes the same samples in the next epoch, however
            many labels are wrong; one that is too weak does not. Our choice.
            Defaults to 0, no condition.

    The beliefs of a correction that judges the whole training set, or that
    has one of these conditions, are averaged over the epochs, see
    :meth:`commit`.

    Raises:
        ConfigError: If an argument is outside its range, or the correction
            cannot take effect at once as ``immediate`` requires.
    """

    nan_is_unknown = ('confidence', 'confidence_mean', 'belief')

    def __init__(self,
                 num_classes: int,
                 soft: bool = False,
                 momentum: float = 0.9,
                 immediate: bool = False,
                 max_changes: Union[int, float, None] = None,
                 correction: Optional[dict] = None,
                 min_skill: float = 0.,
                 min_stability: float = 0.,
                 posterior_momentum: Optional[float] = None) -> None:
        super().__init__()
        if num_classes < 2:
            raise ValueError('num_classes must be at least 2, got '
                             f'{num_classes}')
        if posterior_momentum is not None:
            raise ConfigError(
                'posterior_momentum was removed: its mean forgot the early '
                'epochs',
                hint="correction=dict(type='TypicalRelabeling') judges by "
                'the mean over the epochs')
        conditions = dict(min_skill=min_skill, min_stability=min_stability)
        for name, value in dict(momentum=momentum, **conditions).items():
            if not 0 <= value < 1:
                raise ConfigError(f'{name} must be in [0, 1), got {value}')
        if any(conditions.values()) and correction is None:
            raise ConfigError('min_skill and min_stability are conditions on '
                              'a correction, and there is none')
        if max_changes is not None and not (
                0 <= max_changes and
                (isinstance(max_changes, int) or max_changes <= 1)):
            raise ConfigError('max_changes must be a number from 0 or a '
                              f'fraction in [0., 1.], got {max_changes!r}')
        self.num_classes, self.momentum = num_classes, momentum
        self.immediate, self.max_changes = immediate, max_changes
        self.correction = correction and MODELS.build(correction)
        self.min_skill, self.min_stability = min_skill, min_stability
        between = [
            name for name, used in {
                'max_changes': max_changes is not None,
                **conditions,
                type(self.correction).__name__: self._judges_all,
            }.items() if used
        ]
        if immediate and between:
            raise ConfigError(
                f'{" and ".join(between)} cannot be combined with '
                'immediate=True, since labels change between epochs',
                hint='set immediate=False')
        # Whether `correction` is asked in this epoch.
        self.correcting = True
        # Stability of the beliefs in the last epoch, see `min_stability`.
        self.stability: Optional[float] = None
        # Whether the contents come from a checkpoint.
        self.restored = False
        for name in ('given', 'label', 'confidence', 'confidence_mean',
                     'fingerprint', *['soft'] * soft,
                     *['belief', 'belief_weight'] * self._remembers):
            self.register_buffer(name, None)
        self.changes = StagedRows(
            label=(torch.int64, ()),
            score=(torch.float32, ()),
            margin=(torch.float32, ()))
        self.seen = StagedRows(confidence=(torch.float32, ()))
        self.next_soft = StagedRows(
            soft=(torch.float32, (num_classes, ))) if soft else None
        self.next_belief = StagedRows(
            belief=(torch.float32, (num_classes, ))) if self._remembers \
            else None
        self._resize(0, torch.device('cpu'))

    @property
    def size(self) -> int:
        """The number of samples, 0 before the training set is known."""
        return len(self.given)

    @property
    def _judges_all(self) -> bool:
        """Whether the correction judges the whole training set at once."""
        return isinstance(self.correction, EpochRelabeling)

    @property
    def _remembers(self) -> bool:
        """Whether beliefs are averaged over the epochs."""
        return self._judges_all or self._conditional

    @property
    def _conditional(self) -> bool:
        """Whether a class must be known before labels change to it."""
        return max(self.min_skill, self.min_stability) > 0

    # ------------------------------------------------------ the training set
    # may wait: before training
    def initialise(self, labels: Sequence[int]) -> None:
        """Start from the labels of the training set.

        Args:
            labels (Sequence[int]): In the order of ``sample_idx``.

        Raises:
            ValueError: If there is no label or one is not a class.
        """
        given = torch.as_tensor(labels, dtype=torch.int64)
        if given.ndim != 1 or not given.numel():
            raise ValueError('the labels of a training set must be a list, '
                             f'got the shape {tuple(given.shape)}')
        low, high = int(given.min()), int(given.max())
        if low < 0 or high >= self.num_classes:
            raise ValueError(
                f'the training set has labels from {low} to {high}, the bank '
                f'num_classes={self.num_classes}')
        device = self.given.device
        if self.size != len(given):
            self._resize(len(given), device)
        self.given.copy_(given)
        self.label.copy_(given)
        self.confidence.fill_(torch.nan)
        self.confidence_mean.fill_(torch.nan)
        self.fingerprint.copy_(fingerprint(given))
        if self.next_soft is not None:
            self.soft.copy_(one_hot(given, self.num_classes))
        if self.next_belief is not None:
            self.belief.fill_(torch.nan)
            self.belief_weight.zero_()
        self._reset()
        self.restored = False

    # may wait: before training
    def check(self, labels: Sequence[int]) -> None:
        """Refuse another training set than that of the bank.

        Args:
            labels (Sequence[int]): In the order of ``sample_idx``.

        Raises:
            ValueError: If the number of samples or their labels differ.
        """
        given = torch.as_tensor(labels, dtype=torch.int64)
        hint = ('resume with the dataset, label noise, indices and order of '
                'the interrupted run')
        if len(given) != self.size:
            raise ConfigError(f'the label bank knows {self.size} samples, '
                              f'the training set has {len(given)}',
                              hint=hint)
        if not torch.equal(fingerprint(given), self.fingerprint.cpu()):
            raise ConfigError('the label bank was made for other labels than '
                              'those of the training set: '
                              f'{difference(self.given.cpu(), given)}',
                              hint=hint)

    # ------------------------------------------------- in every training step
    def labels(self, sample_idx: torch.Tensor) -> torch.Tensor:
        """The labels that are believed now.

        Args:
            sample_idx (Tensor): int64 of shape ``(N, )`` on the bank's
                device.

        Returns:
            Tensor: int64 of shape ``(N, )``.
        """
        self._require(sample_idx)
        label = self.label[sample_idx]
        if self.immediate:
            staged = self.changes.label[sample_idx]
            label = torch.where(self.changes.key[sample_idx] > 0, staged,
                                label)
        return label

    def given_labels(self, sample_idx: torch.Tensor) -> torch.Tensor:
        """The labels of the training set, int64 of shape ``(N, )``."""
        self._require(sample_idx)
        return self.given[sample_idx]

    def soft_labels(self, sample_idx: torch.Tensor) -> torch.Tensor:
        """The kept distributions, float32 of shape ``(N, C)``."""
        self._require(sample_idx)
        return self.soft[sample_idx]

    def learn(self, sample_idx: torch.Tensor,
              outputs: Dict[str, torch.Tensor]) -> None:
        """Note the confidence and stage what the correction proposes.

        Args:
            sample_idx (Tensor): int64 of shape ``(N, )``.
            outputs (dict[str, Tensor]): What the head computed of the
                samples: ``confidence`` ``(N, )`` where it has one, and what
                the correction needs.
        """
        if 'confidence' in outputs:
            self.observe(sample_idx, outputs['confidence'])
        if self.correction is None:
            return
        if self.next_belief is not None:
            self._require(sample_idx)
            self.next_belief.put(
                sample_idx, belief=self.correction.posterior(outputs))
        if self.correcting and not self._judges_all:
            revisit = self.correction.revisit
            judged = self.given_labels if revisit else self.labels
            labels, score, margin, changed = self.correction(
                outputs, judged(sample_idx))
            self.stage(sample_idx, labels, score, margin,
                       None if revisit else changed)

    def observe(self, sample_idx: torch.Tensor,
                confidence: torch.Tensor) -> None:
        """Note how far the samples' labels are trusted.

        Args:
            sample_idx (Tensor): int64 of shape ``(N, )``.
            confidence (Tensor): float of shape ``(N, )``.
        """
        self._require(sample_idx)
        self.seen.put(sample_idx, confidence=confidence.detach())

    def stage(self,
              sample_idx: torch.Tensor,
              labels: torch.Tensor,
              score: torch.Tensor,
              margin: torch.Tensor,
              mask: Optional[torch.Tensor] = None) -> None:
        """Propose labels, to be applied at the end of the epoch.

        Where a sample is proposed more than once, the latest proposal counts.

        Args:
            sample_idx (Tensor): int64 of shape ``(N, )``.
            labels (Tensor): The proposed labels, int64 of shape ``(N, )``.
            score (Tensor): How sure the method is, ``(N, )``, for the log.
            margin (Tensor): By how much the proposal beats the present label,
                ``(N, )``, for the log and ``max_changes``.
            mask (Tensor, optional): Which proposals are meant, bool of shape
                ``(N, )``. Defaults to None, all.
        """
        self._require(sample_idx)
        self.changes.put(sample_idx, mask, label=labels,
                         score=score.detach(), margin=margin.detach())

    def stage_soft(self, sample_idx: torch.Tensor,
                   probabilities: torch.Tensor) -> None:
        """Propose distributions, ``(N, C)``, for the end of the epoch."""
        self._require(sample_idx)
        self.next_soft.put(sample_idx, soft=probabilities.detach())

    def write_labels(self, data_samples: Sequence[DataSample]
                     ) -> torch.Tensor:
        """Put the labels that are believed now into a batch.

        A distribution ``gt_score`` in the batch is replaced by the kept one
        (``soft=True``) or, where the label was changed, by the one-hot label.

        Args:
            data_samples (Sequence[DataSample]): The samples of a batch, on
                the device.

        Returns:
            Tensor: Their ``sample_idx``, int64 of shape ``(N, )``.
        """
        index = sample_indices(data_samples, self.label.device)
        batch = SampleBatch.of(data_samples)
        targets = dict(gt_label=self.labels(index))
        if self.next_soft is not None:
            targets['gt_score'] = self.soft_labels(index)
        elif 'gt_score' in batch.targets:
            score = batch.targets['gt_score']
            changed = targets['gt_label'] != self.given[index]
            targets['gt_score'] = torch.where(
                changed[:, None],
                one_hot(targets['gt_label'], self.num_classes), score)
        batch.update_targets(targets)
        return index

    # ----------------------------------------------- at the end of the epoch
    # may wait: between epochs
    @torch.no_grad()
    def commit(self) -> Corrections:
        r"""Merge all ranks and apply the staged changes.

        All ranks must call it. The beliefs of an epoch are added to their
        mean with the weight :math:`(\kappa (1 - \kappa))^2`, where
        :math:`\kappa` is Cohen's kappa between the classes believed in and
        the labels trained on in this epoch. So neither a network that knows
        little yet nor one that repeats all its labels, right or wrong, has
        a say: what was believed in between is kept to the end of training,
        however long it is. Our choice.

        Returns:
            Corrections: The changes, the same on all ranks.

        Raises:
            ValueError: If a staged label is not a class.
        """
        seen, rows = self.seen.merge()
        fresh = rows['confidence']
        mean = self.momentum * self.confidence_mean + (
            1 - self.momentum) * fresh
        mean = torch.where(self.confidence_mean.isnan(), fresh, mean)
        self.confidence_mean.copy_(
            torch.where(seen, mean, self.confidence_mean))
        self.confidence.copy_(torch.where(seen, fresh, self.confidence))
        if self.next_soft is not None:
            seen, rows = self.next_soft.merge()
            self.soft.copy_(torch.where(seen[:, None], rows['soft'],
                                        self.soft))
        known = None
        if self.next_belief is not None:
            known = self._remember(*self.next_belief.merge())

        seen, rows = self.changes.merge()
        if self._judges_all and self.correcting:
            seen = self.belief_weight > 0
            rows = self.correction(self.belief, self.given, seen)._asdict()
            rows['label'] = rows.pop('labels')
        return self._change(seen, rows, known if self._conditional else None)

    # may wait: between epochs
    def _remember(self, seen: torch.Tensor,
                  rows: Dict[str, torch.Tensor]) -> torch.Tensor:
        """Add the beliefs of an epoch to their mean.

        Returns:
            Tensor: The classes to which labels may change, bool ``(C, )``,
            by ``min_skill`` and ``min_stability``.
        """
        fresh, past = rows['belief'], self.belief_weight.clone()
        both = seen & (past > 0)
        stability = agreement(fresh[both].argmax(1),
                              self.belief[both].argmax(1), self.num_classes)
        kappa = agreement(fresh[seen].argmax(1), self.label[seen],
                          self.num_classes)
        self.belief_weight.add_(seen * (kappa * (1 - kappa))**2)
        part = ((self.belief_weight - past) /
                self.belief_weight).nan_to_num()[:, None]
        mean = torch.where(past[:, None] > 0, self.belief, fresh)
        known = self.belief_weight > 0
        self.belief.copy_(
            torch.where(known[:, None], mean.lerp(fresh, part), self.belief))
        skill = class_skill(self.belief[known].argmax(1), self.given[known],
                            self.num_classes)
        self.stability = float(stability)
        return (skill >= self.min_skill) & (
            self.stability >= self.min_stability)

    # may wait: between epochs
    def _change(self, seen: torch.Tensor, rows: Dict[str, torch.Tensor],
                known: Optional[torch.Tensor]) -> Corrections:
        """Change the labels of ``seen`` samples as far as allowed; to other
        classes than ``known`` ones only back to the given label."""
        index = (seen & (rows['label'] != self.label)).nonzero().flatten()
        given, old, new, score, margin = (
            tensor[index].cpu() for tensor in (self.given, self.label, *(
                rows[name] for name in ('label', 'score', 'margin'))))
        index = index.cpu()
        wrong = (new < 0) | (new >= self.num_classes)
        if wrong.any():
            first = int(wrong.nonzero()[0])
            raise ValueError(
                f'label {int(new[first])} was staged for sample '
                f'{int(index[first])}; there are {self.num_classes} classes')
        allowed = new == given
        forward = ~allowed
        if known is not None:
            forward &= known.cpu()[new]
        places = forward.nonzero().flatten()
        allowed[places[within_cap(margin[places], self.max_changes,
                                  self.size)]] = True
        dropped = int((~allowed).sum())
        index, given, old, new, score, margin = (
            part[allowed] for part in (index, given, old, new, score, margin))
        self.label[index.to(self.label.device)] = new.to(self.label.device)
        return Corrections(index, given, old, new, score, margin, dropped)

    # ---------------------------------------------------------------- shared
    def _resize(self, size: int, device: torch.device) -> None:
        kinds = dict(given=torch.int64, label=torch.int64,
                     confidence=torch.float32, confidence_mean=torch.float32)
        for name, dtype in kinds.items():
            setattr(self, name, torch.zeros(size, dtype=dtype, device=device))
        self.fingerprint = torch.zeros(32, dtype=torch.uint8, device=device)
        if self.next_belief is not None:
            self.belief_weight = torch.zeros(size, device=device)
        for name, staged in dict(soft=self.next_soft,
                                 belief=self.next_belief).items():
            if staged is not None:
                setattr(self, name, torch.zeros(size, self.num_classes,
                                                device=device))
        for rows in self._staged():
            rows.resize(size, device)

    def _staged(self) -> List[StagedRows]:
        return [m for m in self.children() if isinstance(m, StagedRows)]

    def _reset(self) -> None:
        for rows in self._staged():
            rows.reset()

    def _require(self, sample_idx: torch.Tensor) -> None:
        if not self.size:
            raise RunError('the label bank does not know the training set yet',
                           hint="add dict(type='LabelCorrectionHook') to "
                           'custom_hooks')
        if sample_idx.dtype != torch.int64 or sample_idx.ndim != 1:
            raise TypeError(
                'sample_idx must be int64 of shape (N, ), got '
                f'{sample_idx.dtype} of shape {tuple(sample_idx.shape)}')

    def _load_from_state_dict(self, state_dict: Dict[str, Any], prefix: str,
                              local_metadata: dict, strict: bool,
                              missing_keys: List[str],
                              unexpected_keys: List[str],
                              error_msgs: List[str]) -> None:
        """Take the size of the checkpoint if there is none yet.

        A checkpoint without a bank leaves this one as it is: a bank is no
        weight, and the hook refuses to resume without one.
        """
        saved = state_dict.get(prefix + 'given')
        if saved is None or not len(saved):
            return
        if not self.size:
            self._resize(len(saved), self.given.device)
        before = len(error_msgs) + len(missing_keys)
        super()._load_from_state_dict(state_dict, prefix, local_metadata,
                                      strict, missing_keys, unexpected_keys,
                                      error_msgs)
        self.restored = before == len(error_msgs) + len(missing_keys)
        self._reset()
