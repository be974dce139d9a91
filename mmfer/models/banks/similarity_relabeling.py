# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Sequence

import torch

from mmfer.registry import MODELS
from .relabeling import BatchRelabeling, low_group, mean_belief


@MODELS.register_module()
class SimilarityRelabeling(BatchRelabeling):
    r"""Give distrusted samples the label of the template they resemble.

    A sample of the low group of its batch takes the class k of the nearest
    template if

    .. math::
        \pi_k - \pi_y > \delta

    for the ``posterior`` :math:`\pi` over the templates, such as
    :meth:`TemplateBank.posterior`, and the classifier finds k likeliest too.
    The present label y is the current one: a sample may get its given label
    back, or change more than once. A ``correction`` of :class:`LabelBank`,
    whose ``max_changes`` caps the changes of an epoch. The rule is our
    choice, with the margin of `Suppressing Uncertainties
    <https://arxiv.org/abs/2002.10392>`_.

    Args:
        margin (float): Difference of probabilities :math:`\delta`, in
            [0, 1). Defaults to 0.2.
        require_agreement (bool): Whether the classifier must find the class
            of the nearest template likeliest. Defaults to True.
        low_ratio (float): The part of the batch in the low group, in (0, 1];
            1 looks at all samples. Of N samples, ``floor((1 - low_ratio) N)``
            are left out. Defaults to 0.3.
        also (Sequence[str]): Outputs whose softmax is averaged into
            :math:`\pi`, each with the weight of the templates: ``'logits'``
            of the classifier, ``'semantic_logits'`` of the branch of action
            units. Defaults to (), the templates alone.
        **kwargs: See :class:`Relabeling`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 margin: float = 0.2,
                 require_agreement: bool = True,
                 low_ratio: float = 0.3,
                 also: Sequence[str] = (),
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= margin < 1:
            raise ValueError(f'margin must lie in [0, 1), got {margin}')
        if not 0 < low_ratio <= 1:
            raise ValueError(f'low_ratio must lie in (0, 1], got {low_ratio}')
        self.margin, self.low_ratio = margin, low_ratio
        self.require_agreement, self.also = require_agreement, tuple(also)

    @property
    def needed(self) -> List[str]:
        return ['posterior', 'logits', *self.also] + [
            'confidence'] * (self.low_ratio < 1)

    def believe(self, outputs: Dict[str, torch.Tensor]) -> torch.Tensor:
        return mean_belief(outputs, ('posterior', *self.also))

    def accept(self, outputs: Dict[str, torch.Tensor],
               candidates: torch.Tensor,
               margin: torch.Tensor) -> torch.Tensor:
        accepted = margin > self.margin
        if self.require_agreement:
            agreed = outputs['logits'].argmax(1) == candidates
            accepted = accepted & agreed
        if self.low_ratio < 1:
            # The small summand mends the rounding of 1 - low_ratio.
            # may wait: plain numbers
            high = int((1 - self.low_ratio) * len(accepted) + 1e-6)
            accepted = accepted & low_group(outputs['confidence'], high)
        return accepted
