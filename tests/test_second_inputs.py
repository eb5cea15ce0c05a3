"""What takes more than the line before it: modules with ``previous``, towers with an input."""

from __future__ import annotations

import pytest
from invariants import violations
from proofs import flatten_network

from archviz.api import LoadedNetwork
from archviz.errors import ArchvizError
from archviz.language.expand import PREVIOUS_NOTE, network_from_text
from archviz.scene.scene import Connector, Group, Text

CELL = """
modules:
  cell:
    graph:
      nodes: {a: conv 1x1 8, b: conv 1x1 8, sum: add}
      edges: [in -> a -> sum, previous -> b -> sum, sum -> out]
"""


def spec(network: str, modules: str = CELL) -> str:
    return f"title: T{modules}network:\n{network}"


def sources(network: str, modules: str = CELL) -> list[int]:
    """Of each convolution for ``previous``, the number of the layer that feeds it."""
    graph = flatten_network(network_from_text(spec(network, modules)))
    numbers = {node.id: index for index, node in enumerate(graph.nodes)}
    seconds = [node for node in graph.nodes if node.kind == "conv"][1::2]
    return [numbers[node.inputs[0]] for node in seconds]


@pytest.mark.parametrize(
    ("network", "wanted"),
    [
        ("  - input 8x8x8\n  - cell\n", [0]),
        ("  - input 8x8x8\n  - max-pool 3x3 /1 same\n  - cell\n  - cell\n", [0, 1]),
        ("  - input 8x8x8\n  - repeat: 3\n    of: cell\n  - cell\n", [0, 0, 3, 6]),
        ("  - input 8x8x8\n  - towers: [cell, identity]\n    merge: add\n  - cell\n", [0, 0]),
        ("  - input 8x8x8\n  - relu\n  - auxiliary: [relu]\n  - cell\n", [0]),
        ("  - {towers: [input 8x8x8, input 8x8x8], merge: add}\n  - relu\n  - cell\n", [2]),
        ("  - {towers: [input 8x8x8, input 8x8x8], merge: add}\n  - cell\n", [2]),
    ],
)
def test_previous_is_what_the_item_before_took_in(network: str, wanted: list[int]) -> None:
    assert sources(network) == wanted


def test_what_is_left_out_is_no_item_before() -> None:
    gap = "modules:\n  gap: {takes: lead, layers: [relu when=lead, cell]}"
    text = CELL.replace("modules:", gap)
    assert sources("  - input 8x8x8\n  - max-pool 3x3 /1 same\n  - gap 0\n", text) == [0]
    assert sources("  - input 8x8x8\n  - max-pool 3x3 /1 same\n  - gap 1\n", text) == [1]


def test_the_second_line_has_its_name_and_a_note() -> None:
    network = network_from_text(spec("  - input 8x8x8\n  - relu\n  - cell\n"))
    scene = LoadedNetwork(network).scene()
    assert violations(scene) == []
    panel = next(item for item in scene.items if isinstance(item, Group) and item.role == "panel")
    assert [t.text for t in panel.items if isinstance(t, Text)].count("previous") == 1
    lines = [item for item in panel.items if isinstance(item, Connector)]
    assert len({line.route[0] for line in lines if line.head}) > 2  # two come from outside
    assert network.figure.notes == (PREVIOUS_NOTE,)


@pytest.mark.parametrize(
    ("network", "modules", "message"),
    [
        (
            "  - input 8x8x8\n  - graph: {nodes: {a: relu, s: add}, "
            "edges: [in -> a -> s, previous -> s, s -> out]}\n",
            "\n",
            "the graph has no node 'previous'",
        ),
        (
            "  - input 8x8x8\n  - c\n",
            "\nmodules:\n  c: {graph: {nodes: {in: relu}, edges: [in -> out]}}\n",
            "'in' is the input of the graph",
        ),
        (
            "  - input 8x8x8\n  - c\n",
            "\nmodules:\n  c: {graph: {nodes: {a: relu}, edges: [previous -> a -> out]}}\n",
            "no way leads from 'in' to 'out'",
        ),
        (
            "  - input 8x8x8\n  - previous\n",
            "\nmodules:\n  previous: {layers: [relu]}\n",
            "has a meaning of its own and cannot name a module",
        ),
        (
            "  - input 8x8x8\n  - towers: [input 8x8x8, [input 8x8x8, relu]]\n",
            "\n",
            "what comes before this leads nowhere",
        ),
        ("  - towers: [[relu], [input 8x8x8, relu]]\n", "\n", "a network begins with its input"),
        (
            "  - input 8x8x8\n  - m\n",
            "\nmodules:\n  m: {towers: [[input 8x8x8], [relu]]}\n",
            "an input may only stand in the network, first in",
        ),
        (
            "  - input 8x8x8\n  - repeat: 2\n    of: {towers: [relu, input 8x8x8], merge: add}\n",
            "\n",
            "an input may only stand in the network, first in",
        ),
        (
            "  - input 8x8x8\n  - towers: [identity, [relu, input 8x8x8]]\n",
            "\n",
            "an input may only stand in the network, first in",
        ),
        (
            "  - graph: {nodes: {a: input 8x8x8, b: [add, relu]}, "
            "edges: [a -> b, in -> b, b -> out, in -> a]}\n",
            "\n",
            "node 'a' begins with an input and has one before it",
        ),
    ],
)
def test_mistakes(network: str, modules: str, message: str) -> None:
    with pytest.raises(ArchvizError, match=message):
        network_from_text(spec(network, modules))


def test_inputs_of_towers_count_once_and_are_told() -> None:
    loaded = LoadedNetwork(
        network_from_text(
            "title: Two\nnetwork:\n"
            "  - towers: [[input 8x8x3, flatten, dense 4], [input 10, dense 4]]\n  - dense 2\n"
        )
    )
    assert [layer.shape for layer in loaded.network.inputs] == [(8, 8, 3), (10,)]
    assert loaded.analysis.totals.parameters == 193 * 4 + 11 * 4 + 9 * 2
    assert loaded.analysis.totals.depth == 5  # by way of the flatten
    assert violations(loaded.scene()) == []


# ---- labels with parameters -----------------------------------------------------------------

LABELLED = """
modules:
  sep: {takes: [k], label: "sep {k}×{k}", layers: [sep-conv kxk 8 same]}
  both: {takes: [k], layers: [sep k, sep 5]}
"""


def labels(network: str) -> set[str]:
    loaded = LoadedNetwork(network_from_text(spec(network, LABELLED)))
    found: set[str] = set()

    def look(items: object) -> None:
        for item in items if isinstance(items, tuple) else ():
            if isinstance(item, Group):
                look(item.items)
            elif getattr(item, "lines", ()):
                found.add(" ".join(item.lines))

    look(loaded.scene().items)
    return found


def test_a_label_shows_what_its_call_gives() -> None:
    shown = labels("  - input 8x8x8\n  - both 3\n")
    assert {"sep 3×3", "sep 5×5"} <= shown
    shown = labels("  - input 8x8x8\n  - both 3\n  - both 7\n")
    assert {"sep 3×3 or 7×7", "sep 5×5"} <= shown  # the calls of ``both`` differ
    assert not shown & {"sep 3×3", "sep 7×7"}


def test_a_label_with_what_is_no_parameter() -> None:
    text = spec("  - input 8x8x8\n  - both 3\n", LABELLED.replace("{k}×", "{kk}×"))
    with pytest.raises(ArchvizError) as info:
        network_from_text(text, "x.yaml")
    assert str(info.value).startswith("x.yaml:3:28: module sep takes no 'kk'")
