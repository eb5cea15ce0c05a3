from __future__ import annotations

import random
from typing import Any

import pytest
from bundled import of_each
from proofs import compare, flatten_network, verify

from archviz.bundled import path_of
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.importers.prove import key_of
from archviz.language.expand import load_network, network_from_text
from archviz.network.analysis import analyse


def flat(text: str) -> LayerGraph:
    return flatten_network(network_from_text(f"title: T\n{text}"))


def same_by_networkx(one: LayerGraph, two: LayerGraph) -> bool:
    """An independent opinion, on graphs without merges of unequal inputs."""
    nx = pytest.importorskip("networkx", reason="an independent isomorphism test")

    def graph(layers: LayerGraph) -> Any:
        made = nx.MultiDiGraph()
        for node in layers.nodes:
            made.add_node(node.id, key=(key_of(node), node.id in layers.outputs))
        for node in layers.nodes:
            for source in node.inputs:
                made.add_edge(source, node.id)
        return made

    match = nx.algorithms.isomorphism.categorical_node_match("key", None)
    return bool(nx.is_isomorphic(graph(one), graph(two), node_match=match))


BODY = """
modules:
  block:
    takes: [width, stride=1]
    towers:
      - [conv 1x1 width /stride relu, conv 3x3 width same batch-norm]
      - [conv 1x1 width /stride]
      - [max-pool 3x3 /stride same, conv 1x1 width]
network:
  - input 16x16x4
  - block 4
  - repeat: 2
    of: block 8
  - residual: [conv 3x3 24 same]
    merge: scaled-add 0.2 relu
  - towers: 3
    of: conv 1x1 5
  - graph:
      nodes: {a: conv 1x1 6, b: conv 1x1 6, c: add, d: [multiply, relu]}
      edges: [in -> a -> c -> d -> out, in -> b -> c, a -> d]
  - global-avg-pool
  - dense 3 softmax
"""


def test_a_network_unrolls_to_all_its_layers() -> None:
    graph = flat(BODY)
    network = network_from_text(f"title: T\n{BODY}")
    totals = analyse(network).totals
    assert len(graph.nodes) == 1 + 3 * 6 + 2 + 4 + 5 + 2
    assert sum(node.parameters for node in graph.nodes) == totals.parameters
    assert sum(node.fixed for node in graph.nodes) == totals.non_trainable
    assert sum(node.macs for node in graph.nodes) == totals.macs
    assert verify(graph, network) == []


@pytest.mark.parametrize("name", of_each())
def test_bundled_specs_unroll_to_their_totals(name: str) -> None:
    network = load_network(path_of(name))
    graph = flatten_network(network)
    analysis = analyse(network)
    totals = analysis.with_auxiliary or analysis.totals
    assert sum(node.parameters for node in graph.nodes) == totals.parameters
    assert sum(node.macs for node in graph.nodes) == totals.macs
    assert compare(graph, shuffled(graph, random.Random(1))) == []


def shuffled(graph: LayerGraph, source: random.Random) -> LayerGraph:
    """The same graph with other names, another order, and other orders of inputs."""
    left = list(graph.nodes)
    done: set[str] = set()
    order: list[LayerNode] = []
    names = {node.id: f"n{source.getrandbits(48)}-{node.id}" for node in left}
    ready = [node for node in left if not node.inputs]
    users: dict[str, list[LayerNode]] = {}
    waiting = {}
    for node in left:
        waiting[node.id] = len(set(node.inputs))
        for name in set(node.inputs):
            users.setdefault(name, []).append(node)
    while ready:
        node = ready.pop(source.randrange(len(ready)))
        done.add(node.id)
        inputs = [names[name] for name in node.inputs]
        if node.kind not in ("scaled-add", "attention"):
            source.shuffle(inputs)
        order.append(node._replace(id=names[node.id], inputs=tuple(inputs)))
        for user in users.get(node.id, ()):
            waiting[user.id] -= 1
            if not waiting[user.id]:
                ready.append(user)
    outputs = tuple(names[name] for name in graph.outputs)
    return LayerGraph(graph.name, tuple(order), outputs)


def rewired(graph: LayerGraph, source: random.Random) -> LayerGraph:
    """One edge swapped with another of the same shape, anywhere before its layer."""
    nodes = list(graph.nodes)
    while True:
        index = source.randrange(1, len(nodes))
        node = nodes[index]
        at = source.randrange(len(node.inputs))
        shape = next(other.shape for other in nodes if other.id == node.inputs[at])
        others = [
            other.id
            for other in nodes[:index]
            if other.shape == shape and other.id != node.inputs[at]
        ]
        if others:
            inputs = list(node.inputs)
            inputs[at] = source.choice(others)
            nodes[index] = node._replace(inputs=tuple(inputs))
            return graph._replace(nodes=tuple(nodes))


@pytest.mark.parametrize("seed", range(40))
def test_an_edge_that_is_moved_is_found(seed: int) -> None:
    graph = flat(BODY)
    source = random.Random(seed)
    other = rewired(graph, source)
    found = compare(graph, shuffled(other, source))
    assert bool(found) == (not same_by_networkx(graph, other))


def small(edges: list[str]) -> LayerGraph:
    lines = ", ".join(edges)
    return flat(f"""
network:
  - input 8x8x4
  - graph:
      nodes: {{a: conv 1x1 4, b: conv 1x1 4, c: relu, d: add, e: add, f: concat}}
      edges: [{lines}]
""")


TWO_WAYS = (
    ["in -> a -> c -> d -> f -> out", "in -> b -> d", "a -> e -> f", "b -> e"],
    ["in -> a -> c -> d -> f -> out", "a -> d", "in -> b -> e -> f", "a -> e"],
    ["in -> b -> c -> d -> f -> out", "in -> a -> d", "a -> e -> f", "b -> e"],
)


def test_equal_layers_with_other_wires_are_not_equal() -> None:
    one, two, three = (small(edges) for edges in TWO_WAYS)
    assert compare(one, one) == []
    assert "wired otherwise" in compare(one, two)[0]
    assert not same_by_networkx(one, two)
    assert compare(one, three) == []
    assert same_by_networkx(one, three)


def test_equal_unfolding_with_another_sharing_is_not_equal() -> None:
    shared = flat("""
network:
  - input 8x8x4
  - graph:
      nodes: {a: relu, s: tanh, b: conv 1x1 4, c: conv 1x1 4, d: add, t: tanh, e: add}
      edges: [in -> a -> s -> b -> d -> e -> out, s -> c -> d, in -> t -> e]
""")
    other = flat("""
network:
  - input 8x8x4
  - graph:
      nodes: {a: relu, s: tanh, b: conv 1x1 4, c: conv 1x1 4, d: add, t: tanh, e: add}
      edges: [in -> a -> s -> b -> d -> e -> out, a -> t -> c -> d, in -> e]
""")
    assert compare(shared, other)
    assert not same_by_networkx(shared, other)


def test_the_sides_of_a_scaled_sum_matter() -> None:
    text = """
network:
  - input 8x8x4
  - graph:
      nodes: {{a: conv 1x1 4, s: scaled-add 0.1}}
      edges: [{}]
"""
    one = flat(text.format("in -> a -> s -> out, in -> s"))
    two = flat(text.format("in -> s -> out, in -> a -> s"))
    assert compare(one, one) == []
    assert compare(one, two)


def changed(graph: LayerGraph, index: int, **fields: Any) -> LayerGraph:
    nodes = list(graph.nodes)
    nodes[index] = nodes[index]._replace(**fields)
    return graph._replace(nodes=tuple(nodes))


def test_each_difference_is_named() -> None:
    graph = flat(BODY)
    conv = graph.nodes[1]
    wider = changed(graph, 1, options={**conv.options, "filters": 9})
    assert "conv filters=9 activation=relu giving 16×16×4" in "\n".join(compare(wider, graph))
    other = changed(graph, 1, shape=(15, 15, 4))
    assert "giving 15×15×4" in "\n".join(compare(other, graph))
    more = changed(graph, 1, parameters=conv.parameters + 1)
    assert "parameters" in compare(more, graph)[0]
    macs = changed(graph, 1, macs=conv.macs - 1)
    assert "multiply-adds" in compare(macs, graph)[0]
    fixed = changed(graph, 1, fixed=3)
    assert "not trained" in compare(fixed, graph)[0]
    missing = graph._replace(outputs=(graph.nodes[-2].id,))
    assert compare(missing, graph)


def test_what_says_the_same_is_the_same() -> None:
    one = flat("network: [input 8x8x4, conv 3x3 4 same, conv 1x1 4 same]")
    two = flat("network: [input 8x8x4, conv 3x3 4 pad=1, conv 1x1 4]")
    assert compare(one, two) == []
    nested = flat("""
network:
  - input 8x8x4
  - towers: [[conv 1x1 4, fork: [conv 1x3 4 same, conv 3x1 4 same]], conv 1x1 4]
""")
    merged = flat("""
network:
  - input 8x8x4
  - graph:
      nodes: {s: conv 1x1 4, a: conv 1x3 4 same, b: conv 3x1 4 same, c: conv 1x1 4, m: concat}
      edges: [in -> s -> a -> m -> out, s -> b -> m, in -> c -> m]
""")
    assert compare(nested, merged) == []


def test_shared_weights_count_once_on_both_sides() -> None:
    text = "network: [input 8x8x4, conv 1x1 4, conv 1x1 4 shared]"
    graph = flat(text)
    assert sum(node.parameters for node in graph.nodes) == 20
    imported = changed(graph, 2, parameters=20)
    assert compare(imported, graph) == []


@pytest.mark.timeout(60)
def test_many_equal_towers_are_matched_without_trying_all() -> None:
    graph = flat("""
network:
  - input 8x8x4
  - repeat: 20
    of: {towers: 400, of: [conv 1x1 4, conv 3x3 4 same], merge: add}
""")
    assert compare(graph, shuffled(graph, random.Random(2))) == []


@pytest.mark.parametrize(
    ("conv", "side"), [("conv-1d 3 4", "30"), ("conv 3x3 4", "30x30"), ("conv-3d 3x3x3 4", "9x9x9")]
)
def test_a_rate_of_one_that_is_said_is_the_one_that_is_not(conv: str, side: str) -> None:
    """A module whose rate differs from call to call says it in each of them."""
    said = flat(f"network: [input {side}x4, {conv} dilation=1 /1]")
    unsaid = flat(f"network: [input {side}x4, {conv}]")
    assert not compare(said, unsaid)
    rate = flat(f"network: [input {side}x4, {conv} dilation=2 same]")
    assert compare(flat(f"network: [input {side}x4, {conv} same]"), rate)
