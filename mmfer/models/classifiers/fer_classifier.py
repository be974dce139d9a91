# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional

import torch
from mmpretrain.models import ImageClassifier
from mmpretrain.structures import DataSample

from mmfer.registry import MODELS


@MODELS.register_module()
class FERClassifier(ImageClassifier):
    """MMPretrain's image classifier for faces.

    It differs in three points. The head and its losses are computed in float32
    also when backbone and neck run under autocast. And a face may be looked
    at twice in testing, as it is and mirrored. And a label bank may hold what
    is believed about the training samples; its labels take the place of those
    of the batch.

    Args:
        flip_test (bool): Whether to average the class probabilities of the
            image and its mirror in :meth:`predict`. Defaults to False.
        label_bank (dict, optional): The config of a
            :class:`~mmfer.models.banks.LabelBank`; it also needs
            ``LabelCorrectionHook``. Defaults to None.
        **kwargs: See ``mmpretrain.models.ImageClassifier``.
    """

    def __init__(self,
                 flip_test: bool = False,
                 label_bank: Optional[dict] = None,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.flip_test = flip_test
        self.label_bank = None
        if label_bank is not None:
            self.label_bank = MODELS.build(label_bank)

    def loss(self, inputs: torch.Tensor,
             data_samples: List[DataSample]) -> Dict[str, torch.Tensor]:
        """Losses of a batch.

        Args:
            inputs (Tensor): Float images, ``(N, 3, H, W)``.
            data_samples (list[DataSample]): N samples with their targets.

        Returns:
            dict[str, Tensor]: Named scalars.
        """
        if self.label_bank is not None:
            self.label_bank.write_labels(data_samples)
        feats = self.extract_feat(inputs)
        with torch.autocast(inputs.device.type, enabled=False):
            feats = tuple(feat.float() for feat in feats)
            return self.head.loss(feats, data_samples)

    def predict(self,
                inputs: torch.Tensor,
                data_samples: Optional[List[DataSample]] = None,
                **kwargs: Any) -> List[DataSample]:
        """Predictions of a batch.

        Args:
            inputs (Tensor): Float images, ``(N, 3, H, W)``.
            data_samples (list[DataSample], optional): Samples to write the
                predictions to. Defaults to None, new ones.

        Returns:
            list[DataSample]: With ``pred_score``, probabilities ``(C, )``,
            and ``pred_label``.
        """
        samples = super().predict(inputs, data_samples, **kwargs)
        if self.flip_test:
            mirrored = super().predict(inputs.flip(-1), **kwargs)
            for sample, mirror in zip(samples, mirrored):
                score = (sample.pred_score + mirror.pred_score) / 2
                sample.set_pred_score(score)
                sample.set_pred_label(score.argmax().unsqueeze(0))
        return samples
