# Copyright (c) mmfer contributors.
import math
from typing import Dict

import torch
from torch import nn
from torch.nn.functional import leaky_relu

from .au_adjacency import AUAdjacency
from .graph_convolution import GraphConvolution


class ImageNodeGraph(nn.Module):
    """A graph whose nodes are seen in each face.

    Each node is a part of the pooled feature, two graph convolutions let
    nodes tell each other, and each node then speaks for its action unit. The
    mean over the nodes is the semantic feature, from which expressions are
    told. All widths are our choice.

    Args:
        in_channels (int): Length D of the pooled feature.
        num_classes (int): Number of expressions C.
        adjacency (AUAdjacency): The edges between K nodes.
        node_channels (int): Length of a node. Defaults to 64.
        hidden_channels (int): Length of a node in the graph. Defaults to 128.
        semantic_channels (int): Length E of the semantic feature. Defaults
            to 512.
        negative_slope (float): Of the leaky ReLU. Defaults to 0.2, that of
            ML-GCN.
    """

    def __init__(self,
                 in_channels: int,
                 num_classes: int,
                 adjacency: AUAdjacency,
                 node_channels: int = 64,
                 hidden_channels: int = 128,
                 semantic_channels: int = 512,
                 negative_slope: float = 0.2) -> None:
        super().__init__()
        number = len(adjacency.names)
        relations = adjacency.num_relations
        self.adjacency = adjacency
        self.negative_slope = negative_slope
        self.nodes = nn.Sequential(
            nn.Linear(in_channels, number * node_channels, bias=False),
            nn.BatchNorm1d(number * node_channels), nn.ReLU(inplace=True),
            nn.Unflatten(1, (number, node_channels)))
        self.first = GraphConvolution(node_channels, hidden_channels,
                                      relations)
        self.second = GraphConvolution(hidden_channels, hidden_channels,
                                       relations)
        bound = 1 / math.sqrt(hidden_channels)
        self.weight = nn.Parameter(
            torch.empty(number, hidden_channels).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(number))
        self.semantic = nn.Linear(hidden_channels, semantic_channels)
        self.fc = nn.Linear(semantic_channels, num_classes)

    def forward(self, pooled: torch.Tensor) -> Dict[str, torch.Tensor]:
        """Action units and expressions of faces.

        Args:
            pooled (Tensor): ``(N, D)``; N above 1 in training.

        Returns:
            dict[str, Tensor]: ``au_logits`` ``(N, K)``; ``semantic_feature``
            ``(N, E)``; ``semantic_logits`` ``(N, C)``.
        """
        nodes, adjacency = self.nodes(pooled), self.adjacency()
        for layer in (self.first, self.second):
            nodes = leaky_relu(layer(nodes, adjacency), self.negative_slope)
        feature = self.semantic(nodes.mean(1))
        return dict(
            au_logits=(nodes * self.weight).sum(2) + self.bias,
            semantic_feature=feature,
            semantic_logits=self.fc(feature))
