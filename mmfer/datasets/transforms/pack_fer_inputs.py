# Copyright (c) mmfer contributors.
from numbers import Integral
from typing import Any, Sequence

import numpy as np
import torch
from mmcv.transforms import BaseTransform

from mmfer.registry import TRANSFORMS
from mmfer.structures import AnnotationError, FERDataSample


@TRANSFORMS.register_module()
class PackFERInputs(BaseTransform):
    """Pack a face and what is known about it.

    **Required Keys:** ``img`` (uint8 of shape ``(H, W, 3)``, or
    ``(V, H, W, 3)`` for V views)

    **Packed where present:** ``gt_label`` (int), ``gt_score`` (label
    distribution of shape ``(C, )``), ``gt_au``, ``gt_va``, ``gt_landmarks``,
    ``au_confidence``, ``va_confidence``, ``gt_mask`` (uint8 of shape
    ``(H, W)``, 1 = occluded) and ``meta_keys``.

    All other keys are left behind.

    Args:
        meta_keys (Sequence[str]): What to keep as meta information of the
            data sample where present. Defaults to
            ``PackFERInputs.META_KEYS``.

    Returns:
        dict: ``inputs``, a contiguous uint8 tensor of shape ``(3, H, W)`` or
        ``(V, 3, H, W)``, and ``data_samples``, a
        :class:`~mmfer.structures.FERDataSample`.

    Raises:
        KeyError: If there is no image.
        TypeError: If the image is not uint8.
        ValueError: If the image has no shape of an image.
        AnnotationError: If a label is malformed.
    """

    META_KEYS = ('sample_idx', 'img_path', 'ori_shape', 'img_shape', 'flip',
                 'subject', 'source_set', 'align', 'affine', 'ambiguity')

    def __init__(self, meta_keys: Sequence[str] = META_KEYS) -> None:
        if isinstance(meta_keys, str):
            raise TypeError('meta_keys must be a sequence of names, got the '
                            f'single name {meta_keys!r}')
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        """Pack one sample."""
        return dict(
            inputs=self._pack_image(results),
            data_samples=self._pack_sample(results))

    @staticmethod
    def _pack_image(results: dict) -> torch.Tensor:
        if 'img' not in results:
            raise KeyError('PackFERInputs found no img; put LoadFERImage at '
                           'the start of the pipeline')
        img = results['img']
        kind = getattr(img, 'dtype', type(img).__name__)
        if kind != np.uint8:
            raise TypeError('img must be an array of uint8, normalisation is '
                            f'done by FERDataPreprocessor; got {kind}')
        if img.ndim not in (3, 4) or img.shape[-1] != 3:
            raise ValueError('img must have shape (H, W, 3), or (V, H, W, 3) '
                             f'for V views; got {img.shape}')
        return torch.from_numpy(
            np.ascontiguousarray(np.moveaxis(img, -1, -3)))

    def _pack_sample(self, results: dict) -> FERDataSample:
        sample = FERDataSample()
        for key in self.meta_keys:
            if key in results:
                sample.set_field(results[key], key, field_type='metainfo')
        if 'gt_label' in results:
            label = results['gt_label']
            if (not isinstance(label, Integral) or isinstance(label, bool)
                    or label < 0):
                self._refuse(results, 'gt_label must be an integer >= 0',
                             label)
            sample.set_gt_label(int(label))
        if 'gt_score' in results:
            self._pack_score(results, sample)
        for key in ('gt_au', 'gt_va', 'gt_landmarks', 'au_confidence',
                    'va_confidence'):
            if key in results:
                try:
                    getattr(sample, f'set_{key}')(results[key])
                except (ValueError, TypeError) as error:
                    self._refuse(results, f'{key} is malformed: {error}')
        if 'gt_mask' in results:
            mask = results['gt_mask']
            size = results['img'].shape[-3:-1]
            if mask.shape != size:
                self._refuse(results, 'gt_mask and img differ in size',
                             (mask.shape, size))
            sample.set_field(
                torch.from_numpy(np.ascontiguousarray(mask)), 'gt_mask')
        return sample

    def _pack_score(self, results: dict, sample: FERDataSample) -> None:
        try:
            score = np.asarray(results['gt_score'], dtype=np.float32)
        except (ValueError, TypeError) as error:
            self._refuse(results, f'gt_score is malformed: {error}')
        if score.ndim != 1 or not np.isfinite(score).all() or (
                score < 0).any():
            self._refuse(
                results, 'gt_score must hold one finite number >= 0 for each '
                'class', score.tolist())
        label = results.get('gt_label', 0)
        if label >= len(score):
            self._refuse(
                results, f'gt_label does not fit gt_score of {len(score)} '
                'classes', label)
        sample.set_gt_score(torch.from_numpy(score))

    @staticmethod
    def _refuse(results: dict, problem: str, value: Any = None) -> None:
        raise AnnotationError(
            problem, results.get('img_path'), value=value,
            hint='check the annotation of this sample')

    def __repr__(self) -> str:
        return f'{type(self).__name__}(meta_keys={self.meta_keys})'
