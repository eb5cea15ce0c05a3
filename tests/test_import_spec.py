"""Written specs: exact for any widths, short, and as a person would have written them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archviz.importers.compact.parameters import FieldColumn, infer_parameters, unified
from archviz.importers.compact.pipeline import compact
from archviz.importers.graphs import LayerGraph
from archviz.importers.imported import import_layers
from archviz.importers.spec.spec_text import chains, write_spec
from archviz.language.expression import evaluate, parse
from archviz.language.shorthand import LABEL_LENGTH
from archviz.network.analysis import analyse
from tests.layer_graphs import FAMILIES, Make, bundled, chain, loaded, resnext50
from tests.test_import_compact import check_exact


def written(graph: LayerGraph) -> str:
    return write_spec(compact(graph), graph.name)


def test_a_chain_is_a_repeat_of_a_module() -> None:
    assert written(chain(5)) == (
        "title: Chain\n\n"
        "defaults:\n"
        "  conv: same batch-norm no-bias relu\n\n"
        "modules:\n"
        "  identity-block:\n"
        "    label: identity\n"
        "    title: Identity block\n"
        "    residual: [conv 1x1 16, conv 3x3 16, conv 1x1 64 linear]\n"
        "    merge: add relu\n\n"
        "network:\n"
        "  - input 32x32x64\n"
        "  - {repeat: 5, of: identity-block}\n"
    )


def test_widths_that_go_together_are_one_parameter() -> None:
    text = written(resnext50())
    assert "residual: [conv 1x1 width, conv 3x3 width groups=32, conv 1x1 2*width linear]" in text
    assert "  - conv-block 128 stride=1\n  - {repeat: 2, of: identity-block 128}\n" in text


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet", "densenet", "convnext", "vit"])
def test_lines_are_not_too_long(name: str) -> None:
    assert max(map(len, written(FAMILIES[name]()).splitlines())) <= 100


def test_names_are_those_of_the_field() -> None:
    names = {name: [unit.name for unit in compact(FAMILIES[name]()).modules] for name in FAMILIES}
    assert names["densenet"] == ["dense-layer", "transition"]
    assert names["mobilenet_v2"] == ["bottleneck", "inverted-residual"]
    assert names["efficientnet"] == ["squeeze-excite", "mbconv-first", "mbconv"]
    assert names["convnext"] == ["convnext-block"]
    assert names["vit"] == ["encoder-block"]
    assert names["unet"] == ["double-conv"]
    xception = compact(bundled("xception")).modules
    assert [unit.color for unit in xception] == ["yellow", "green", "orange"]


def test_what_is_joined_with_what_comes_in_is_not_always_a_dense_layer() -> None:
    net = Make("Wide", (32, 32, 8))
    x = net.last
    for _ in range(3):
        y = net.conv(net.conv(x, 16, 3, 2), 16, 3)
        x = net.add("concat", [net.add("upsample", [y], factor=(2, 2)), x])
    assert [unit.title for unit in compact(net.graph()).modules] == ["Block"]


def test_labels_that_yaml_would_read_otherwise() -> None:
    net = Make("Odd: labels, 'quoted' #1", (8, 8, 8))
    x = net.last
    for label in ("If", "a b", "x: y", "[1, 2]", '"', "\\", "Ünïcode", "no", "{}"):
        x = net.add("op", [x], label=label)
    y = net.add("op", [x], label="Where", shape=(8, 8, 8), weights=12, macs=34)
    net.add("op-merge", [y, x, y], label="Scatter, twice")
    network = check_exact(net.graph())
    assert network.head.title == "Odd: labels, 'quoted' #1"
    assert analyse(network).totals.parameters == 12


@pytest.mark.parametrize("length", [1, LABEL_LENGTH, LABEL_LENGTH + 1])
def test_labels_are_cut_at_their_length(length: int) -> None:
    net = Make("Labels", (8, 8, 3))
    net.add("op", (net.last,), label="a" * length, shape=(8, 8, 3))
    nodes = tuple(node._replace(shape=(8, 8, 3)) for node in net.nodes)
    text = import_layers(LayerGraph("Labels", nodes, (net.last,)), "Labels", "m").text
    kept = "a" * min(length, LABEL_LENGTH)
    assert (f" label={kept}\n" in text) == (length <= LABEL_LENGTH)
    assert f"label: {kept}}}" in text or length <= LABEL_LENGTH


def test_many_different_values_are_no_parameters() -> None:
    net = Make("Pruned", (8, 8, 8))
    x = net.last
    for block in range(3):
        ends = [net.conv(net.conv(x, 3 + 7 * n + block * (n * n % 11 + 1)), 8) for n in range(24)]
        x = net.add("add", ends)
    modules = compact(net.graph()).modules
    assert max(len(unit.takes) for unit in modules) <= 16
    check_exact(net.graph())


def test_a_long_chain_is_written_in_loops_that_may_be() -> None:
    network = loaded(written(chain(12_000)))
    assert len(network.body.nodes) == 3


# ---- parameters -----------------------------------------------------------------------------

NUMBERS = st.integers(1, 512)


@st.composite
def tables(draw: st.DrawFn) -> list[FieldColumn]:
    calls = draw(st.integers(1, 5))
    base = draw(st.lists(NUMBERS, min_size=calls, max_size=calls))
    columns = []
    for _ in range(draw(st.integers(1, 6))):
        field = draw(st.sampled_from(["filters", "stride", "kernel", "groups", "value"]))
        if draw(st.booleans()):
            factor = draw(st.sampled_from([1, 2, 3, 4, 6]))
            columns.append(FieldColumn(field, tuple(factor * value for value in base)))
        else:
            values = draw(st.lists(NUMBERS, min_size=calls, max_size=calls))
            columns.append(FieldColumn(field, tuple(values)))
    return columns


@given(tables())
def test_parameters_give_the_columns(columns: list[FieldColumn]) -> None:
    found, texts = infer_parameters(columns)
    for call in range(len(columns[0].values)):
        values = {one.name: (int(one.values[call]), 1) for one in found}
        for column, text in zip(columns, texts, strict=True):
            value = evaluate(parse(text, values), values)
            assert isinstance(value, tuple)
            assert Fraction(*value) == column.values[call]


def test_a_chain_of_edges_goes_on_until_its_line_is_long() -> None:
    """Names and arrows of less than 72 characters have room for one more name."""
    for length, lines in ((31, 1), (32, 2)):
        first, second = "a" * length, "b" * 32
        assert len(chains([(first, second), (second, "c")])) == lines


def test_paddings_find_one_word() -> None:
    assert unified(("half:1", "half:2")) == ("same", "same")
    assert unified(("half:1", "1")) == ("1", "1")
    assert unified(("half:1", "valid")) == ("same", "valid")
    assert unified(("any", "same")) == ("same", "same")
    assert unified(("any", "any")) == ("any", "any")


@st.composite
def stages(draw: st.DrawFn) -> LayerGraph:
    """Blocks of one structure with any kernels, widths and strides."""
    net = Make("Stages", (64, 64, 8))
    x = net.last
    for _ in range(draw(st.integers(1, 8))):
        inner, width = draw(st.sampled_from([8, 16, 24])), draw(st.sampled_from([8, 16, 32]))
        kernel, stride = draw(st.sampled_from([3, 5])), draw(st.sampled_from([1, 1, 2]))
        for _ in range(draw(st.integers(1, 3))):
            y = net.conv(x, inner, 1, activation="relu")
            y = net.conv(y, 0, kernel, stride, kind="depthwise-conv")
            y = net.conv(y, width, 1)
            side = net.conv(x, width, 1, stride)
            x = net.add("add", [y, side], activation=draw(st.sampled_from(["none", "relu"])))
            stride = 1
    return net.graph()


@pytest.mark.long
@given(stages())
def test_any_widths_come_back(graph: LayerGraph) -> None:
    analyse(check_exact(graph))


def test_a_column_is_a_multiple_of_one_that_begins_with_one() -> None:
    columns = [FieldColumn("filters", (1, 2, 5)), FieldColumn("filters", (4, 8, 20))]
    found, texts = infer_parameters(columns)
    assert [one.values for one in found] == [(1, 2, 5)]
    assert texts == ["width", "4*width"]


def test_a_column_of_which_nothing_is_known_is_like_any_other() -> None:
    columns = [FieldColumn("filters", (8, 16)), FieldColumn("filters", (None, None))]
    found, texts = infer_parameters(columns)
    assert [one.values for one in found] == [(8, 16)] and texts[0] == texts[1]
