"""The table of rules: each fires on its example, and leaves its look-alike as it is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archviz.cli.commands import main
from archviz.importers.fold.pipeline import HANDLERS, OPERATORS, fold_graph, handlers_of
from archviz.importers.fold.rules import RULES
from archviz.importers.fold.rules.rule import Example, Rule, read_example
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.importers.imported import import_layers

BY_NAME = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
MATCHING = [rule for rule in RULES if rule.match is not None]


def said(node: LayerNode) -> str:
    """A layer as an example says it, with its badges."""
    options = node.options
    word = options.get("label") or node.kind
    word = f"{node.kind}: {word}" if node.kind == "other-attention" else word
    return " ".join(filter(None, (word, options.get("norm"), options.get("activation"))))


def layers(example: Example, *without: Rule) -> LayerGraph:
    graph = read_example(example.text)
    if not without:
        return fold_graph(graph, "example")
    matchers = {rule.match for rule in without}
    return fold_graph(
        graph, "example", handlers_of([rule for rule in RULES if rule.match not in matchers])
    )


def words(graph: LayerGraph) -> tuple[str, ...]:
    return tuple([said(node) for node in graph.nodes[1:]])


@BY_NAME
def test_a_rule_fires_on_its_example(rule: Rule) -> None:
    graph = layers(rule.fires)
    assert words(graph) == rule.fires.layers
    assert any(rule.after in layer for layer in rule.fires.layers)
    assert not graph.unknown
    assert import_layers(graph, "example", "example").faithful


@BY_NAME
def test_a_look_alike_stays_as_it_is(rule: Rule) -> None:
    graph = layers(rule.apart)
    assert words(graph) == rule.apart.layers
    assert rule.apart.layers != rule.fires.layers
    assert import_layers(graph, "example", "example").faithful


@pytest.mark.parametrize("rule", MATCHING, ids=lambda rule: rule.name)
def test_it_is_the_rule_that_makes_the_layer(rule: Rule) -> None:
    """Without its row in the table the same operators are something else."""
    assert words(layers(rule.fires, rule)) != rule.fires.layers


@BY_NAME
def test_a_row_says_all_that_the_manual_has_of_it(rule: Rule) -> None:
    assert rule.before
    assert rule.but.endswith(".")
    assert rule.why.endswith(".")
    assert bool(rule.at) == (rule.match is not None)
    assert set(rule.at) <= HANDLERS.keys() & OPERATORS.keys()


UP, DOWN = set("┘└┤├│┴"), set("┐┌┬├┤│")


@BY_NAME
def test_the_lines_of_a_drawing_meet(rule: Rule) -> None:
    rows = rule.before.splitlines()
    width = max(map(len, rows))
    blank = [" " * width]
    rows = blank + [row.ljust(width) for row in rows] + blank
    for above, below in pairwise(rows):
        ends = [(a in DOWN, b in UP) for a, b in zip(above, below, strict=True)]
        assert all(down == up for down, up in ends), rule.before


def test_names_are_given_once() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_what_an_example_says_is_read() -> None:
    graph = read_example(
        """
        x: 1 4 learned
        w: 4 8
        a, b = Split x [2 2] axis=1
        c = Mul a -0.5
        d = Clip b _ 6.0
        out c d
        """
    )
    assert (graph.inputs, graph.outputs, graph.learned) == (("x",), ("c", "d"), True)
    assert [op.kind for op in graph.ops] == ["Split", "Mul", "Clip"]
    split, product, clip = graph.ops
    assert (split.outputs, split.attributes) == (("a", "b"), {"axis": 1})
    assert graph.constants[split.inputs[1]].values == (2, 2)
    assert graph.constants[product.inputs[1]].values == (-0.5,)
    assert clip.inputs[:2] == ("b", "")
    assert graph.constants["w"].shape == (4, 8)
    assert not graph.constants[product.inputs[1]].weight


TURNED = """
    x: 1 6 16
    q = MatMul x <16 16>
    k = MatMul x <16 16>
    v = MatMul x <16 16>
    kt = Transpose k perm=(0,2,1)
    vt = Transpose v perm=(0,2,1)
    s = MatMul q kt
    p = Softmax s axis={axis}
    pt = Transpose p perm=(0,2,1)
    o = MatMul vt pt
    y = Transpose o perm=(0,2,1)
"""


@pytest.mark.parametrize(("axis", "found"), [(-1, True), (2, True), (1, False), (-2, False)])
def test_weights_of_an_attention_sum_to_one_also_where_they_are_turned(
    axis: int, found: bool
) -> None:
    graph = fold_graph(read_example(TURNED.format(axis=axis)), "example")
    assert any("attention" in word for word in words(graph)) == found


ANOTHER = {
    "Attention in windows", "Masked attention", "Class token", "Positions", "Rows of a small table",
    "Positions that are counted in the words",
}  # fmt: skip
"""Rules whose look-alikes are something else that is understood."""
EXPRESSIONS = ("Hard swish", "GELU", "Mish")


@pytest.mark.parametrize(
    "rule",
    [
        rule
        for rule in RULES
        if (rule.match is not None or rule.name in EXPRESSIONS) and rule.name not in ANOTHER
    ],
    ids=lambda rule: rule.name,
)
def test_a_look_alike_is_told_why_it_is_none(rule: Rule) -> None:
    near = layers(rule.apart).near
    names = {one.rule for one in near}
    alike = {one.name for one in RULES if one.match is rule.match} if rule.match else EXPRESSIONS
    assert names & {*alike, "SiLU"}
    assert names <= {one.name for one in RULES}
    assert all(one.why and not one.why.endswith(".") for one in near)


@BY_NAME
def test_what_a_rule_has_taken_is_no_near_miss(rule: Rule) -> None:
    assert layers(rule.fires).near == ()


def test_near_misses_can_be_had(tmp_path: Path) -> None:
    cube = next(rule for rule in RULES if rule.name == "RMS norm written out")
    found = import_layers(layers(cube.apart), "example", "example")
    assert found.almost == ("almost 'RMS norm written out', but the power is 3, not 2: Mul 5",)
    assert import_layers(layers(cube.fires), "example", "example").almost == ()
    path = tmp_path / "m.onnx"
    path.write_bytes(cubed())
    plain, told = (run("import", str(path), *more) for more in ((), ("--explain",)))
    assert (plain.exit_code, told.exit_code, plain.stdout) == (0, 0, told.stdout)
    assert told.stderr.startswith(plain.stderr)
    more = told.stderr[len(plain.stderr) :]
    assert more == "almost 'RMS norm written out', but the power is 3, not 2: Div n\n"
    path.write_bytes(cubed(2.0))
    assert "no rule fits nearly and does not" in run("import", str(path), "--explain").stderr


def cubed(power: float = 3.0) -> bytes:
    """An ONNX file with a norm by a power."""
    from tests.models import Builder

    net = Builder((1, 6, 8))
    squared = net.op("Pow", "x", net.constant(power))
    mean = net.op("ReduceMean", squared, axes=[-1])
    root = net.op("Sqrt", net.op("Add", mean, net.constant(1e-6)))
    return net.bytes(net.op("Div", "x", root, name="n"))


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


BOTH_SEQUENCES = """
    x: 6 1 8
    s = LSTM x <2 16 8> <2 16 4> <2 32> hidden_size=4 direction='bidirectional'
    {f}
    {b}
    y = Concat {order} axis=2
"""
"""As converters from TensorFlow write a layer in both directions: each cut out of the whole."""


@pytest.mark.parametrize(
    ("order", "found"),
    [("f b", ("lstm",)), ("b f", ("lstm", "backward states", "forward states", "concat"))],
)
def test_both_directions_of_a_sequence_side_by_side_are_the_layer(
    order: str, found: tuple[str, ...]
) -> None:
    for f, b in (
        ("f = Gather s 0 axis=1", "b = Gather s 1 axis=1"),
        (
            "f0 = Slice s [0] [1] [1]\n    f = Squeeze f0 [1]",
            "b0 = Slice s [1] [2] [1]\n    b = Squeeze b0 [1]",
        ),
    ):
        graph = fold_graph(read_example(BOTH_SEQUENCES.format(f=f, b=b, order=order)), "example")
        assert sorted(words(graph)) == sorted(found)
        assert import_layers(graph, "example", "example").faithful


def test_towers_without_convolutions_are_no_inception() -> None:
    text = """
        x: 1 6 16
        a0 = Slice x [0] [4] [2]
        a = Relu a0
        b0 = Slice x [4] [12] [2]
        b = Tanh b0
        y = Concat a b axis=2
        out y
    """
    imported = import_layers(fold_graph(read_example(text), "example"), "example", "example")
    assert "towers" in imported.text
    assert "nception" not in imported.text


@pytest.mark.parametrize(
    ("forward", "backward", "layers"), [("[5] [6]", "[0] [1]", 1), ("[0] [1]", "[5] [6]", 6)]
)
def test_last_steps_of_both_directions_are_the_last_state(
    forward: str, backward: str, layers: int
) -> None:
    f = f"f0 = Gather s 0 axis=1\n    f1 = Slice f0 {forward} [0]\n    f = Squeeze f1 [0]"
    b = f"b0 = Gather s 1 axis=1\n    b1 = Slice b0 {backward} [0]\n    b = Squeeze b1 [0]"
    text = BOTH_SEQUENCES.format(f=f, b=b, order="f b").replace("axis=2", "axis=1")
    graph = fold_graph(read_example(text), "example")
    assert len(words(graph)) == layers
    assert graph.nodes[-1].shape == ((8,) if layers == 1 else (1, 8))
    assert import_layers(graph, "example", "example").faithful
