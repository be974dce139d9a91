# Copyright (c) mmfer contributors.
from typing import Dict, Optional, Sequence

import numpy as np
import torch

from mmfer.datasets.collate import fer_collate
from mmfer.errors import ConfigError
from mmfer.evaluation import require_finite_batch

from ..attention import ATTENTIONS, attention_maps
from ..models import LoadedModel, num_landmarks_of, require_pictures

#: What may be predicted of a face, named as in its data sample.
OUTPUTS = ('pred_score', 'pred_confidence', 'pred_au', 'pred_va',
           'pred_patch_weights', 'pred_patch_boxes', 'pred_patch_exit')


class TorchPredictor:
    """Predictions by PyTorch.

    Args:
        loaded (LoadedModel): The model.
        attention (str, optional): A key of ``ATTENTIONS``: also where the
            model looks. Defaults to None.

    Raises:
        ConfigError: If the model looks at clips, there is no such kind of
            attention, or it cannot be had of models that need landmarks.
    """

    def __init__(self, loaded: LoadedModel,
                 attention: Optional[str] = None) -> None:
        require_pictures(loaded.model)
        if attention not in (None, *ATTENTIONS):
            raise ConfigError(f'no attention {attention!r}',
                              hint=f'one of {", ".join(ATTENTIONS)}')
        if attention in ('cam', 'heads') and num_landmarks_of(loaded.model):
            raise ConfigError(f'the attention {attention} is not made for '
                              'models that need landmarks',
                              hint='leave it out')
        self.model = loaded.model
        self.attention = attention

    def __call__(self, faces: Sequence[dict]) -> Dict[str, np.ndarray]:
        """Predict a batch.

        Args:
            faces (Sequence[dict]): N faces as
                :class:`~mmfer.apis.inference.FacePipeline` gives them.

        Returns:
            dict[str, np.ndarray]: Of ``OUTPUTS`` what the model predicts,
            float32 with N rows; ``attention``, ``(N, H, W)`` in [0, 1], if
            asked for.

        Raises:
            NonFiniteError: If a prediction is NaN or infinite; names the
                image.
        """
        data = self.model.data_preprocessor(fer_collate(faces), False)
        with torch.inference_mode():
            samples = self.model(**data, mode='predict')
        found = {
            name: torch.stack([s.get(name) for s in samples]).float()
            for name in OUTPUTS if name in samples[0]
        }
        require_finite_batch(faces, found)
        if self.attention is not None:
            found['attention'] = attention_maps(
                self.model, data['inputs'], self.attention, found)
        return {name: value.cpu().numpy() for name, value in found.items()}
