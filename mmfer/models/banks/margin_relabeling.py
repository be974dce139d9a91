# Copyright (c) mmfer contributors.
from typing import Any, Dict, List

import torch

from mmfer.registry import MODELS
from .relabeling import BatchRelabeling, low_group

_SCOPES = ('low', 'all')


@MODELS.register_module()
class MarginRelabeling(BatchRelabeling):
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
        **kwargs: See :class:`Relabeling`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 margin: float = 0.2,
                 scope: str = 'low',
                 ratio: float = 0.7,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if scope not in _SCOPES:
            raise ValueError(f'scope must be one of {_SCOPES}, got {scope!r}')
        if not 0 <= margin < 1:
            raise ValueError(f'margin must lie in [0, 1), got {margin}')
        if not 0 < ratio < 1:
            raise ValueError(f'ratio must lie in (0, 1), got {ratio}')
        self.margin, self.scope, self.ratio = margin, scope, ratio

    @property
    def needed(self) -> List[str]:
        return ['logits'] + ['confidence'] * (self.scope == 'low')

    def believe(self, outputs: Dict[str, torch.Tensor]) -> torch.Tensor:
        return outputs['logits'].float().softmax(1)

    def accept(self, outputs: Dict[str, torch.Tensor],
               candidates: torch.Tensor,
               margin: torch.Tensor) -> torch.Tensor:
        accepted = margin > self.margin
        if self.scope == 'low':
            # may wait: plain numbers
            high = int(self.ratio * len(accepted))
            accepted = accepted & low_group(outputs['confidence'], high)
        return accepted
