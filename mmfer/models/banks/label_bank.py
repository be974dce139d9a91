# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional, Sequence, Union

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from mmfer.structures import SampleBatch
from ..layers import one_hot
from .corrections import Corrections, within_cap
from .fingerprint import difference, fingerprint
from .sample_indices import sample_indices
from .staged_rows import StagedRows


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
        max_changes (int or float, optional): The most labels changed in one
            epoch, a number or a share of the samples; those with the largest
            margins go through. Defaults to None, no limit.
        correction (dict, optional): What proposes labels from the outputs of
            the head, such as :class:`MarginRelabeling`. Defaults to None:
            the model calls :meth:`stage` itself, or nothing is corrected.
        posterior_momentum (float): How much of the running mean, over the
            epochs, of the correction's posterior stays when an epoch is
            added, in [0, 1). The correction then judges by this mean, which
            is far surer of a wrong label than one look. Our choice, after
            `Temporal Ensembling <https://arxiv.org/abs/1610.02242>`_.
            Defaults to 0, the present look alone.

    Raises:
        ValueError: If an argument lies outside its range, or
            ``max_changes`` is given with ``immediate``.
    """

    def __init__(self,
                 num_classes: int,
                 soft: bool = False,
                 momentum: float = 0.9,
                 immediate: bool = False,
                 max_changes: Union[int, float, None] = None,
                 correction: Optional[dict] = None,
                 posterior_momentum: float = 0.) -> None:
        super().__init__()
        if num_classes < 2:
            raise ValueError('num_classes must be at least 2, got '
                             f'{num_classes}')
        for name, value in dict(
                momentum=momentum,
                posterior_momentum=posterior_momentum).items():
            if not 0 <= value < 1:
                raise ValueError(f'{name} must lie in [0, 1), got {value}')
        if posterior_momentum and correction is None:
            raise ValueError('posterior_momentum is that of a correction, '
                             'and there is none')
        if max_changes is not None:
            if max_changes < 0 or isinstance(
                    max_changes, float) and not max_changes <= 1:
                raise ValueError(
                    'max_changes must be a number from 0 or a share in '
                    f'[0., 1.], got {max_changes!r}')
            if immediate:
                raise ValueError('max_changes cannot be kept with '
                                 'immediate=True; set one of them')
        self.num_classes, self.momentum = num_classes, momentum
        self.immediate, self.max_changes = immediate, max_changes
        self.correction = correction and MODELS.build(correction)
        self.posterior_momentum = posterior_momentum
        # Whether `correction` is asked in this epoch.
        self.correcting = True
        # Whether the contents come from a checkpoint.
        self.restored = False
        for name in ('given', 'label', 'confidence', 'confidence_mean',
                     'fingerprint', *['soft'] * soft,
                     *['posterior'] * (posterior_momentum > 0)):
            self.register_buffer(name, None)
        self.changes = StagedRows(
            label=(torch.int64, ()),
            score=(torch.float32, ()),
            margin=(torch.float32, ()))
        self.seen = StagedRows(confidence=(torch.float32, ()))
        self.next_soft = StagedRows(
            soft=(torch.float32, (num_classes, ))) if soft else None
        self.next_posterior = StagedRows(
            posterior=(torch.float32, (num_classes, )
                       )) if posterior_momentum else None
        self._resize(0, torch.device('cpu'))

    @property
    def size(self) -> int:
        """The number of samples, 0 before the training set is known."""
        return len(self.given)

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
        if self.next_posterior is not None:
            self.posterior.fill_(torch.nan)
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
            raise ValueError(f'the label bank knows {self.size} samples, the '
                             f'training set has {len(given)}. Remedy: {hint}')
        if not torch.equal(fingerprint(given), self.fingerprint.cpu()):
            raise ValueError(
                'the label bank was made for other labels than those of the '
                f'training set: {difference(self.given.cpu(), given)}. '
                f'Remedy: {hint}')

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
        posterior = None
        if self.next_posterior is not None:
            posterior = self._mean_posterior(sample_idx, outputs)
        if self.correcting:
            revisit = self.correction.revisit
            judged = self.given_labels if revisit else self.labels
            labels, score, margin, changed = self.correction(
                outputs, judged(sample_idx), posterior)
            self.stage(sample_idx, labels, score, margin,
                       None if revisit else changed)

    def _mean_posterior(self, sample_idx: torch.Tensor,
                        outputs: Dict[str, torch.Tensor]) -> torch.Tensor:
        """The running mean, ``(N, C)``, of the past epochs and this look."""
        self._require(sample_idx)
        fresh = self.correction.posterior(outputs)
        past = self.posterior[sample_idx]
        mean = torch.where(past.isnan(), fresh,
                           past.lerp(fresh, 1 - self.posterior_momentum))
        self.next_posterior.put(sample_idx, posterior=mean)
        return mean

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
        """Bring all ranks together and apply what was staged.

        All ranks must call it.

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
        for name, staged in dict(soft=self.next_soft,
                                 posterior=self.next_posterior).items():
            if staged is not None:
                kept = getattr(self, name)
                seen, rows = staged.merge()
                kept.copy_(torch.where(seen[:, None], rows[name], kept))

        seen, rows = self.changes.merge()
        index = (seen & (rows['label'] != self.label)).nonzero().flatten()
        parts = [
            tensor[index].cpu() for tensor in (self.given, self.label, *(
                rows[name] for name in ('label', 'score', 'margin')))
        ]
        where = index.cpu()
        wrong = (parts[2] < 0) | (parts[2] >= self.num_classes)
        if wrong.any():
            first = int(wrong.nonzero()[0])
            raise ValueError(
                f'label {int(parts[2][first])} was staged for sample '
                f'{int(where[first])}; there are {self.num_classes} classes')
        chosen = within_cap(parts[4], self.max_changes, self.size)
        where, parts = where[chosen], [part[chosen] for part in parts]
        self.label[where.to(self.label.device)] = parts[2].to(
            self.label.device)
        return Corrections(where, *parts, dropped=len(index) - len(where))

    # ---------------------------------------------------------------- shared
    def _resize(self, size: int, device: torch.device) -> None:
        kinds = dict(given=torch.int64, label=torch.int64,
                     confidence=torch.float32, confidence_mean=torch.float32)
        for name, dtype in kinds.items():
            setattr(self, name, torch.zeros(size, dtype=dtype, device=device))
        self.fingerprint = torch.zeros(32, dtype=torch.uint8, device=device)
        for name, staged in dict(soft=self.next_soft,
                                 posterior=self.next_posterior).items():
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
            raise RuntimeError(
                'the label bank does not know the training set yet. Remedy: '
                "add dict(type='LabelCorrectionHook') to custom_hooks")
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
