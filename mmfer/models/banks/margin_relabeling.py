# Copyright (c) mmfer contributors.
from typing import Dict, NamedTuple, Optional

import torch

from mmfer.registry import MODELS

_SCOPES = ('low', 'all')


class Proposal(NamedTuple):
    """What a correction would make of the labels of a batch.

    Args:
        labels (Tensor): The labels afterwards, int64 ``(N, )``.
        score (Tensor): The largest probability, float32 ``(N, )``.
        margin (Tensor): How far it is above the probability of the label,
            float32 ``(N, )``.
        changed (Tensor): Which of them changed, bool ``(N, )``.
    """
    labels: torch.Tensor
    score: torch.Tensor
    margin: torch.Tensor
    changed: torch.Tensor


@MODELS.register_module()
class MarginRelabeling:
    """Give samples the label that the model believes in far more.

    The rule of `Suppressing Uncertainties
    <https://arxiv.org/abs/2002.10392>`_: a sample takes the class of the
    largest probability if that is more than ``margin`` above the probability
    of its label. A ``correction`` of :class:`LabelBank`.

    Args:
        margin (float): Difference of probabilities, in [0, 1). Defaults to
            0.2.
        scope (str): ``'low'``: only samples of the low group of
            :class:`~mmfer.models.losses.RankRegularizationLoss`, the paper's
            rule, for heads with a confidence; ``'all'``: every sample, the
            released code's. Defaults to ``'low'``.
        ratio (float): The part of the batch in the high group, in (0, 1).
            Defaults to 0.7.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 margin: float = 0.2,
                 scope: str = 'low',
                 ratio: float = 0.7) -> None:
        if scope not in _SCOPES:
            raise ValueError(f'scope must be one of {_SCOPES}, got {scope!r}')
        if not 0 <= margin < 1:
            raise ValueError(f'margin must lie in [0, 1), got {margin}')
        if not 0 < ratio < 1:
            raise ValueError(f'ratio must lie in (0, 1), got {ratio}')
        self.margin, self.scope, self.ratio = margin, scope, ratio

    @torch.no_grad()
    def posterior(self, outputs: Dict[str, torch.Tensor]) -> torch.Tensor:
        """What is believed of the samples of a batch.

        Args:
            outputs (dict[str, Tensor]): ``logits`` ``(N, C)`` and, for the
                scope ``'low'``, ``confidence`` ``(N, )``.

        Returns:
            Tensor: Probabilities, float32 ``(N, C)``.

        Raises:
            ValueError: If the head does not give what is needed.
        """
        needed = ['logits'] + ['confidence'] * (self.scope == 'low')
        missing = [name for name in needed if name not in outputs]
        if missing:
            raise ValueError(
                f'MarginRelabeling(scope={self.scope!r}) needs '
                f'{" and ".join(missing)} of each training sample, which the '
                "head does not give. Remedy: scope='all' needs logits only; "
                'or choose another head')
        return outputs['logits'].float().softmax(1)

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
        changed = margin > self.margin
        if self.scope == 'low':
            order = outputs['confidence'].flatten().argsort(descending=True)
            number = int(self.ratio * len(labels))  # may wait: plain numbers
            changed[order[:number]] = False
        return Proposal(
            torch.where(changed, candidates, labels), best, margin, changed)
