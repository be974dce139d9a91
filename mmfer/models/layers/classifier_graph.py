# Copyright (c) mmfer contributors.
from typing import Dict

import torch
from torch import nn
from torch.nn.functional import leaky_relu, normalize

from .au_adjacency import AUAdjacency
from .graph_convolution import GraphConvolution


class ClassifierGraph(nn.Module):
    """A graph that makes the classifiers of action units.

    The form of `ML-GCN <https://arxiv.org/abs/1904.03582>`_: nodes that do
    not depend on the image, here learnt instead of word vectors, go through
    two graph convolutions and come out as weights of linear classifiers. The
    probabilities of action units are the semantic feature; expressions are
    told by its cosine with a learnt template of each class (our choice).

    Args:
        in_channels (int): Length D of the pooled feature.
        num_classes (int): Number of expressions C.
        adjacency (AUAdjacency): The edges between K nodes.
        node_channels (int): Length of a node. Defaults to 300.
        hidden_channels (int): Length of a node in the graph. Defaults to 512.
        temperature (float): By which the cosines are divided. Defaults to
            0.1, our choice.
        negative_slope (float): Of the leaky ReLU. Defaults to 0.2, that of
            ML-GCN.
    """

    def __init__(self,
                 in_channels: int,
                 num_classes: int,
                 adjacency: AUAdjacency,
                 node_channels: int = 300,
                 hidden_channels: int = 512,
                 temperature: float = 0.1,
                 negative_slope: float = 0.2) -> None:
        super().__init__()
        number = len(adjacency.names)
        relations = adjacency.num_relations
        self.adjacency = adjacency
        self.temperature = temperature
        self.negative_slope = negative_slope
        self.nodes = nn.Parameter(torch.randn(number, node_channels))
        self.first = GraphConvolution(node_channels, hidden_channels,
                                      relations)
        self.second = GraphConvolution(hidden_channels, in_channels,
                                       relations)
        self.templates = nn.Parameter(torch.randn(num_classes, number))

    def forward(self, pooled: torch.Tensor) -> Dict[str, torch.Tensor]:
        """Action units and expressions of faces.

        Args:
            pooled (Tensor): ``(N, D)``.

        Returns:
            dict[str, Tensor]: ``au_logits`` ``(N, K)``; ``semantic_feature``
            ``(N, K)``; ``semantic_logits`` ``(N, C)``.
        """
        adjacency = self.adjacency()
        nodes = leaky_relu(self.first(self.nodes, adjacency),
                           self.negative_slope)
        au_logits = pooled @ self.second(nodes, adjacency).T
        feature = au_logits.sigmoid()
        cosine = normalize(feature) @ normalize(self.templates.sigmoid()).T
        return dict(
            au_logits=au_logits,
            semantic_feature=feature,
            semantic_logits=cosine / self.temperature)
