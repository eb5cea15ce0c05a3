"""Values with names, several outputs, shared calls, and the shape that comes into a module."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from archviz.api import LoadedNetwork
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.importers.unroll import unrolled
from archviz.language.expand import network_from_text
from archviz.network.analysis import Analysis, analyse, check_published
from tests.invariants import violations


def network(items: str, modules: str = "") -> str:
    return f"title: T\n{modules}network:\n  - input 8x8x4\n{items}"


def numbers(text: str) -> Analysis:
    return analyse(network_from_text(text))


def parameters(items: str, modules: str = "") -> int:
    return numbers(network(items, modules)).totals.parameters


def problem(items: str, modules: str = "") -> str:
    with pytest.raises(ArchvizError) as info:
        numbers(network(items, modules))
    return str(info.value)


def wires(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Each layer's kind with the kinds that it takes."""
    flat = unrolled(network_from_text(text))
    kinds = [node.kind for node in flat.nodes]
    return [
        (kind, tuple(kinds[source] for source in sources))
        for kind, sources in zip(kinds, flat.inputs, strict=True)
    ]


# ---- values ---------------------------------------------------------------------------------


def test_a_merge_takes_what_comes_in_and_a_named_value() -> None:
    found = wires(network("  - conv 1x1 4 as=skip\n  - relu\n  - tanh\n  - add skip\n"))
    assert found[-1] == ("add", ("tanh", "conv"))


@pytest.mark.parametrize(
    "place",
    [
        "{towers: [identity, [from skip, relu]], merge: add}",
        "{residual: tanh, shortcut: [from skip, relu]}",
        "{graph: {nodes: {a: [from skip, relu], s: add}, edges: [in -> s, a -> s, s -> out]}}",
        "{graph: {nodes: {a: relu, s: add}, edges: [in -> s, skip -> a -> s, s -> out]}}",
    ],
)
def test_a_branch_can_begin_with_a_named_value(place: str) -> None:
    found = wires(network(f"  - conv 1x1 4 as=skip\n  - sigmoid\n  - {place}\n"))
    assert ("relu", ("conv",)) in found
    assert found[-1][0] == "add"
    assert "relu" in found[-1][1]


@pytest.mark.parametrize(
    "item",
    [
        "{conv: 1x1 4, as: v}",
        "conv 1x1 4 as=v",
        "{conv: 1x1 4 as=v, name: first}",
        "{repeat: 1, of: conv 1x1 4, as: v}",
        "{towers: [conv 1x1 4, identity], merge: add, as: v}",
        "{residual: conv 1x1 4, as: v}",
        "{graph: {nodes: {a: conv 1x1 4}, edges: [in -> a -> out]}, as: v}",
        "{towers: [[conv 1x1 4 as=v], identity], merge: add}",
        "{residual: [conv 1x1 4 as=v]}",
        "block as=v",
        "{block: '', as: v}",
    ],
)
def test_every_item_can_name_its_value(item: str) -> None:
    modules = "modules: {block: {layers: [conv 1x1 4]}}\n"
    items = f"  - {item}\n  - tanh\n  - add v\n"
    assert wires(network(items, modules if "block" in item else ""))[-1][1][0] == "tanh"


def test_a_repeat_gives_the_values_of_all_iterations() -> None:
    items = (
        "  - repeat: 3\n    of: [conv 1x1 4, relu as=skip]\n"
        "  - from skip\n  - add relu\n  - conv 1x1 2\n"
    )
    assert wires(network(items))[-2] == ("add", ("relu", "relu", "relu"))
    assert violations(LoadedNetwork(network_from_text(network(items))).scene()) == []


def test_one_value_is_asked_of_many() -> None:
    items = "  - {repeat: 3, of: conv 1x1 4 as=v}\n  - from v\n  - relu\n"
    assert "'from v' brings several values and no merge follows" in problem(items)
    items = "  - {repeat: 3, of: conv 1x1 4 as=v}\n  - crop to=v\n"
    assert "'v' is a value of each iteration of a repeat" in problem(items)


MEMORY = """modules:
  reader:
    inputs: [memory]
    layers: [conv 1x1 4, add memory]
"""


@pytest.mark.parametrize("call", ["reader memory=seen", "{reader: {memory: seen}}", "reader"])
def test_a_module_takes_values_by_name(call: str) -> None:
    name = "memory" if call == "reader" else "seen"
    items = f"  - conv 1x1 4 as={name}\n  - tanh\n  - {{repeat: 2, of: {call}}}\n"
    found = wires(network(items, MEMORY))
    assert [sources for kind, sources in found if kind == "add"] == [("conv", "conv")] * 2
    assert violations(LoadedNetwork(network_from_text(network(items, MEMORY))).scene()) == []


def test_a_module_gives_values_by_name() -> None:
    modules = "modules: {down: {gives: [skip], layers: [tanh as=skip, max-pool 2x2]}}\n"
    items = "  - down skip=a\n  - down skip=b\n  - upsample 2\n  - concat b\n"
    items += "  - upsample 2\n  - concat a\n"
    found = wires(network(items, modules))
    assert [sources for kind, sources in found if kind == "concat"] == [("upsample", "tanh")] * 2
    assert "down gives the value skip, and one here is called so already" in problem(
        "  - down\n  - down\n  - concat skip\n", modules
    )


def test_what_comes_in_and_what_was_before_have_names() -> None:
    modules = "modules: {m: {layers: [conv 1x1 4, add in previous]}}\n"
    found = wires(network("  - sigmoid\n  - tanh\n  - m\n", modules))
    assert found[-1] == ("add", ("conv", "tanh", "sigmoid"))


def test_rows_begin_anew_where_something_takes_what_came_before() -> None:
    items = "  - conv 1x1 4 as=a\n  - input 8x8x4\n  - tanh\n  - add a\n"
    loaded = LoadedNetwork(network_from_text(network(items)))
    assert [layer.shape for layer in loaded.network.inputs] == [(8, 8, 4)] * 2
    assert violations(loaded.scene()) == []
    assert "what comes before this leads nowhere" in problem(
        "  - relu\n  - input 8x8x4\n  - tanh\n"
    )


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("  - relu as=v\n", "nothing takes the value 'v'"),
        ("  - relu as=v\n  - tanh as=v\n  - add v\n", "two values are called 'v'"),
        ("  - relu as=in\n  - add in\n", "'in' is a value already"),
        ("  - relu as=ä\n", "cannot name a value"),
        ("  - relu as=left\n  - add lfet\n", "did you mean 'left'?"),
        ("  - add v\n  - relu as=v\n", "no value is called 'v'"),
        ("  - from v\n", "no value is called 'v'"),
        ("  - from\n", "'from' needs the name of a value"),
        ("  - {towers: 2, of: relu as=v}\n", "a value of each of many equal towers"),
        ("  - relu as=a\n  - tanh as=b\n  - from a b\n", "brings several values"),
        ("  - {relu: '', as: [a]}\n", "as is a list"),
    ],
)
def test_mistakes_with_values(items: str, said: str) -> None:
    assert said in problem(items)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("{inputs: [m], layers: [relu]}", "nothing takes the value 'm'"),
        ("{gives: [m], layers: [relu]}", "no value of the module is called 'm'"),
        ("{takes: [m], inputs: [m], layers: [add m]}", "'m' is a parameter and an input"),
        ("{inputs: [m, m], layers: [add m]}", "'m' comes twice"),
        ("{inputs: [m], layers: [relu, add m]}", "a takes the value m, and none here is called so"),
        ("{gives: [m], layers: [{repeat: 2, of: relu as=m}]}", "of each iteration of a repeat"),
    ],
)
def test_mistakes_with_values_of_modules(module: str, said: str) -> None:
    assert said in problem("  - a\n", f"modules: {{a: {module}}}\n")


# ---- outputs --------------------------------------------------------------------------------

TWO = "  - conv 1x1 6 as=p\n  - relu\n  - outputs:\n      boxes: conv 1x1 4\n"
TWO += "      classes: {of: [from p, conv 1x1 9], label: Classes}\n"


def test_outputs_count_and_are_named(tmp_path: Path) -> None:
    analysis = numbers(network(TWO))
    assert analysis.outputs == (("boxes", (8, 8, 4)), ("classes", (8, 8, 9)))
    assert analysis.totals.parameters == 5 * 6 + 7 * 4 + 7 * 9
    assert violations(LoadedNetwork(network_from_text(network(TWO))).scene()) == []
    file = tmp_path / "t.yaml"
    file.write_text(network(TWO), encoding="utf-8")
    told = CliRunner().invoke(main, ["info", str(file), "--json"]).stdout
    assert [one["name"] for one in json.loads(told)["outputs"]] == ["boxes", "classes"]


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("  - outputs: {a: relu, b: tanh}\n  - relu\n", "outputs may only stand last"),
        ("  - outputs: {a: relu}\n", "outputs are a mapping of at least two"),
        ("  - {repeat: 2, of: {outputs: {a: relu, b: tanh}}}\n", "outputs may only stand last"),
        ("  - outputs: {a/b: relu, b: tanh}\n", "'a/b' cannot name an output"),
    ],
)
def test_mistakes_with_outputs(items: str, said: str) -> None:
    assert said in problem(items)


# ---- calls ----------------------------------------------------------------------------------

BLOCK = "modules: {block: {layers: [conv 1x1 4]}}\n"


@pytest.mark.parametrize(
    ("items", "times"),
    [
        ("  - block\n  - block\n", 2),
        ("  - block\n  - block shared\n", 1),
        ("  - block\n  - {block: '', shared: yes}\n", 1),
        ("  - {repeat: 5, of: block}\n", 5),
        ("  - {repeat: 5, of: block, shared: yes}\n", 1),
        ("  - {towers: 3, of: block, shared: yes, merge: add}\n", 1),
    ],
)
def test_shared_weights_count_once(items: str, times: int) -> None:
    assert parameters(items, BLOCK) == times * 20
    macs = numbers(network(items, BLOCK)).totals.macs
    assert macs == macs // (64 * 16) * 64 * 16 > 0  # what runs, runs


def test_a_kind_can_be_a_parameter() -> None:
    modules = "modules: {m: {takes: [pool=max-pool], layers: [pool 2x2]}}\n"
    found = wires(network("  - m\n  - m avg-pool\n", modules))
    assert [kind for kind, _ in found[1:]] == ["max-pool", "avg-pool"]
    assert "'pool' is 3 where a layer kind is needed" in problem("  - m 3\n", modules)
    assert "dense needs its units" in problem("  - m dense\n", modules.replace("2x2", ""))


def test_a_call_that_is_left_out_is_not_checked() -> None:
    modules = "modules: {se: {takes: [n], layers: [conv 1x1 n]}, "
    modules += "m: {takes: [n=0], layers: [relu, se n when=n]}}\n"
    assert parameters("  - m\n  - m 3\n", modules) == 5 * 3
    assert "filters is 0" in problem("  - se 0\n  - m\n", modules)


def test_names_of_ones_own_win() -> None:
    modules = "modules: {attention: {takes: [relu], layers: [conv 1x1 relu]}}\n"
    assert parameters("  - attention 7\n", modules) == 5 * 7


# ---- shapes ---------------------------------------------------------------------------------


def test_a_module_knows_what_comes_in() -> None:
    modules = "modules: {b: {residual: [conv 1x1 channels/4, conv 3x3 channels same]}}\n"
    assert parameters("  - b\n", modules) == 5 * 1 + (9 + 1) * 4
    more = "  - b\n  - conv 1x1 8\n  - {repeat: 2, of: b}\n"
    assert parameters(more, modules) == 45 + 5 * 8 + 2 * (9 * 2 + (2 * 9 + 1) * 8)


def test_the_shape_is_that_of_the_call_everywhere_in_the_module() -> None:
    modules = "modules: {b: {layers: [conv 1x1 8, conv 1x1 channels, reshape (height*width)x4]}}\n"
    modules = modules.replace("(height*width)", "height*width")
    analysis = numbers(network("  - b\n", modules))
    assert analysis.rows[-1].output_shape == (64, 4)


def test_repeats_whose_iterations_get_other_shapes() -> None:
    modules = "modules: {wider: {layers: [conv 1x1 2*channels]}}\n"
    shapes = [
        row.output_shape[-1]
        for row in numbers(network("  - {repeat: 3, of: wider}\n", modules)).rows
    ]
    assert shapes == [4, 8, 16, 32]


def test_shapes_behind_towers_graphs_and_modules() -> None:
    modules = (
        "modules: {b: {layers: [conv 1x1 channels]}, outer: {inputs: [m], layers: [b, add m]}}\n"
    )
    items = "  - {towers: [conv 1x1 3, conv 1x1 5]}\n  - b as=v\n  - outer m=v\n"
    items += (
        "  - graph: {nodes: {a: b, c: b, s: add}, edges: [in -> a -> s, v -> c -> s, s -> out]}\n"
    )
    rows = numbers(network(items, modules)).rows
    assert {row.output_shape[-1] for row in rows if row.path.rpartition("/")[0]} >= {8}
    assert rows[-1].output_shape == (8, 8, 8)


def test_a_default_can_be_of_the_shape() -> None:
    modules = "modules: {b: {takes: [inner=channels*2], layers: [conv 1x1 inner]}}\n"
    assert parameters("  - b\n  - b 3\n", modules) == 5 * 8 + 9 * 3


def test_a_side_that_what_comes_in_has_not() -> None:
    modules = "modules: {b: {layers: [dense height]}}\n"
    assert "units is 'a vector of 256' where a number is needed" in problem(
        "  - flatten\n  - b\n", modules
    )


# ---- stages and looks -------------------------------------------------------------------------


def test_stages_and_captions_are_drawn() -> None:
    items = "  - stage: conv2_x, 8×8\n    of: [conv 1x1 4, {relu: '', caption: only here}]\n"
    items += "  - {conv: 1x1 4, caption: the last, color: '#3366aa'}\n"
    loaded = LoadedNetwork(network_from_text(network(items)))
    assert violations(loaded.scene()) == []
    svg = loaded.svg()
    assert "conv2_x, 8×8" in svg
    assert "the last" in svg
    assert "#3366aa" in svg


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("  - {stage: a}\n", "a stage needs 'of'"),
        ("  - {stage: '', of: relu}\n", "stage is"),
        ("  - {repeat: 2, of: {stage: a, of: relu}}\n", "a stage may only stand in the network"),
        ("  - {conv: 1x1 4, color: bleu}\n", "color 'bleu'"),
        ("  - {repeat: 2, of: relu, hidden: perhaps}\n", "use yes or no"),
        ("  - {repeat: 2, of: relu, lable: x}\n", "did you mean 'label'?"),
    ],
)
def test_mistakes_with_stages_and_looks(items: str, said: str) -> None:
    assert said in problem(items)


def test_the_owner_of_shared_weights_may_stand_behind() -> None:
    """Of paths beside one another none is the first: only that one has them counts."""
    towers = "  - {towers: [[conv 3x3 8 shared], [conv 3x3 8, relu]]}\n"
    assert parameters(towers) == 3 * 3 * 4 * 8 + 8


# ---- what would be wrong in silence -------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("  - conv 3x3 8 shared\n", "no other layer has its 288 weights"),
        ("  - block\n  - conv 1x1 8\n  - block shared\n", "no earlier call has 36 weights here"),
        ("  - {repeat: 2, of: conv 1x1 8, shared: yes}\n", "no earlier call has 72 weights here"),
        ("  - {repeat: 2, of: relu, each: {k: [1, 2]}}\n", "nothing in the repeat uses 'k'"),
        ("  - {towers: [relu as=a, identity]}\n  - from a\n", "leads nowhere"),
        ("  - conv 1x1 4 3\n", "filters is already '4'"),
    ],
)
def test_what_would_be_wrong_in_silence(items: str, said: str) -> None:
    assert said in problem(items, BLOCK if "block" in items else "")


def test_tied_weights_of_an_embedding() -> None:
    text = "title: T\nnetwork:\n  - input 5\n  - embedding 4 words=9\n"
    text += "  - dense 9 no-bias shared\n"
    assert numbers(text).totals.parameters == 36


def test_a_default_can_be_of_another_parameter() -> None:
    modules = "modules: {b: {takes: [n, out=2*n], layers: [conv 1x1 out]}}\n"
    assert parameters("  - b 3\n  - b 3 1\n", modules) == 5 * 6 + 7 * 1


def test_a_published_count_that_is_the_trainable_one() -> None:
    text = network("  - conv 1x1 2 batch-norm\n", "published: {parameters: 14}\n")
    built = network_from_text(text)
    (found,) = check_published(built, analyse(built))
    assert found.hint == "as many as are non-trainable: PyTorch's count is 'trainable'"
