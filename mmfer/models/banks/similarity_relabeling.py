# Copyright (c) mmfer contributors.
from typing import Dict, Optional, Sequence

import torch

from mmfer.registry import MODELS
from .margin_relabeling import Proposal


@MODELS.register_module()
class SimilarityRelabeling:
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
        relative (bool): Whether the difference counts in units of the mean,
            over the batch, of the largest :math:`\pi_k`. The more labels are
            wrong, the flatter is what a network believes; measured so, one
            margin fits few and many. It may then exceed 1. Defaults to
            False.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 margin: float = 0.2,
                 require_agreement: bool = True,
                 low_ratio: float = 0.3,
                 also: Sequence[str] = (),
                 relative: bool = False) -> None:
        if margin < 0 or margin >= 1 and not relative:
            raise ValueError('margin must lie in [0, 1), or above with '
                             f'relative=True, got {margin}')
        if not 0 < low_ratio <= 1:
            raise ValueError(f'low_ratio must lie in (0, 1], got {low_ratio}')
        self.margin, self.low_ratio = margin, low_ratio
        self.require_agreement, self.also = require_agreement, tuple(also)
        self.relative = relative

    @torch.no_grad()
    def posterior(self, outputs: Dict[str, torch.Tensor]) -> torch.Tensor:
        """What is believed of the samples of a batch.

        Args:
            outputs (dict[str, Tensor]): ``posterior``, ``logits`` and those
                of ``also``, ``(N, C)``, and, unless ``low_ratio`` is 1,
                ``confidence`` ``(N, )``.

        Returns:
            Tensor: Probabilities, float32 ``(N, C)``.

        Raises:
            ValueError: If the head does not give what is needed.
        """
        needed = ['posterior', 'logits', *self.also]
        needed += ['confidence'] * (self.low_ratio < 1)
        missing = [name for name in needed if name not in outputs]
        if missing:
            raise ValueError(
                f'SimilarityRelabeling needs {" and ".join(missing)} of each '
                'training sample, which the head does not give. Remedy: a '
                'head with a confidence, or low_ratio=1 without one, and a '
                'TemplateBank; or MarginRelabeling')
        parts = [outputs['posterior'].float()] + [
            outputs[name].float().softmax(1) for name in self.also
        ]
        return sum(parts) / len(parts)

    @torch.no_grad()
    def __call__(self, outputs: Dict[str, torch.Tensor],
                 labels: torch.Tensor,
                 posterior: Optional[torch.Tensor] = None) -> Proposal:
        """Look at a batch.

        Args:
            outputs (dict[str, Tensor]): See :meth:`posterior`.
            labels (Tensor): The current labels, int64 ``(N, )``.
            posterior (Tensor, optional): What is believed of the samples,
                ``(N, C)``, such as the mean over epochs. Defaults to None,
                :meth:`posterior` of the outputs.

        Raises:
            ValueError: If the head does not give what is needed.
        """
        if posterior is None:
            posterior = self.posterior(outputs)
        best, candidates = posterior.max(1)
        margin = best - posterior.gather(1, labels[:, None]).squeeze(1)
        if self.relative:
            margin = margin / best.mean()
        changed = margin > self.margin
        if self.require_agreement:
            changed = changed & (outputs['logits'].argmax(1) == candidates)
        if self.low_ratio < 1:
            order = outputs['confidence'].flatten().argsort(descending=True)
            # The small summand mends the rounding of 1 - low_ratio.
            # may wait: plain numbers
            high = int((1 - self.low_ratio) * len(labels) + 1e-6)
            changed[order[:high]] = False
        return Proposal(
            torch.where(changed, candidates, labels), best, margin, changed)
