# Copyright (c) mmfer contributors.
import warnings
from typing import Any, Dict, List, Optional, Sequence, Tuple

import torch
from mmpretrain.models import ImageClassifier
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.errors import ConfigError, ConfigTypeError
from mmfer.registry import MODELS
from ..heads import BaseAuxiliaryHead, BaseFERHead
from ..heads.targets import landmarks_of


def _takes_landmarks(part: Optional[nn.Module]) -> bool:
    """Whether a backbone or neck wants the landmarks beside its input."""
    return getattr(part, 'takes_landmarks', False)


def _is_logits(out: Any) -> bool:
    return isinstance(out, torch.Tensor) and out.ndim == 2


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
        mirror_signs (Sequence[float], optional): What each channel of a
            mirrored input is multiplied by, where mirroring changes more than
            the place: -1 for the horizontal component of optical flow, whose
            zero must then be 0 behind the data preprocessor. Defaults to
            None, nothing, as for pictures.
        label_bank (dict, optional): The config of a
            :class:`~mmfer.models.banks.LabelBank`; it also needs
            ``LabelCorrectionHook``, without which it stays empty and labels
            are taken as given, with a warning. Defaults to None.
        **kwargs: See ``mmpretrain.models.ImageClassifier``.

    Raises:
        ConfigError: If there is a label bank and the head does not classify
            expressions.
        ValueError: If backbone or neck takes landmarks, which are not
            mirrored, and ``flip_test`` or ``mirror_view`` is set; or if the
            data preprocessor makes a ``second_view`` besides ``mirror_view``.
    """

    def __init__(self,
                 flip_test: bool = False,
                 mirror_view: bool = False,
                 mirror_signs: Optional[Sequence[float]] = None,
                 label_bank: Optional[dict] = None,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.flip_test = flip_test
        self.mirror_view = mirror_view
        self.register_buffer(
            'mirror_signs',
            None if mirror_signs is None else torch.as_tensor(
                mirror_signs, dtype=torch.float32),
            persistent=False)
        self.label_bank = None
        if label_bank is not None:
            self.label_bank = MODELS.build(label_bank)
            if isinstance(self.head, BaseAuxiliaryHead):
                raise ConfigError(
                    f'{type(self.head).__name__} gives no logits of '
                    'expressions, which a label bank needs',
                    hint='make it a task of MultiTaskFERHead')
        if self.takes_landmarks and (flip_test or mirror_view):
            raise ConfigError('flip_test and mirror_view mirror the picture, '
                              'not the landmarks that the model needs',
                              hint='leave them out, or take parts without '
                              'landmarks')
        if mirror_view and self._makes_second_view:
            raise ConfigError('mirror_view=True would take the place of the '
                              'second_view of the data preprocessor',
                              hint='leave out one of them')

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
            return self.logits(inputs, data_samples)
        return super().forward(inputs, data_samples, mode)

    def logits(self,
               inputs: torch.Tensor,
               data_samples: Optional[List[DataSample]] = None
               ) -> torch.Tensor:
        """Class logits, ``(N, C)``.

        Args:
            inputs (Tensor): See :meth:`forward`.
            data_samples (list[DataSample], optional): N samples, for models
                that need landmarks. Defaults to None.

        Raises:
            ValueError: If there is no head, or the head gives no logits.
        """
        if not self.with_head:
            raise ConfigError('a classifier without head has no logits',
                              hint='extract_feat(inputs) gives features')
        out = self.head(self._features(self._views(inputs)[0], data_samples))
        if not _is_logits(out):
            raise ConfigError(f'{type(self.head).__name__} gives no logits '
                              '(N, C)',
                              hint='choose a head with one output')
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
            views = [views[0], self.mirrored(views[0])]
        if len(views) != self.num_views:
            raise ConfigError(f'the model takes {self.num_views} view(s) of '
                              f'a sample, got {len(views)}',
                              hint='the transform FaceViews, '
                              'mirror_view=True or the second_view of the '
                              'data preprocessor makes two, leaving out all '
                              'of them makes one')
        feats = self._features_of(views, data_samples)
        with torch.autocast(inputs.device.type, enabled=False):
            feats = [tuple(f.float() for f in feat) for feat in feats]
            outputs, losses = self._outputs_and_losses(feats, data_samples)
            if bank is not None:
                bank.learn(index, outputs)
            return losses

    @property
    def num_views(self) -> int:
        """How many views of a sample training takes."""
        return getattr(self.head, 'num_views', 1)

    def _features_of(self, views: List[torch.Tensor],
                     data_samples: List[DataSample]) -> List[Any]:
        """What backbone and neck give for each view."""
        return [self._features(view, data_samples) for view in views]

    def _features(self, view: torch.Tensor,
                  data_samples: Optional[List[DataSample]]) -> Any:
        """What backbone and neck give for one view."""
        if not self.takes_landmarks:
            return self.extract_feat(view)
        landmarks = landmarks_of(data_samples, *view.shape[2:])
        feats = view
        for part in (self.backbone, self.neck):
            if _takes_landmarks(part):
                feats = part(feats, landmarks)
            elif part is not None:
                feats = part(feats)
        return feats

    @property
    def _makes_second_view(self) -> bool:
        """Whether the data preprocessor makes a view that it describes."""
        return getattr(self.data_preprocessor, 'second_view', None) is not None

    @property
    def takes_landmarks(self) -> bool:
        """Whether backbone or neck wants landmarks beside the pictures."""
        return _takes_landmarks(self.backbone) or _takes_landmarks(self.neck)

    @property
    def num_landmarks(self) -> int:
        """How many landmarks of each face the model takes, 0 for none.

        Raises:
            TypeError: If backbone or neck takes landmarks and has no
                ``num_landmarks``.
        """
        for part in (self.backbone, self.neck):
            if _takes_landmarks(part):
                if not hasattr(part, 'num_landmarks'):
                    raise ConfigTypeError(
                        f'{type(part).__name__} takes landmarks and does not '
                        'tell how many',
                        hint='give it num_landmarks')
                return part.num_landmarks
        return 0

    def _bank(self) -> Optional[nn.Module]:
        """The label bank, once it knows the training set."""
        if self.label_bank is None or self.label_bank.size:
            return self.label_bank
        warnings.warn('the label bank does not know the training set: labels '
                      'are taken as given. Hint for training: add '
                      "dict(type='LabelCorrectionHook') to custom_hooks")
        return None

    def _outputs_and_losses(self, feats: List[Tuple[torch.Tensor, ...]],
                            data_samples: List[DataSample]
                            ) -> Tuple[Dict[str, torch.Tensor], ...]:
        """What the head computes of the views in training, and its losses.
        """
        feats = feats if len(feats) > 1 else feats[0]
        if isinstance(self.head, BaseFERHead):
            outputs = self.head.training_outputs(feats, data_samples)
            return outputs, self.head.get_losses(outputs, data_samples)
        outputs = {}
        if self.label_bank is not None:
            with torch.no_grad():
                logits = self.head(feats)
            if _is_logits(logits):
                outputs['logits'] = logits
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
            ``pred_au`` and ``pred_va``; and all of :meth:`sample_fields`.
        """
        inputs = self._views(inputs)[0]
        feats = self._features(inputs, data_samples)
        samples = self.head.predict(feats, data_samples, **kwargs)
        for name, rows in self.sample_fields(feats).items():
            for sample, row in zip(samples, rows):
                sample.set_field(row, name, dtype=torch.Tensor)
        if self.flip_test:
            mirrored = super().predict(self.mirrored(inputs), **kwargs)
            self._average(samples, mirrored)
        return samples

    def mirrored(self, inputs: torch.Tensor) -> torch.Tensor:
        """The mirror of each picture or clip, ``(N, C, ..., H, W)``."""
        mirrored = inputs.flip(-1)
        if self.mirror_signs is None:
            return mirrored
        return mirrored * self.mirror_signs.view(-1, *[1] * (inputs.ndim - 2))

    def sample_fields(self, feats: Any) -> Dict[str, torch.Tensor]:
        """What the part before the head tells of each sample.

        Args:
            feats (Any): What backbone and neck give.

        Returns:
            dict[str, Tensor]: By the names of fields, N rows each: what the
            last part of the neck, or of a backbone without neck, has to tell,
            as ``pred_patch_exit`` of a ``PoolingVisionTransformer``. Empty
            for most.
        """
        part = self.backbone if self.neck is None else self.neck
        if isinstance(part, nn.Sequential):
            part = part[-1]
        told = getattr(part, 'sample_fields', None)
        return {} if told is None else told(feats)

    # may wait: predictions are read one by one
    @staticmethod
    def _average(samples: List[DataSample],
                 others: List[DataSample]) -> None:
        """Average other predictions of the same samples into them."""
        for sample, other in zip(samples, others):
            score = (sample.pred_score + other.pred_score) / 2
            sample.set_pred_score(score)
            sample.set_pred_label(score.argmax().unsqueeze(0))
            for name in ('pred_confidence', 'pred_au', 'pred_va'):
                if name in sample:
                    both = sample.get(name) + other.get(name)
                    sample.set_field(both / 2, name, dtype=torch.Tensor)

    def _views(self, inputs: torch.Tensor) -> List[torch.Tensor]:
        """The views of a batch, each ``(N, 3, H, W)`` or a clip."""
        clips = getattr(self.backbone, 'takes_clips', False)
        one = inputs.ndim == (5 if clips else 4)
        return [inputs] if one else list(inputs.unbind(1))
