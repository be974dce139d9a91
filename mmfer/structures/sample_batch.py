# Copyright (c) mmfer contributors.
from collections.abc import Sequence as AbstractSequence
from typing import Any, Dict, Iterator, List, Optional, Sequence, Union

import torch
from mmpretrain.structures import DataSample

from mmfer.errors import ConfigError
from .fer_data_sample import FERDataSample

# Targets that may be unknown for some samples of a batch; NaN stands there.
_MASKED = ('gt_au', 'gt_va', 'gt_landmarks')
# Where a label comes from no detector, it is trusted.
CONFIDENCES = ('au_confidence', 'va_confidence')
TARGETS = ('gt_label', 'gt_score', *_MASKED, *CONFIDENCES)


def _views(name: str, stack: torch.Tensor) -> Sequence[torch.Tensor]:
    """What the samples hold of a stack; a label has shape ``(1, )`` there."""
    return (stack.unsqueeze(1) if name == 'gt_label' else stack).unbind()


class SampleBatch(AbstractSequence):
    """The data samples of a batch, whose targets are stacked once.

    It stands where MMPretrain has a list of data samples. Its samples view
    the stacked targets, so that heads of MMPretrain, which look at one sample
    after the other, and heads of ours, which take the stack, see the same
    memory; between processes and devices only the stacks travel.

    Args:
        targets (Dict[str, Tensor]): Stacked targets of N samples: ``gt_label``
            (int64, ``(N, )``), ``gt_score`` (``(N, C)``), ``gt_au``
            (``(N, K)``), ``gt_va`` (``(N, 2)``), ``gt_landmarks``
            (``(N, L, 2)``), ``au_confidence`` and ``va_confidence``
            (``(N, )``), float32 but for the label, and whatever else a
            dataset gives a tensor of for every sample.
        metas (Dict[str, Sequence]): Meta information, N values each.
        samples (List[DataSample], optional): The samples, if they exist
            already; their targets are replaced by views. Defaults to None,
            made when first asked for.
        records (Dict[str, Any], optional): What batch augments did to the
            samples, see :class:`~mmfer.models.augments.AugmentBatch`; under
            ``second_view`` a :class:`~mmfer.models.augments.ViewChange`.
            Defaults to None, nothing.

    Raises:
        ValueError: If the numbers of samples differ.

    Examples:
        >>> batch = SampleBatch({'gt_label': torch.tensor([3, 5])},
        ...                     {'sample_idx': [10, 11]})
        >>> batch[1].gt_label, batch[1].sample_idx
        (tensor([5]), 11)
    """

    def __init__(self,
                 targets: Dict[str, torch.Tensor],
                 metas: Dict[str, Sequence],
                 samples: Optional[List[DataSample]] = None,
                 records: Optional[Dict[str, Any]] = None) -> None:
        self.targets = targets
        self.metas = metas
        self.records = records or {}
        sizes = {len(value) for value in [*targets.values(), *metas.values()]}
        sizes |= set() if samples is None else {len(samples)}
        if len(sizes) != 1:
            raise ValueError('targets, metas and samples of a batch must be '
                             f'of one length, got {sorted(sizes)}')
        self._size = sizes.pop()
        self._samples = samples
        if samples is not None:
            self._write_views()

    @classmethod
    def of(cls, samples: Union['SampleBatch', Sequence[DataSample]]
           ) -> 'SampleBatch':
        """A batch of data samples; a :class:`SampleBatch` as it is.

        A target that only a part of the samples has becomes NaN for the
        others, a confidence 1; a label or distribution must be there for all
        or none.

        Args:
            samples (Sequence[DataSample]): N > 0 samples.

        Raises:
            ValueError: If targets cannot be stacked.
        """
        if isinstance(samples, cls):
            return samples
        samples = list(samples)
        targets = {}
        for name in TARGETS:
            values = [sample.get(name) for sample in samples]
            if any(value is not None for value in values):
                targets[name] = _stack(name, values, samples)
        return cls(targets, {}, samples)

    def _write_views(self) -> None:
        for name, stack in self.targets.items():
            for sample, view in zip(self._samples, _views(name, stack)):
                sample.set_field(view, name)

    @property
    def samples(self) -> List[DataSample]:
        """The samples as a list, the same objects at every call."""
        if self._samples is None:
            self._samples = self._make_samples()
        return self._samples

    def _make_samples(self) -> List[DataSample]:
        metas, targets = dict(self.metas), self.targets
        if 'gt_score' in targets:
            metas['num_classes'] = [targets['gt_score'].size(1)] * self._size
        views = {name: _views(name, t) for name, t in targets.items()}
        columns = {**metas, **views}
        rows = zip(*columns.values()) if columns else ((), ) * self._size
        samples = []
        for row in rows:
            # As a sample writes itself, without its checks of every field.
            sample = FERDataSample()
            fields = sample.__dict__
            fields['_metainfo_fields'] = set(metas)
            fields['_data_fields'] = set(views)
            fields.update(zip(columns, row))
            samples.append(sample)
        return samples

    def update_targets(self, targets: Dict[str, torch.Tensor]) -> None:
        """Write other targets into the batch and its samples.

        Args:
            targets (Dict[str, Tensor]): Stacked targets; those that are not
                named are kept.
        """
        self.targets = {**self.targets, **targets}
        if self._samples is not None:
            self._write_views()

    def with_targets(self, targets: Dict[str, torch.Tensor],
                     records: Optional[Dict[str, Any]] = None
                     ) -> 'SampleBatch':
        """The same samples with other targets.

        Args:
            targets (Dict[str, Tensor]): Stacked targets; those that are not
                named are kept.
            records (Dict[str, Any], optional): What was done to the
                samples. Defaults to None, as before.
        """
        return SampleBatch({**self.targets, **targets}, self.metas,
                           self._samples, records or self.records)

    def to(self, device: Union[str, torch.device],
           non_blocking: bool = True) -> 'SampleBatch':
        """The batch with its targets on a device, one copy a kind; itself
        where they are there already."""
        moved = {
            name: stack.to(device, non_blocking=non_blocking)
            for name, stack in self.targets.items()
        }
        if all(stack is self.targets[name] for name, stack in moved.items()):
            return self
        return self.with_targets(moved)

    def pin_memory(self) -> 'SampleBatch':
        """The batch with its targets in pinned memory."""
        return self.with_targets({
            name: stack.pin_memory()
            for name, stack in self.targets.items()
        })

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: Union[int, slice]) -> Any:
        return self.samples[index]

    def __iter__(self) -> Iterator[DataSample]:
        return iter(self.samples)

    def __reduce__(self) -> tuple:
        if self._samples is not None:
            return SampleBatch.of, (self._samples, )
        return SampleBatch, (self.targets, self.metas)

    def __repr__(self) -> str:
        shapes = {k: tuple(v.shape) for k, v in self.targets.items()}
        return f'{type(self).__name__}({len(self)} samples, {shapes})'


def _stack(name: str, values: List[Optional[torch.Tensor]],
           samples: List[DataSample]) -> torch.Tensor:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        if name not in (*_MASKED, *CONFIDENCES):
            place = values.index(None)
            raise ConfigError(
                f'{name} is known for {len(known)} of {len(values)} samples '
                f'of a batch, not for {samples[place].get("img_path")}',
                hint='give it to all, or take readers that agree')
        blank = torch.full_like(
            known[0], 1. if name in CONFIDENCES else float('nan'))
        values = [blank if value is None else value for value in values]
    shapes = {tuple(value.shape) for value in values}
    if name == 'gt_label' and shapes != {(1, )}:
        raise ValueError('a face has one label, as a tensor of shape (1, ), '
                         f'got {sorted(shapes)}')
    if len(shapes) != 1:
        raise ConfigError(f'{name} differs in shape within a batch, '
                          f'{sorted(shapes)}',
                          hint='take readers with the same label space, '
                          'action units and number of landmarks')
    return torch.cat(values) if name == 'gt_label' else torch.stack(values)
