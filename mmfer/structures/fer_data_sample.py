# Copyright (c) mmfer contributors.
from multiprocessing.reduction import ForkingPickler
from typing import Any, Dict, Optional, Sequence, Union

import numpy as np
import torch
from mmpretrain.structures import DataSample

ARRAY_TYPE = Union[np.ndarray, torch.Tensor, Sequence[float], float]


def _floats(value: ARRAY_TYPE, name: str, shape: Sequence[Optional[int]]
            ) -> torch.Tensor:
    """``value`` as a float32 tensor whose shape fits ``shape``."""
    tensor = torch.as_tensor(value, dtype=torch.float32)
    if tensor.ndim != len(shape) or any(
            want not in (None, got) for want, got in zip(shape, tensor.shape)):
        wanted = tuple('any' if n is None else n for n in shape)
        raise ValueError(f'{name} must have shape {wanted}, got '
                         f'{tuple(tensor.shape)}')
    return tensor


class FERDataSample(DataSample):
    """One face: MMPretrain's data sample with the further targets of FER.

    ``gt_label`` and ``gt_score`` stay what they are in MMPretrain: the
    expression index and the label distribution over expressions. A target
    that is unknown is absent, or NaN where only a part of it is unknown; it
    never becomes zero.

    Data fields added:

    - ``gt_au``, ``pred_au`` (Tensor): action units, float32 of shape
      ``(K, )``; occurrence in {0, 1} or intensity, NaN = unknown.
    - ``gt_va``, ``pred_va`` (Tensor): valence and arousal, float32 of shape
      ``(2, )`` in [-1, 1], NaN = unknown.
    - ``gt_landmarks``, ``pred_landmarks`` (Tensor): float32 of shape
      ``(L, 2)``, x and y in pixels of the packed image, NaN = unknown.
    - ``au_confidence``, ``va_confidence`` (Tensor): float32 scalars of shape
      ``()`` in [0, 1], how far a detector trusts the action units, or valence
      and arousal, that it gave.
    - ``pred_confidence`` (Tensor): float32 scalar of shape ``()`` in [0, 1],
      how far the model trusts the sample's label or prediction.

    Examples:
        >>> sample = FERDataSample().set_gt_label(3).set_gt_va([0.5, -0.1])
        >>> sample.gt_va
        tensor([ 0.5000, -0.1000])
        >>> 'gt_au' in sample
        False
    """

    def set_gt_au(self, value: ARRAY_TYPE) -> 'FERDataSample':
        """Set ``gt_au``, shape ``(K, )``; NaN marks unknown units."""
        return self._set_floats('gt_au', value, (None, ))

    def set_gt_va(self, value: ARRAY_TYPE) -> 'FERDataSample':
        """Set ``gt_va``, shape ``(2, )``: valence, arousal in [-1, 1].

        Raises:
            ValueError: If a known value lies outside [-1, 1].
        """
        va = torch.as_tensor(value, dtype=torch.float32)
        if (va.abs() > 1).any():
            raise ValueError('valence and arousal must lie in [-1, 1] or be '
                             f'NaN, got {va.tolist()}')
        return self._set_floats('gt_va', va, (2, ))

    def set_gt_landmarks(self, value: ARRAY_TYPE) -> 'FERDataSample':
        """Set ``gt_landmarks``, shape ``(L, 2)`` in pixels."""
        return self._set_floats('gt_landmarks', value, (None, 2))

    def set_au_confidence(self, value: ARRAY_TYPE) -> 'FERDataSample':
        """Set ``au_confidence``, a scalar in [0, 1]."""
        return self._set_floats('au_confidence', value, ())

    def set_va_confidence(self, value: ARRAY_TYPE) -> 'FERDataSample':
        """Set ``va_confidence``, a scalar in [0, 1]."""
        return self._set_floats('va_confidence', value, ())

    def set_pred_au(self, value: ARRAY_TYPE) -> 'FERDataSample':
        """Set ``pred_au``, shape ``(K, )``."""
        return self._set_floats('pred_au', value, (None, ))

    def set_pred_va(self, value: ARRAY_TYPE) -> 'FERDataSample':
        """Set ``pred_va``, shape ``(2, )``."""
        return self._set_floats('pred_va', value, (2, ))

    def set_pred_landmarks(self, value: ARRAY_TYPE) -> 'FERDataSample':
        """Set ``pred_landmarks``, shape ``(L, 2)`` in pixels."""
        return self._set_floats('pred_landmarks', value, (None, 2))

    def set_pred_confidence(self, value: ARRAY_TYPE) -> 'FERDataSample':
        """Set ``pred_confidence``, a scalar in [0, 1]."""
        return self._set_floats('pred_confidence', value, ())

    def _set_floats(self, name: str, value: ARRAY_TYPE,
                    shape: Sequence[Optional[int]]) -> 'FERDataSample':
        self.set_field(_floats(value, name, shape), name, dtype=torch.Tensor)
        return self


def _reduce_sample(sample: FERDataSample) -> tuple:
    """Send tensors between processes as arrays.

    A batch of samples holds thousands of small tensors; sent as tensors each
    would take a file descriptor of its own.
    """
    fields = {
        key: value.numpy() if isinstance(value, torch.Tensor) else value
        for key, value in sample.__dict__.items()
    }
    tensors = [
        key for key, value in sample.__dict__.items()
        if isinstance(value, torch.Tensor)
    ]
    return _rebuild_sample, (fields, tensors)


def _rebuild_sample(fields: Dict[str, Any],
                    tensors: Sequence[str]) -> FERDataSample:
    sample = FERDataSample()
    for key in tensors:
        fields[key] = torch.from_numpy(fields[key])
    sample.__dict__ = fields
    return sample


ForkingPickler.register(FERDataSample, _reduce_sample)
