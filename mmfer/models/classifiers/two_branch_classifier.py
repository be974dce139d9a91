# Copyright (c) mmfer contributors.
import math
from typing import Any, Dict, List, Optional, Sequence, Tuple

import torch
from mmpretrain.structures import DataSample

from mmfer.errors import ConfigError, ConfigTypeError
from mmfer.registry import MODELS
from mmfer.structures import SampleBatch
from ..augments import ViewChange
from ..heads import BaseFERHead
from ..heads.targets import distributions_of
from ..layers import share_parts
from .fer_classifier import FERClassifier


@MODELS.register_module()
class TwoBranchClassifier(FERClassifier):
    """Two networks that look at two views of a face and are to agree.

    The first network sees the first view and learns its labels. The branch, a
    whole network beside it, sees the second view and learns label
    distributions: where the view mixes samples, those of the mix. What the
    first network finds is brought into the second view, see
    :class:`~mmfer.models.augments.ViewChange`, and compared there with what
    the branch finds. Testing takes the first network alone, or the mean of
    both.

    The second view is that of the data preprocessor (``second_view``), which
    says how it was made; one of the data pipeline or ``mirror_view`` is taken
    to show the same sample at the same places.

    Args:
        backbone (dict): Of the first network.
        head (dict): Of the first network, a :class:`BaseFERHead`.
        neck (dict, optional): Of the first network. Defaults to None.
        branch (dict[str, dict], optional): How the branch differs: options
            laid over ``backbone``, ``neck`` or ``head``, which are replaced
            by those with a ``type``. The loss of its head must take
            distributions. Defaults to ``dict(head=dict(loss=dict(
            type='CrossEntropyLoss', use_soft=True)))``.
        shared (Sequence[str]): Parts of the backbone that both networks have
            in common, such as ``('conv1', 'bn1', 'layer1')``. An optimiser
            with ``paramwise_cfg`` then needs ``bypass_duplicate=True`` in it.
            Defaults to (), none.
        attention (dict, optional): A loss on the attention maps of both, of
            one size; the heads are to have some, as
            :class:`ClassAttentionHead`. Defaults to None.
        soft_label (dict, optional): A loss on the logits of both and the
            labels, as :class:`SoftLabelAlignmentLoss`. Defaults to None.
        average_branches (bool): Whether testing averages the probabilities of
            both networks. Defaults to False.
        **kwargs: See :class:`FERClassifier`.

    Raises:
        TypeError: If a head is no :class:`BaseFERHead` of one view.
        ValueError: If there are no maps or logits to compare, a changed or
            shared part does not exist, a network takes landmarks, which the
            second view has not, or maps would be mirrored that are in place.
    """

    num_views = 2

    def __init__(self,
                 backbone: dict,
                 head: dict,
                 neck: Optional[dict] = None,
                 branch: Optional[Dict[str, dict]] = None,
                 shared: Sequence[str] = (),
                 attention: Optional[dict] = None,
                 soft_label: Optional[dict] = None,
                 average_branches: bool = False,
                 **kwargs: Any) -> None:
        super().__init__(backbone=backbone, neck=neck, head=head, **kwargs)
        if branch is None:
            branch = dict(
                head=dict(loss=dict(type='CrossEntropyLoss', use_soft=True)))
        parts = dict(backbone=backbone, neck=neck, head=head)
        self.branch = FERClassifier(
            flip_test=self.flip_test, mirror_signs=self.mirror_signs,
            **_laid_over(parts, branch))
        share_parts(self.backbone, self.branch.backbone, shared)
        self.attention = attention and MODELS.build(attention)
        self.soft_label = soft_label and MODELS.build(soft_label)
        self.average_branches = average_branches
        self._check()

    def _check(self) -> None:
        if self._makes_second_view and getattr(self.attention, 'mirrored',
                                               False):
            raise ConfigError('the maps of a second_view are compared in '
                              'place, the loss would mirror them',
                              hint='set mirrored=False in attention')
        for network in (self, self.branch):
            head = network.head
            name = type(head).__name__
            if not isinstance(head, BaseFERHead) or head.num_views > 1:
                raise ConfigTypeError(
                    f'{name} is no head of one network with one view',
                    hint='take one of mmfer, as ClassAttentionHead')
            if self.attention is not None and not hasattr(head, 'attention'):
                raise ConfigError(f'{name} has no attention maps to compare',
                                  hint='take ClassAttentionHead, or leave '
                                  'out attention')
            if network.takes_landmarks:
                raise ConfigError(
                    'the second view has no landmarks for the network',
                    hint='take a backbone and a neck without landmarks')

    def logits(self,
               inputs: torch.Tensor,
               data_samples: Optional[List[DataSample]] = None
               ) -> torch.Tensor:
        """Class logits, ``(N, C)``; of both networks, logarithms of the mean
        probabilities. See :meth:`FERClassifier.logits`."""
        logits = super().logits(inputs, data_samples)
        if not self.average_branches:
            return logits
        both = torch.stack([logits, self.branch.logits(inputs, data_samples)])
        return both.log_softmax(2).logsumexp(0) - math.log(2)

    def predict(self,
                inputs: torch.Tensor,
                data_samples: Optional[List[DataSample]] = None,
                **kwargs: Any) -> List[DataSample]:
        """Predictions of a batch, see :meth:`FERClassifier.predict`."""
        samples = super().predict(inputs, data_samples, **kwargs)
        if self.average_branches:
            self._average(samples, self.branch.predict(inputs, **kwargs))
        return samples

    def _features_of(self, views: List[torch.Tensor],
                     data_samples: List[DataSample]) -> List[Any]:
        """What each network gives for its view."""
        first, second = views
        return [self.extract_feat(first), self.branch.extract_feat(second)]

    def _outputs_and_losses(self, feats: List[Tuple[torch.Tensor, ...]],
                            data_samples: List[DataSample]
                            ) -> Tuple[Dict[str, torch.Tensor], ...]:
        """What the first head computes in training, and all losses."""
        batch = SampleBatch.of(data_samples)
        change = batch.records.get('second_view', ViewChange({}))
        scores = change.scores(
            distributions_of(batch, self.head.num_classes))
        # Samples of their own: those of the batch keep their labels.
        mixed = SampleBatch(dict(batch.targets, gt_score=scores), batch.metas)
        outputs, losses = super()._outputs_and_losses(feats[:1], batch)
        others, more = self.branch._outputs_and_losses(feats[1:], mixed)
        losses.update({f'{name}_branch': loss for name, loss in more.items()})
        if self.attention is not None:
            maps, shown = change.maps(self.head.attention(feats[0]))
            losses['loss_attention'] = self.attention(
                maps, shown * self.branch.head.attention(feats[1]))
        if self.soft_label is not None:
            losses['loss_soft_label'] = self.soft_label(
                change.log_scores(_logits(outputs)), _logits(others), scores)
        return outputs, losses


def _logits(outputs: Dict[str, torch.Tensor]) -> torch.Tensor:
    if 'logits' not in outputs:
        raise ConfigError('a head gives no logits of single samples in '
                          'training, which soft_label compares',
                          hint='another head, or leave it out')
    return outputs['logits']


def _laid_over(parts: Dict[str, Optional[dict]],
               changes: Dict[str, dict]) -> Dict[str, Optional[dict]]:
    """The configs of parts with changed options or of another type."""
    unknown = sorted(set(changes) - set(parts))
    if unknown:
        raise ValueError(f'branch changes {unknown}, a network has '
                         f'{sorted(parts)}')
    changed = {
        name:
        change if 'type' in change else dict(parts[name] or {}, **change)
        for name, change in changes.items()
    }
    return {**parts, **changed}
