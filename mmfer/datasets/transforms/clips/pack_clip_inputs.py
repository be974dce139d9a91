# Copyright (c) mmfer contributors.
import numpy as np
import torch

from mmfer.registry import TRANSFORMS
from ..pack_fer_inputs import PackFERInputs


@TRANSFORMS.register_module()
class PackClipInputs(PackFERInputs):
    """Pack a clip, or a picture of motion, and what is known about it.

    **Required Keys:** ``img``, uint8 or float32, ``(T, H, W, C)`` for a clip
    or ``(H, W, C)`` for a picture. All else is as in :class:`PackFERInputs`.

    Args:
        meta_keys (Sequence[str]): See :class:`PackFERInputs`.

    Returns:
        dict: ``inputs``, a contiguous uint8 or float32 tensor of shape
        ``(C, T, H, W)`` or ``(C, H, W)``, and ``data_samples``.

    Raises:
        TypeError: If the array is of another type.
        ValueError: If it has no shape of these.
    """

    @staticmethod
    def _pack_image(results: dict) -> torch.Tensor:
        if 'img' not in results:
            raise KeyError('PackClipInputs found no img; put ReadClip or '
                           'ReadFlow before it')
        img = results['img']
        kind = getattr(img, 'dtype', type(img).__name__)
        if kind not in (np.uint8, np.float32):
            raise TypeError(f'img must be an array of uint8 or float32, got '
                            f'{kind}')
        if img.ndim not in (3, 4):
            raise ValueError('img must have shape (T, H, W, C) or (H, W, C), '
                             f'got {img.shape}')
        return torch.from_numpy(np.ascontiguousarray(np.moveaxis(img, -1, 0)))
