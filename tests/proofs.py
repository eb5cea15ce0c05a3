"""What tests ask of a proof: graphs of specs, and what differs between two."""

from __future__ import annotations

from archviz.importers.graphs import LayerGraph
from archviz.importers.prove import differences, numbered
from archviz.importers.unroll import unrolled
from archviz.network.model import Network


def flatten_network(network: Network) -> LayerGraph:
    """The layers of a network in order of execution, as an import would have read them."""
    flat = unrolled(network)
    ids = [f"{node.kind}-{number}" for number, node in enumerate(flat.nodes)]
    nodes = tuple(
        [
            node._replace(
                id=ids[number], inputs=tuple([ids[source] for source in flat.inputs[number]])
            )
            for number, node in enumerate(flat.nodes)
        ]
    )
    return LayerGraph(network.head.name, nodes, tuple([ids[number] for number in flat.outputs]))


def verify(graph: LayerGraph, network: Network) -> list[str]:
    """What differs between a model and the network of its spec; empty where nothing does."""
    return differences(numbered(graph), unrolled(network))


def compare(graph: LayerGraph, other: LayerGraph) -> list[str]:
    """What differs between a model's graph and that of a spec; empty where nothing does."""
    return differences(numbered(graph), numbered(other))
