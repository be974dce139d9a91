# Copyright (c) mmfer contributors.
import warnings
from typing import Any, Dict, Optional, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from mmfer.structures import SampleBatch
from ..banks.sample_indices import sample_indices
from ..banks.sample_scalars import SampleScalars
from ..layers.label_calibration import calibrate
from ..layers.pair_relation import PairRelation
from .base_fer_head import FEATURES, BaseFERHead
from .targets import distributions_of, labels_of

_TRUSTS = ('sample', 'feature')


@MODELS.register_module()
class DistributionCalibrationHead(BaseFERHead):
    r"""Learn from given labels and from what neighbours are predicted to be.

    A face whose label is not trusted is to be predicted like the faces that
    resemble it in related tasks, as far as these are related to it and were
    seen: see :func:`~mmfer.models.layers.calibrate`, with
    :math:`\lambda = \mathrm{sigmoid}(\theta)` and :math:`r` the product of
    :class:`~mmfer.models.layers.PairRelation` and the neighbour's visible
    evidence, the mean gate of its patches. Until the bank knows its samples,
    and where it has nothing to tell, the given label alone counts.

    The head takes what :class:`~mmfer.models.necks.PatchAttention` gives, or
    a pooled feature alone; then all faces count as seen. Testing needs
    neither bank nor neighbours.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length D of the feature. Defaults to 512.
        bank (dict): Defaults to ``dict(type='NeighborBank')``.
        trust (str): What :math:`\theta` is: ``'sample'``, a free number for
            each training sample, or ``'feature'``, a linear function of the
            feature. Defaults to ``'sample'``.
        trust_init (float): The first value of the free numbers. Defaults to
            0.5: :math:`\lambda` is 0.62.
        trust_lr (float): The learning rate of the free numbers. Defaults to
            10; their gradients are divided by the batch size.
        weigh_evidence (bool): Whether neighbours of whom little is seen
            count less. Defaults to True; LDLVA knows no patches.
        fall_back (bool): See :func:`~mmfer.models.layers.calibrate`.
            Defaults to True.
        guidance (dict, optional): The loss on the neighbours' predictions.
            Defaults to ``dict(type='NeighborGuidanceLoss')``.
        region (dict, optional): The loss on the gates of the patches.
            Defaults to ``dict(type='RegionBiasLoss', loss_weight=0.1)``.
        visibility (dict, optional): The loss on patches of which a batch
            augment erased something, such as
            ``dict(type='PatchVisibilityLoss')``. It judges the gates, and
            the weights times the number of patches, so that both have about
            one scale. It needs patches, and an augment that records what it
            erased, such as :class:`~mmfer.models.augments.BatchErasing`.
            Defaults to None.
        centers (dict, optional): The loss that draws features to their
            classes, such as ``dict(type='WeightedCenterLoss')``. Defaults to
            None.
        auxiliary_heads (dict[str, dict], optional): Name -> head that learns
            a related task from the feature, a
            :class:`~mmfer.models.heads.BaseAuxiliaryHead`, the other reading
            of task guidance; lengths are given to it. Defaults to None.
        loss (dict): The classification loss on distributions. Defaults to
            soft cross entropy.
        **kwargs: See :class:`BaseFERHead`.

    Raises:
        ValueError: If ``trust`` is unknown.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int = 512,
                 bank: dict = dict(type='NeighborBank'),
                 trust: str = 'sample',
                 trust_init: float = 0.5,
                 trust_lr: float = 10.,
                 weigh_evidence: bool = True,
                 fall_back: bool = True,
                 guidance: Optional[dict] = dict(type='NeighborGuidanceLoss'),
                 region: Optional[dict] = dict(
                     type='RegionBiasLoss', loss_weight=0.1),
                 visibility: Optional[dict] = None,
                 centers: Optional[dict] = None,
                 auxiliary_heads: Optional[Dict[str, dict]] = None,
                 loss: dict = dict(type='CrossEntropyLoss', use_soft=True),
                 **kwargs: Any) -> None:
        super().__init__(num_classes, loss=loss, **kwargs)
        if trust not in _TRUSTS:
            raise ValueError(f'trust must be one of {_TRUSTS}, got {trust!r}')
        shape = dict(num_classes=num_classes, in_channels=in_channels)
        self.fc = nn.Linear(in_channels, num_classes)
        self.relation = PairRelation(in_channels)
        self.bank = MODELS.build(dict(shape, **bank))
        self.trust = SampleScalars(trust_init, trust_lr) if (
            trust == 'sample') else nn.Linear(in_channels, 1)
        self.weigh_evidence, self.fall_back = weigh_evidence, fall_back
        self.guidance = guidance and MODELS.build(guidance)
        self.region = region and MODELS.build(region)
        self.visibility = visibility and MODELS.build(visibility)
        self.centers = centers and MODELS.build(dict(shape, **centers))
        self.auxiliary_heads = nn.ModuleDict({
            name: MODELS.build(dict(shape, **head))
            for name, head in (auxiliary_heads or {}).items()
        })

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`.

        Args:
            feats (Sequence[Tensor]): What
                :class:`~mmfer.models.necks.PatchAttention` gives, or pooled
                features, the last ``(N, D)``.

        Returns:
            dict[str, Tensor]: ``logits`` and ``feature``; with patches also
            ``patch_weights``, ``gates``, ``whole_gate``, ``boxes`` and
            ``confidence``, the visible evidence.
        """
        feature = feats[-1]
        outputs = dict(logits=self.fc(feature), feature=feature)
        if len(feats) == 5:
            names = ('patch_weights', 'gates', 'whole_gate', 'boxes')
            outputs.update(zip(names, feats))
            outputs['confidence'] = outputs['gates'].mean(1)
        return outputs

    def training_outputs(self, feats: FEATURES,
                         data_samples: Sequence[DataSample]
                         ) -> Dict[str, torch.Tensor]:
        """All of :meth:`outputs`, and what is believed about the samples.

        Args:
            feats (Sequence[Tensor]): See :meth:`outputs`.
            data_samples (Sequence[DataSample]): N samples with ``gt_label``
                and ``sample_idx``.

        Returns:
            dict[str, Tensor]: Also ``distribution``, ``trust``, ``shares``
            and ``neighbor_scores``, see
            :class:`~mmfer.models.layers.Calibration`; and, with a known
            training set, ``sample_idx`` and, with free numbers, ``theta``.
        """
        outputs = self.outputs(feats)
        feature = outputs['feature']
        if self.bank.size:
            index = sample_indices(data_samples, feature.device)
            outputs['sample_idx'] = index
            near = self.bank.neighbors(index)
        else:
            warnings.warn(
                'the neighbour bank does not know the training set: labels '
                'are taken as given. Hint for training: add '
                "dict(type='NeighborBankHook', file=...) to custom_hooks")
            near = self.bank.no_neighbors(len(feature))
        if isinstance(self.trust, nn.Linear):
            theta = self.trust(feature).squeeze(1)
        elif self.bank.size:
            theta = self.trust(index).requires_grad_()
            outputs['theta'] = theta
        else:
            theta = feature.new_full((len(feature), ), self.trust.init)
        given = distributions_of(data_samples, self.num_classes)
        relations = self.relation(feature, near.features)
        if self.weigh_evidence:
            relations = relations * near.evidence
        outputs.update(
            calibrate(given, theta.sigmoid(), near.weights, relations,
                      near.scores, self.fall_back)._asdict(),
            neighbor_scores=near.scores)
        return outputs

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The losses; the bank and the free numbers take their step."""
        logits, feature = outputs['logits'], outputs['feature']
        losses = dict(
            loss_cls=self.loss_module(
                logits, outputs['distribution'], avg_factor=len(logits)))
        if self.guidance is not None:
            losses['loss_guidance'] = self.guidance(
                logits, outputs['neighbor_scores'], outputs['shares'])
        if self.region is not None and 'gates' in outputs:
            losses['loss_region'] = self.region(outputs['gates'],
                                                outputs['whole_gate'])
        if self.visibility is not None:
            losses['loss_visibility'] = self._visibility_loss(
                outputs, data_samples)
        if self.centers is not None:
            losses['loss_centers'] = self.centers(
                feature, labels_of(data_samples), outputs['trust'])
        for name, head in self.auxiliary_heads.items():
            for key, value in head.loss((feature, ), data_samples).items():
                losses[f'{key}_{name}' if key in losses else key] = value
        if 'sample_idx' in outputs:
            self._remember(outputs, losses['loss_cls'])
        return losses

    def _visibility_loss(self, outputs: Dict[str, torch.Tensor],
                         data_samples: Sequence[DataSample]) -> torch.Tensor:
        """Return the loss on gates and weights of erased patches.

        Raises:
            ConfigError: If there are no patches or no record of an erasure.
        """
        if 'gates' not in outputs:
            raise ConfigError(
                'head.visibility judges patches, but the neck has none',
                hint="set neck.type='PatchAttention' or head.visibility=None")
        window = SampleBatch.of(data_samples).records.get('erase_window')
        if window is None:
            raise ConfigError(
                'head.visibility needs a record of what was erased',
                hint="erase with dict(type='BatchErasing') as the last of "
                'data_preprocessor.augments, not in the pipeline, or set '
                'head.visibility=None')
        weights = outputs['patch_weights']
        return sum(
            self.visibility(each, outputs['boxes'], window)
            for each in (outputs['gates'], weights.size(1) * weights))

    def _remember(self, outputs: Dict[str, torch.Tensor],
                  loss: torch.Tensor) -> None:
        """Write what was seen into the memory about samples."""
        index, logits = outputs['sample_idx'], outputs['logits'].detach()
        evidence = outputs.get('confidence', torch.ones_like(logits[:, 0]))
        self.bank.update(index, logits.softmax(1), outputs['feature'],
                         evidence)
        if 'theta' in outputs and loss.requires_grad:
            grad, = torch.autograd.grad(
                loss, outputs['theta'], retain_graph=True)
            self.trust.step(index, grad)

    def predictions(self, outputs: Dict[str, torch.Tensor]
                    ) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.predictions`.

        Returns:
            dict[str, Tensor]: With patches also ``pred_patch_weights``,
            ``(N, P)``, and ``pred_patch_boxes``, x1, y1, x2, y2 as parts of
            the picture, ``(N, P, 4)``.
        """
        found = super().predictions(outputs)
        if 'boxes' in outputs:
            found.update(
                pred_patch_weights=outputs['patch_weights'],
                pred_patch_boxes=outputs['boxes'])
        return found
