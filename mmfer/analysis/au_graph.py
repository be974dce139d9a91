# Copyright (c) mmfer contributors.
from typing import TYPE_CHECKING, Any, Optional

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmfer.datasets.au_labels import read_au_labels
from mmfer.structures import ACTION_UNITS, AUGraph
from mmfer.version import __version__
from mmfer.visualization.colors import BLUE, VERMILION

if TYPE_CHECKING:
    from networkx import DiGraph

_POSITIVE, _NEGATIVE, _NODE = BLUE, VERMILION, '#E5E5E5'


def build_au_graph(dataset: Any,
                   label_threshold: Optional[float] = 0.5,
                   au_set: Optional[str] = None,
                   **settings: Any) -> AUGraph:
    """The graph of the action units of a dataset.

    Args:
        dataset (Any): A dataset of mmfer with ``gt_au``.
        label_threshold (float, optional): Labels of at least this are
            occurrence: 0.5 for probabilities, 1 for intensities from 0 to 5.
            Defaults to 0.5.
        au_set (str, optional): The units of a dataset that does not name
            them, a key of ``AU_SETS``. Defaults to None.
        **settings: See :meth:`mmfer.structures.AUGraph.from_labels`.

    Returns:
        AUGraph: With dataset, split and label threshold in its provenance.
    """
    labels, names = read_au_labels(dataset, label_threshold, au_set)
    provenance = dict(
        dataset=type(dataset).__name__,
        split=getattr(dataset, 'split', None),
        label_threshold=label_threshold,
        mmfer=__version__)
    return AUGraph.from_labels(
        labels, names, provenance=provenance, **settings)


def au_network(graph: AUGraph) -> 'DiGraph':
    """The graph for networkx.

    Args:
        graph (AUGraph): K action units.

    Returns:
        networkx.DiGraph: Nodes by name, with ``base_rate`` (the share of
        labelled samples in which the unit occurs) and ``title``; an edge from
        i to j where i takes from j, with ``weight`` (of the adjacency),
        ``relation`` (P(j | i) or phi) and ``sign``. No loops.
    """
    import networkx
    network = networkx.DiGraph()
    for name, positives, known in zip(graph.names, graph.positives,
                                      graph.known):
        network.add_node(
            name,
            base_rate=float(positives / max(known, 1)),
            title=ACTION_UNITS.get(int(name[2:]), ''))
    for matrix, sign in zip(graph.adjacency, (1, -1)):
        for i, j in zip(*matrix.nonzero()):
            if i != j:
                network.add_edge(
                    graph.names[i], graph.names[j], sign=sign,
                    weight=float(matrix[i, j]),
                    relation=float(graph.relation[i, j]))
    return network


def draw_au_graph(graph: AUGraph, path: str) -> None:
    """Draw action units on a circle and the edges between them.

    The area of a node grows with how often the unit occurs, the width of an
    edge with the size of its relation; negative edges are dashed.

    Args:
        graph (AUGraph): K action units.
        path (str): The figure to write.
    """
    import networkx
    network = au_network(graph)
    figure = Figure(figsize=(7, 7), layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    places = networkx.circular_layout(network)
    networkx.draw_networkx_nodes(
        network, places, ax=axes, node_color=_NODE, edgecolors='black',
        node_size=[500 + 2500 * rate for _, rate in
                   network.nodes(data='base_rate')])
    networkx.draw_networkx_labels(network, places, ax=axes, font_size=8)
    for sign, color, style in ((1, _POSITIVE, 'solid'),
                               (-1, _NEGATIVE, 'dashed')):
        edges = [(i, j, abs(data['relation']))
                 for i, j, data in network.edges(data=True)
                 if data['sign'] == sign]
        networkx.draw_networkx_edges(
            network, places, ax=axes, edgelist=[edge[:2] for edge in edges],
            width=[0.5 + 2.5 * edge[2] for edge in edges], edge_color=color,
            style=style, node_size=1500, connectionstyle='arc3,rad=0.1')
    facts = graph.provenance
    axes.set_title(
        f"{facts.get('dataset', '')} {facts.get('split') or ''}: "
        f'{facts.get("samples")} samples, '
        f'{"|phi|" if graph.signed else "P(j | i)"} >= '
        f'{facts.get("threshold")}')
    axes.set_axis_off()
    figure.savefig(path, dpi=120)
