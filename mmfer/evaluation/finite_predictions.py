# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch

from mmfer.errors import NonFiniteError


def require_finite(sample: Any, *fields: str) -> None:
    """Make sure that predictions of a sample are finite.

    The largest of scores that are NaN is at no place, and ``argmax`` gives
    one all the same, mostly the first class.

    Args:
        sample (dict or BaseDataElement): A sample; fields that it does not
            have are skipped.
        *fields (str): Fields that hold numbers, such as ``'pred_score'``.

    Raises:
        NonFiniteError: If one holds NaN or infinity; names the image.
    """
    for field in fields:
        value = sample.get(field)
        if value is not None and not torch.as_tensor(value).isfinite().all():
            name = sample.get('img_path') or sample.get('sample_idx')
            raise NonFiniteError(
                f'{"unnamed image" if name is None else name}: {field} is not '
                'finite, so nothing is predicted',
                hint='most likely the training has diverged: use an earlier '
                'checkpoint; if other images are fine, predict in float32 or '
                'bfloat16 instead of float16')


def require_finite_batch(faces: Sequence[dict],
                         predictions: Dict[str, Any]) -> None:
    """Make sure that the predictions of a batch are finite.

    Args:
        faces (Sequence[dict]): N packed samples, which name the images.
        predictions (Dict[str, Tensor or np.ndarray]): Fields with N rows.

    Raises:
        NonFiniteError: If one holds NaN or infinity; names the image.
    """
    for field, rows in predictions.items():
        if not torch.as_tensor(rows).isfinite().all():
            for face, row in zip(faces, rows):
                path = face['data_samples'].get('img_path')
                require_finite({'img_path': path, field: row}, field)
