"""Random specs of the whole language: what must hold of their numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from amounts import examples
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st
from random_language import raw_specs, specs
from spec_rewrites import WrittenOut, by_hand, natural, renamed
from test_layout_properties import CHECKS, draw

from archviz.errors import ArchvizError
from archviz.language.expand import load_network, network_from_text
from archviz.looks import DETAILS
from archviz.network.analysis import Analysis, analyse
from archviz.network.model import Auxiliary, Layer, Network
from archviz.network.paths import Scope
from archviz.network.walk import Walk

SEEN = [Phase.explicit, Phase.reuse, Phase.generate]
"""Without making what fails smaller, which takes minutes where an example has many parts."""
FEW = settings(CHECKS, max_examples=examples(60), phases=SEEN)


def text_of(spec: dict[str, Any]) -> str:
    return json.dumps(spec, ensure_ascii=False)


def read(spec: dict[str, Any]) -> Network:
    return network_from_text(text_of(spec), "random.yaml")


class _Wires(Walk[int]):
    """What each layer takes, by numbers; what it gives by name is another value."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.found: list[tuple[str, tuple[int, ...]]] = []

    def layer(
        self, layer: Layer, values: tuple[int, ...], names: Sequence[str], scope: Scope
    ) -> int:
        self.found.append((layer.kind, values))
        return len(self.found) - 1

    def given(self, layer: Layer, value: int) -> int:
        return -1000 - value

    def auxiliary(self, node: Auxiliary, value: int, scope: Scope) -> None:
        self.branch(node.body, value, scope)


def wires(network: Network) -> list[tuple[str, tuple[int, ...]]]:
    """Every layer with the numbers of those that it takes from, in order of execution."""
    walk = _Wires()
    walk.series(network.body, -1, Scope(""))
    return walk.found


def numbers(analysis: Analysis) -> list[tuple[Any, ...]]:
    """What each layer comes to, without its name."""
    return [
        (row.layer.kind, row.input_shape, row.output_shape, *row[4:])
        for row in (*analysis.rows, *analysis.auxiliary_rows)
    ]


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Assert that two specs are the same network."""
    first, second = read(one), read(other)
    assert wires(first) == wires(second)
    a, b = analyse(first), analyse(second)
    assert numbers(a) == numbers(b)
    assert (a.totals, a.with_auxiliary, a.outputs) == (b.totals, b.with_auxiliary, b.outputs)


@given(specs(previous=True))
@FEW
def test_totals_are_the_sums_of_all_rows(spec: dict[str, Any]) -> None:
    analysis = analyse(read(spec))
    totals = analysis.totals
    for field in ("trainable", "non_trainable", "macs", "parameters"):
        assert sum(getattr(row, field) for row in analysis.rows) == getattr(totals, field)
    assert all(0 <= row.products <= row.macs for row in analysis.rows)
    assert all(min(row.output_shape) > 0 for row in analysis.rows)
    assert 1 < totals.depth <= 1 + sum(row.layer.kind != "input" for row in analysis.rows) * 3
    both = analysis.with_auxiliary
    assert (both is not None) == bool(analysis.auxiliary_rows)
    if both:
        more = sum(row.parameters for row in analysis.auxiliary_rows)
        assert both.parameters == totals.parameters + more


@given(raw_specs())
@FEW
def test_names_of_shapes_are_numbers_passed_by_hand(spec: dict[str, Any]) -> None:
    same(natural(spec), by_hand(spec))


@given(raw_specs())
@FEW
def test_modules_and_repeats_are_what_they_are_written_out(spec: dict[str, Any]) -> None:
    """What ``shared`` says of a call or a repeat, each layer says for itself then."""
    plain, out = natural(spec), WrittenOut(by_hand(spec)).spec
    read(plain)
    try:
        analyse(read(out))
    except ArchvizError as error:  # what only modules and repeats can say
        if not any(words in str(error) for words in ("of many equal towers", "no other layer")):
            raise
        reject()
    same(plain, out)


@given(raw_specs())
@FEW
def test_values_may_have_any_name(spec: dict[str, Any]) -> None:
    """Not what values are called, nor where modules stand."""
    same(natural(spec), renamed(by_hand(spec)))


@given(specs(previous=True))
@FEW
def test_a_network_used_whole_is_that_network(
    tmp_path_factory: pytest.TempPathFactory, spec: dict[str, Any]
) -> None:
    if "input" in str(spec["network"][1:]) or "outputs" in spec["network"][-1]:
        reject()
    folder = tmp_path_factory.mktemp("use")
    (folder / "part.yaml").write_text(text_of(spec), encoding="utf-8")
    path = folder / "whole.yaml"
    whole = {
        "title": "Whole",
        "modules": {"whole": {"use": "./part.yaml"}},
        "network": [spec["network"][0], "whole"],
    }
    path.write_text(text_of(whole), encoding="utf-8")
    used = analyse(load_network(str(path)))
    alone = analyse(read(spec))
    assert numbers(used) == numbers(alone._replace(auxiliary_rows=()))
    assert used.totals == alone.totals


@pytest.mark.long
@given(specs(previous=True), st.booleans(), st.sampled_from([0.0, 16 / 9]))
@settings(FEW, max_examples=30)
def test_all_can_be_drawn(spec: dict[str, Any], full: bool, aspect: float) -> None:
    scene = draw(spec, detail=DETAILS * full, aspect=aspect)
    assert min(scene.width, scene.height) > 0


# ---- what they have found ------------------------------------------------------------------


def totals(text: str) -> Any:
    return analyse(network_from_text(text)).totals


def test_a_node_that_takes_a_value_of_another_comes_behind_it() -> None:
    nodes = "n0: relu, n1: {conv: 1x1 8, as: a}, n2: add a, last: add"
    edges = "in -> n0 -> n2 -> last -> out, in -> n1 -> last"
    spec = "title: T\nnetwork:\n- input 8x8x8\n- graph: {nodes: {%s}, edges: [%s]}\n"
    assert totals(spec % (nodes, edges)).parameters == 72
    with pytest.raises(ArchvizError, match="goes round in a circle through n0, n1"):
        totals(spec % (nodes, "in -> n2 -> n1 -> n0 -> last -> out, in -> last"))


def test_a_module_that_asks_no_shape_beside_one_that_does() -> None:
    text = """title: T
modules:
  asks: {layers: conv 1x1 2*channels}
  plain: {inputs: memory, layers: add memory}
network: [input 8x8x8, asks, relu as=x, plain memory=x]
"""
    assert totals(text).parameters == 8 * 16 + 16


def test_names_of_values_win_over_words_of_the_language() -> None:
    text = "title: T\nnetwork: [input 8x8x8, split relu hidden-part, concat relu hidden-part]\n"
    assert analyse(network_from_text(text)).rows[-1].output_shape == (8, 8, 12)
    text = """title: T
modules: {m: {layers: [conv 1x1 4 as=channels, conv 1x1 2*channels, concat channels]}}
network: [input 8x8x8, m]
"""
    assert analyse(network_from_text(text)).rows[-1].output_shape == (8, 8, 20)


def test_what_stands_behind_a_problem_has_none_of_its_own() -> None:
    text = """title: T
modules: {m: {towers: [relu, [learned heightxwidthxchannels]], merge: add}}
network: [input 9x9x8, conv 11x11 8, m]
"""
    with pytest.raises(ArchvizError) as caught:
        totals(text)
    assert len(caught.value.problems) == 1
