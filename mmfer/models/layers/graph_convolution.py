# Copyright (c) mmfer contributors.
import torch
from torch import nn


class GraphConvolution(nn.Module):
    r"""Each node takes the sum of its neighbours, linearly mapped.

    .. math::
        H' = \sum_r A_r H \Theta_r

    without a bias. With one relation it is the layer of `Kipf and Welling
    <https://arxiv.org/abs/1609.02907>`_, with several, as the positive and
    the negative edges of a signed graph, that of `Schlichtkrull et al.
    <https://arxiv.org/abs/1703.06103>`_.

    Args:
        in_channels (int): Length D of a node.
        out_channels (int): Length E of a node after it.
        num_relations (int): Number of relations R. Defaults to 1.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 num_relations: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            torch.empty(num_relations, in_channels, out_channels))
        for weight in self.weight.data:
            nn.init.xavier_uniform_(weight)

    def forward(self, nodes: torch.Tensor,
                adjacency: torch.Tensor) -> torch.Tensor:
        """Pass on along the edges.

        Args:
            nodes (Tensor): K nodes, ``(K, D)``, or those of each sample,
                ``(N, K, D)``.
            adjacency (Tensor): Normalised, ``(R, K, K)``; the row of a node
                holds the weights of what it takes.

        Returns:
            Tensor: ``(K, E)`` or ``(N, K, E)``.
        """
        gathered = torch.einsum('rkl,...ld->...rkd', adjacency, nodes)
        return torch.einsum('...rkd,rde->...ke', gathered, self.weight)
