# Copyright (c) mmfer contributors.
import warnings
from typing import Any, Dict, List, Optional, Tuple

import torch
from mmpretrain.models import ImageClassifier
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from ..heads import BaseFERHead
from ..heads.targets import landmarks_of


@MODELS.register_module()
class FERClassifier(ImageClassifier):
    """MMPretrain's image classifier for faces.

    It differs in these points. ``mode='tensor'`` gives class logits with
    every head. The head and its losses are computed in float32 also when
    backbone and neck run under autocast. A face may be looked at twice in
    testing, as it is and mirrored. A head may ask for several views of each
    training sample (``num_views``): the network then runs once for each view,
    one after the other, so that statistics of batch normalisation are those
    of one view. And a label bank may hold what is believed about the training
    samples; its labels take the place of those of the batch.

    Args:
        flip_test (bool): Whether to average what is predicted of the image
            and of its mirror in :meth:`predict`. Defaults to False.
        mirror_view (bool): Whether training adds the mirror of each image,
            as it is with its erased part, as a second view. Defaults to
            False: the views are those of the data pipeline, see
            :class:`~mmfer.datasets.transforms.FaceViews`.
        label_bank (dict, optional): The config of a
            :class:`~mmfer.models.banks.LabelBank`; it also needs
            ``LabelCorrectionHook``, without which it stays empty and labels
            are taken as given, with a warning. Defaults to None.
        **kwargs: See ``mmpretrain.models.ImageClassifier``.

    Raises:
        ValueError: If the neck takes landmarks, which are not mirrored, and
            ``flip_test`` or ``mirror_view`` is set.
    """

    def __init__(self,
                 flip_test: bool = False,
                 mirror_view: bool = False,
                 label_bank: Optional[dict] = None,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.flip_test = flip_test
        self.mirror_view = mirror_view
        self.label_bank = None
        if label_bank is not None:
            self.label_bank = MODELS.build(label_bank)
        if getattr(self.neck, 'takes_landmarks', False) and (flip_test
                                                             or mirror_view):
            raise ValueError(
                'flip_test and mirror_view mirror the picture, not the '
                'landmarks that the neck needs. Remedy: leave them out, or '
                'take a neck without landmarks')

    def forward(self,
                inputs: torch.Tensor,
                data_samples: Optional[List[DataSample]] = None,
                mode: str = 'tensor') -> Any:
        """The entry for training and testing.

        Args:
            inputs (Tensor): Float images, ``(N, 3, H, W)``, or clips, ``(N,
                3, T, H, W)``, where the backbone takes them; or V views of
                each, ``(N, V, ...)``, of which all but ``'loss'`` take the
                first.
            data_samples (list[DataSample], optional): N samples. Defaults to
                None.
            mode (str): ``'tensor'``, ``'predict'`` or ``'loss'``. Defaults
                to ``'tensor'``.

        Returns:
            Tensor | list[DataSample] | dict[str, Tensor]: Class logits
            ``(N, C)``; predictions; or named scalars.
        """
        if mode == 'tensor':
            return self.logits(inputs)
        return super().forward(inputs, data_samples, mode)

    def logits(self, inputs: torch.Tensor) -> torch.Tensor:
        """Class logits, ``(N, C)``.

        Args:
            inputs (Tensor): See :meth:`forward`.

        Raises:
            ValueError: If there is no head, or the head gives no logits.
        """
        if not self.with_head:
            raise ValueError('a classifier without head has no logits. '
                             'Remedy: extract_feat(inputs) gives features')
        out = self.head(self.extract_feat(self._views(inputs)[0]))
        if not isinstance(out, torch.Tensor) or out.ndim != 2:
            raise ValueError(f'{type(self.head).__name__} gives no logits '
                             '(N, C). Remedy: choose a head with one output')
        return out

    def loss(self, inputs: torch.Tensor,
             data_samples: List[DataSample]) -> Dict[str, torch.Tensor]:
        """Losses of a batch.

        Args:
            inputs (Tensor): See :meth:`forward`.
            data_samples (list[DataSample]): N samples with their targets.

        Returns:
            dict[str, Tensor]: Named scalars.

        Raises:
            ValueError: If the head wants another number of views.
        """
        bank = self._bank()
        if bank is not None:
            index = bank.write_labels(data_samples)
        views = self._views(inputs)
        if self.mirror_view:
            views = [views[0], views[0].flip(-1)]
        wanted = getattr(self.head, 'num_views', 1)
        if len(views) != wanted:
            raise ValueError(
                f'{type(self.head).__name__} takes {wanted} view(s) of a '
                f'sample, got {len(views)}. Remedy: the transform FaceViews '
                'or mirror_view=True makes two, leaving out both makes one')
        feats = [self._features(view, data_samples) for view in views]
        with torch.autocast(inputs.device.type, enabled=False):
            feats = [tuple(f.float() for f in feat) for feat in feats]
            feats = feats if wanted > 1 else feats[0]
            if bank is None:
                return self.head.loss(feats, data_samples)
            outputs, losses = self._outputs_and_losses(feats, data_samples)
            bank.learn(index, outputs)
            return losses

    def _features(self, view: torch.Tensor,
                  data_samples: Optional[List[DataSample]]) -> Any:
        """What backbone and neck give for one view."""
        if not getattr(self.neck, 'takes_landmarks', False):
            return self.extract_feat(view)
        return self.neck(
            self.extract_feat(view, stage='backbone'),
            landmarks_of(data_samples, *view.shape[2:]))

    def _bank(self) -> Optional[nn.Module]:
        """The label bank, once it knows the training set."""
        if self.label_bank is None or self.label_bank.size:
            return self.label_bank
        warnings.warn('the label bank does not know the training set: labels '
                      'are taken as given. Remedy for training: add '
                      "dict(type='LabelCorrectionHook') to custom_hooks")
        return None

    def _outputs_and_losses(self, feats: Any, data_samples: List[DataSample]
                            ) -> Tuple[Dict[str, torch.Tensor], ...]:
        """What the head computes in training, and its losses."""
        if isinstance(self.head, BaseFERHead):
            outputs = self.head.training_outputs(feats, data_samples)
            return outputs, self.head.get_losses(outputs, data_samples)
        with torch.no_grad():
            outputs = dict(logits=self.head(feats))
        return outputs, self.head.loss(feats, data_samples)

    def predict(self,
                inputs: torch.Tensor,
                data_samples: Optional[List[DataSample]] = None,
                **kwargs: Any) -> List[DataSample]:
        """Predictions of a batch.

        Args:
            inputs (Tensor): See :meth:`forward`.
            data_samples (list[DataSample], optional): Samples to write the
                predictions to. Defaults to None, new ones.

        Returns:
            list[DataSample]: With ``pred_score``, probabilities ``(C, )``,
            ``pred_label`` and, where the head has them, ``pred_confidence``,
            ``pred_au`` and ``pred_va``.
        """
        inputs = self._views(inputs)[0]
        samples = self.head.predict(
            self._features(inputs, data_samples), data_samples, **kwargs)
        if self.flip_test:
            mirrored = super().predict(inputs.flip(-1), **kwargs)
            for sample, mirror in zip(samples, mirrored):
                score = (sample.pred_score + mirror.pred_score) / 2
                sample.set_pred_score(score)
                sample.set_pred_label(score.argmax().unsqueeze(0))
                for name in ('pred_confidence', 'pred_au', 'pred_va'):
                    if name in sample:
                        both = sample.get(name) + mirror.get(name)
                        sample.set_field(both / 2, name, dtype=torch.Tensor)
        return samples

    def _views(self, inputs: torch.Tensor) -> List[torch.Tensor]:
        """The views of a batch, each ``(N, 3, H, W)`` or a clip."""
        clips = getattr(self.backbone, 'takes_clips', False)
        one = inputs.ndim == (5 if clips else 4)
        return [inputs] if one else list(inputs.unbind(1))
