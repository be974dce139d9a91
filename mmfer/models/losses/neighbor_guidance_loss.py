# Copyright (c) mmfer contributors.
import torch
from torch import nn

from mmfer.registry import MODELS


@MODELS.register_module()
class NeighborGuidanceLoss(nn.Module):
    r"""A face is to be predicted like its neighbours in another task.

    After `LDL-ALSG
    <https://openaccess.thecvf.com/content_CVPR_2020/html/Chen_Label_Distribution_Learning_on_Auxiliary_Label_Space_Graphs_for_Facial_CVPR_2020_paper.html>`_:

    .. math::
        L = \frac{1}{N} \sum_i \sum_j a_{ij} KL(p_j \| f_i)

    with the predictions :math:`f`, the remembered predictions :math:`p_j` of
    the neighbours and their shares :math:`a`. A sample without neighbours
    adds 0.

    Args:
        reduction (str): ``'mean'`` over the samples, as above, or ``'sum'``
            over all edges of the batch, each by its :math:`a_{ij}`, nearer
            to the ancestor, with a weight of 5e-4 there. Defaults to
            ``'mean'``.
        loss_weight (float): Defaults to 0.1, our choice.

    Raises:
        ValueError: If the reduction is unknown.
    """  # noqa: E501

    def __init__(self,
                 reduction: str = 'mean',
                 loss_weight: float = 0.1) -> None:
        super().__init__()
        if reduction not in ('mean', 'sum'):
            raise ValueError("reduction must be 'mean' or 'sum', got "
                             f'{reduction!r}')
        self.reduction = reduction
        self.loss_weight = loss_weight

    def forward(self, logits: torch.Tensor, neighbor_scores: torch.Tensor,
                shares: torch.Tensor) -> torch.Tensor:
        """The loss, in float32.

        Args:
            logits (Tensor): ``(N, C)``.
            neighbor_scores (Tensor): Probabilities, ``(N, K, C)``; no
                gradient goes there.
            shares (Tensor): ``(N, K)``, not negative.

        Returns:
            Tensor: A scalar.
        """
        scores = neighbor_scores.detach().float()
        log_scores = logits.float().log_softmax(1)[:, None]
        divergence = (torch.xlogy(scores, scores) -
                      scores * log_scores).sum(2)
        loss = (shares * divergence).sum()
        if self.reduction == 'mean':
            loss = loss / len(logits)
        return self.loss_weight * loss
