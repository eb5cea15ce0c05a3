"""Layer graphs become outlines: exact ones, short ones, as a person would draw them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from amounts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import violations

from archviz.api import LoadedNetwork
from archviz.importers.at_sizes import import_file
from archviz.importers.compact.pipeline import compact
from archviz.importers.graphs import LayerGraph
from archviz.importers.spec.spec_text import write_spec
from archviz.language.expand import load_network
from archviz.network.analysis import analyse
from archviz.network.model import Graph, Layer, Network, Towers
from tests.layer_graphs import (
    FAMILIES,
    SPECS,
    Make,
    boxes,
    bundled,
    chain,
    densenet,
    expected,
    loaded,
    nasnet,
    resnext50,
    same_graph,
    sketch,
    unet,
    unroll,
)
from tests.onnx_of_specs import onnx_of


def imported(graph: LayerGraph) -> Network:
    return loaded(write_spec(compact(graph), graph.name))


def check_exact(graph: LayerGraph) -> Network:
    """The written spec, read again and written out, is the graph."""
    outline = compact(graph)
    network = loaded(write_spec(outline, graph.name))
    assert same_graph(expected(graph), unroll(network)) == ""
    return network


@pytest.mark.parametrize("name", SPECS)
def test_bundled_networks_come_back(name: str) -> None:
    network = check_exact(bundled(name))
    before, after = (analyse(one) for one in (load_network(f"specs/{name}.yaml"), network))
    assert after.totals[:4] == before.totals[:4]
    assert after.with_auxiliary == before.with_auxiliary or before.with_auxiliary is None


@pytest.mark.parametrize("name", FAMILIES)
def test_families_come_back(name: str) -> None:
    analyse(check_exact(FAMILIES[name]()))


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("densenet", 28),
        ("mobilenet_v2", 28),
        ("efficientnet", 36),
        ("convnext", 22),
        ("vit", 18),
        ("unet", 40),
    ],
)
def test_figures_are_short(name: str, most: int) -> None:
    assert boxes(imported(FAMILIES[name]())) <= most


@pytest.mark.parametrize("name", ["resnet50", "inception_v3", "xception", "vgg16"])
def test_figures_are_those_of_the_written_specs(name: str) -> None:
    graph = bundled(name)
    assert sketch(imported(graph)) == sketch(load_network(f"specs/{name}.yaml"))


@pytest.mark.parametrize("name", ["resnet50", "resnext50", "inception_v3", "vgg16", "xception"])
def test_figures_from_onnx_are_those_of_the_written_specs(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.onnx"
    path.write_bytes(onnx_of(name))
    found = import_file(str(path))
    assert found.faithful
    written_by_hand = sketch(load_network(f"specs/{name}.yaml"), exported=True)
    assert sketch(found.network, exported=True) == written_by_hand


@pytest.mark.parametrize(
    "name", ["alexnet", "inception_v1", "inception_v4", "inception_resnet_v2", "nin"]
)
def test_the_others_are_faithful_from_onnx(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.onnx"
    path.write_bytes(onnx_of(name))
    found = import_file(str(path))
    assert found.faithful
    assert "not understood" not in found.report
    by_hand = boxes(load_network(f"specs/{name}.yaml"))
    assert boxes(found.network) <= by_hand + 2


def test_resnext_is_resnet_with_grouped_convolutions() -> None:
    made = sketch(imported(resnext50()))
    assert made == sketch(load_network("specs/resnet50.yaml"))


def test_merged_concats_become_a_chain_again() -> None:
    assert sketch(imported(densenet())) == sketch(imported(densenet(merged=False)))


def test_equal_operators_in_other_wiring_are_other_modules() -> None:
    names = [module.name for module in compact(bundled("inception_v4")).modules]
    assert names == [
        "stem",
        "inception-a",
        "reduction-a",
        "inception-b",
        "reduction-b",
        "inception-c",
    ]


def test_an_auxiliary_output_in_a_block_is_drawn_all_the_same() -> None:
    net = Make("Two outputs", (8, 8, 8))
    x = net.conv(net.last, 8)
    y = net.conv(x, 8)
    side = net.add("flatten", [net.conv(y, 4)])
    z = net.add("flatten", [net.add("add", [x, net.conv(net.conv(y, 8), 8)])])
    check_exact(net.graph(z, side))


def two_towers(net: Make) -> None:
    ends = []
    for x in ("n0", net.add("input", (), shape=(64, 64, 3))):
        for width in (16, 32, 64):
            x = net.pool(net.conv(x, width, 3, activation="relu"))
        ends.append(net.add("global-avg-pool", [x]))
    net.add("dense", [net.add("concat", ends)], filters=10)


def a_side_input(net: Make) -> None:
    x = "n0"
    for width in (16, 32, 64, 128):
        x = net.pool(net.conv(net.conv(x, width, 3), width, 3))
    x = net.add("global-avg-pool", [x])
    side = net.add("dense", [net.add("input", (), shape=(10,))], filters=32)
    net.add("dense", [net.add("concat", [x, side])], filters=10)


def crossed_inputs(net: Make) -> None:
    other = net.add("input", (), shape=(64, 64, 3))
    x, y = net.conv("n0", 16, 3), net.conv(other, 16, 3)
    p, q = net.conv(net.add("add", [x, y]), 16, 3), net.conv(net.add("concat", [x, y]), 16, 3)
    net.conv(net.add("concat", [net.add("add", [p, q]), p]), 10, 3)


def three_inputs(net: Make) -> None:
    two, three = (net.add("input", (), shape=(size,)) for size in (10, 20))
    x = net.add("dense", [net.add("flatten", ["n0"])], filters=32)
    y = net.add("concat", [net.add("dense", [one], filters=8) for one in (two, three)])
    net.add("dense", [net.add("concat", [x, net.add("dense", [y], filters=32)])], filters=10)


@pytest.mark.parametrize(
    ("build", "start"),
    [(two_towers, Towers), (a_side_input, Layer), (crossed_inputs, Graph), (three_inputs, Towers)],
)
def test_several_inputs_begin_towers_or_a_graph(build: Any, start: type) -> None:
    net = Make("Inputs", (64, 64, 3))
    build(net)
    network = check_exact(net.graph())
    assert isinstance(network.body.nodes[0], start)
    assert len(network.inputs) == sum(node.kind == "input" for node in net.nodes)
    assert not any(module for module in network.modules if module == "stem")


def test_cells_with_two_inputs_are_one_module() -> None:
    few, many = check_exact(nasnet(4)), check_exact(nasnet(12))
    assert boxes(few) == boxes(many) <= 41
    assert list(few.modules) == list(many.modules) == ["cell-a", "separable", "cell-b"]
    assert few.modules["separable"].label == "sep {k}×{k}"
    assert "previous" in " ".join(few.figure.notes).lower()


def test_a_ladder_is_a_repeat_of_its_rung() -> None:
    net = Make("Ladder", (8, 8, 8))
    before = x = net.last
    for _ in range(9):
        before, x = x, net.add("add", [net.conv(x, 8, 3), before])
    network = check_exact(net.graph())
    assert boxes(network) < 12


@pytest.mark.parametrize("levels", [3, 30, 300])
def test_deep_nesting_is_wired_freely(levels: int) -> None:
    net = Make("Deep", (8, 8, 8))
    x, skips = net.last, []
    for _ in range(levels):
        x = net.conv(x, 8)
        skips.append(x)
    for skip in reversed(skips):
        x = net.add("add", [net.conv(x, 8), skip])
    check_exact(net.graph()) if levels < 100 else imported(net.graph())


@pytest.mark.parametrize("levels", [3, 40])
def test_bridges_in_bridges(levels: int) -> None:
    """Wiring that is not series-parallel, one in another."""
    net = Make("Bridges", (8, 8, 8))

    x = net.last
    left = [net.conv(x, 8)]
    for _ in range(levels):
        left.append(net.conv(left[-1], 8))
    inner = net.conv(left[-1], 8)
    for level in reversed(range(levels)):
        right = net.conv(left[level], 8, 1)
        bridge = net.add("add", [right, inner])
        side = net.add("add", [inner, net.conv(right, 8)])
        inner = net.add("add", [net.conv(bridge, 8), side])
    check_exact(net.graph())


@pytest.mark.parametrize(("sums", "modules"), [(3, []), (4, ["double-conv"])])
def test_many_equal_pairs_of_convolutions_in_free_wiring_are_a_module(
    sums: int, modules: list[str]
) -> None:
    net = Make("Pairs", (8, 8, 8))
    before, x = net.last, net.conv(net.last, 8, 7)
    for number in range(sums):
        pairs = [net.conv(net.conv(end, 8, 1), 8, 3) for end in (x, before)]
        before, x = x, net.add("add" if number % 3 else "concat", pairs)
        x = x if number % 3 else net.conv(x, 8, 1)
    assert list(check_exact(net.graph()).modules) == modules


@pytest.mark.long
def test_large_graphs_stay_small() -> None:
    assert compact(chain(4_000))
    assert len(compact(nasnet(200)).modules) < 12
    assert unet(2)


# ---- random graphs --------------------------------------------------------------------------

PIECES = st.sampled_from(["conv3", "conv1", "relu", "batch-norm", "pool", "dw"])


def piece(net: Make, word: str, x: str) -> str:
    if word == "conv3":
        return net.conv(x, 8)
    if word == "conv1":
        return net.conv(x, 8, 1, activation="relu")
    if word == "pool":
        return net.pool(x, 3, 1, padding="same")
    if word == "dw":
        return net.conv(x, 8, 3, kind="depthwise-conv")
    return net.add(word, [x])


@st.composite
def dags(draw: st.DrawFn) -> LayerGraph:
    """Any wiring of layers that keep their shape."""
    net = Make("Random", (8, 8, 8))
    ends = [net.last]
    for _ in range(draw(st.integers(1, 14))):
        if len(ends) > 1 and draw(st.integers(0, 2)) == 0:
            some = draw(st.lists(st.sampled_from(ends), min_size=2, max_size=3))
            kind = draw(st.sampled_from(["add", "multiply"]))
            ends.append(net.add(kind, some, activation=draw(st.sampled_from(["none", "relu"]))))
        else:
            ends.append(piece(net, draw(PIECES), draw(st.sampled_from(ends))))
    used = {source for node in net.nodes for source in node.inputs}
    loose = [end for end in ends if end not in used]
    if len(loose) > 1:
        net.add("add", loose)
    return net.graph(net.last if len(loose) > 1 else loose[0])


@st.composite
def parallel_graphs(draw: st.DrawFn) -> LayerGraph:
    """Series and parallel paths, one in another, with whole parts that come again."""
    net = Make("Random", (8, 8, 8))

    def series(x: str, plan: object) -> str:
        assert isinstance(plan, list)
        for step in plan:
            if isinstance(step, str):
                x = piece(net, step, x)
                continue
            kind, paths, times = step
            for _ in range(times):
                ends = [series(x, path) for path in paths]
                x = net.add(kind, ends)
                if kind == "concat":
                    x = net.conv(x, 8, 1)
        return x

    step = st.deferred(
        lambda: st.tuples(
            st.sampled_from(["add", "concat", "multiply"]),
            st.lists(plans, min_size=2, max_size=3),
            st.integers(1, 3),
        )
    )
    plans = st.lists(st.one_of(PIECES, PIECES, step), max_size=3)
    end = series(net.last, draw(st.lists(st.one_of(PIECES, step), min_size=1, max_size=5)))
    return net.graph(end)


@settings(max_examples=examples(150))
@given(dags())
def test_any_wiring_comes_back(graph: LayerGraph) -> None:
    analyse(check_exact(graph))


@st.composite
def open_dags(draw: st.DrawFn) -> LayerGraph:
    """Any wiring from several inputs to several outputs."""
    net = Make("Random", (8, 8, 8))
    more = draw(st.integers(0, 2))
    ends = [net.last, *(net.add("input", (), shape=(8, 8, 8)) for _ in range(more))]
    for _ in range(draw(st.integers(2, 12))):
        some = draw(st.lists(st.sampled_from(ends[-6:]), min_size=1, max_size=3, unique=True))
        kind = draw(st.sampled_from(["add", "multiply", "op-merge"]))
        options = {"label": "x"} if kind == "op-merge" else {}
        ends.append(net.add(kind, some, **options) if len(some) > 1 else net.conv(some[0], 8, 1))
    used = {source for node in net.nodes for source in node.inputs}
    for node in list(net.nodes):
        if node.kind == "input" and node.id not in used:
            ends.append(net.conv(node.id, 8, 1))
            used.add(node.id)
    outputs = [end for end in ends if end not in used]
    return LayerGraph("Random", tuple(net.nodes), tuple(outputs))


@pytest.mark.long
@settings(max_examples=150)
@given(open_dags())
def test_any_wiring_with_several_ends_comes_back(graph: LayerGraph) -> None:
    network = check_exact(graph)
    assert violations(LoadedNetwork(network).scene()) == []


@pytest.mark.long
@settings(max_examples=150)
@given(parallel_graphs())
def test_parallel_paths_come_back(graph: LayerGraph) -> None:
    if len(graph.nodes) < 400:
        analyse(check_exact(graph))


def test_levels_of_two_rows_of_convolutions_have_two_modules() -> None:
    net = Make("Rows", (64, 64, 8))
    x, skips = net.last, []
    for _ in range(5):
        for activation in ("relu", "silu"):
            x = net.conv(net.conv(x, 8, activation=activation), 8, activation=activation)
        skips.append(x)
        x = net.pool(x)
    for skip in reversed(skips):
        x = net.add(
            "concat",
            [skip, net.add("conv-transpose", [x], kernel=(2, 2), stride=(2, 2), filters=8)],
        )
        for activation in ("silu", "relu"):
            x = net.conv(net.conv(x, 8, activation=activation), 8, activation=activation)
    network = check_exact(net.graph())
    assert list(network.modules) == ["double-conv-a", "double-conv-b"]


def test_an_encoder_with_its_decoder_has_one_module_for_all_levels() -> None:
    network = check_exact(unet())
    assert list(network.modules) == ["double-conv"]
    assert boxes(network) < 30
