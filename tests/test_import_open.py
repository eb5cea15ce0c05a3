"""Model files whose inputs have open sides, read without a size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import CliRunner

import archviz
from archviz.api import LoadedNetwork
from archviz.cli.commands import main
from archviz.formatter.canonical import canonical_text
from archviz.importers.imported import Imported
from archviz.importers.prove import differences
from archviz.importers.unroll import unrolled
from archviz.language.expand import expand_at
from archviz.language.spec import read_spec
from archviz.network.labels import shape_text

from models import Builder, TensorProto, helper, keras_layer, keras_model  # isort: skip

Dims: TypeAlias = Sequence[int | str | None]


def info(name: str, dims: Dims | None) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims and list(dims))


def opened(tmp_path: Path, model: Builder, *ends: str) -> LoadedNetwork:
    path = tmp_path / "open.onnx"
    path.write_bytes(model.bytes(*(ends or (model.nodes[-1].output[0],))))
    return archviz.from_onnx(path)


def imported(net: LoadedNetwork) -> Imported:
    assert net.imported is not None
    return net.imported


def shapes(net: LoadedNetwork) -> list[str]:
    return [shape_text(row.output_shape) for row in net.analysis.rows]


def graph(dims: Dims, *steps: Callable[[Builder, str], str], second: Dims = ()) -> Builder:
    """A model of steps on its input; with a second input, where that has sides."""
    model, value = Builder(dims), "x"  # type: ignore[arg-type]
    if second:
        model.inputs.append(info("y", second))
    for step in steps:
        value = step(model, value)
    return model


def conv(depth: int, filters: int, **more: Any) -> Callable[[Builder, str], str]:
    return lambda model, value: model.conv(value, depth, filters, **more)


def op(kind: str, *rest: str, **more: Any) -> Callable[[Builder, str], str]:
    return lambda model, value: model.op(kind, value, *rest, **more)


def product(*dims: int) -> Callable[[Builder, str], str]:
    return lambda model, value: model.op("MatMul", value, model.weight(*dims))


def view(*sides: int) -> Callable[[Builder, str], str]:
    return lambda model, value: model.op("Reshape", value, model.ints(*sides))


def table(*dims: int) -> Callable[[Builder, str], str]:
    return lambda model, value: model.op("Add", value, model.weight(*dims))


def words(size: int, width: int) -> Callable[[Builder, str], str]:
    return lambda model, value: model.op("Gather", model.weight(size, width), value)


def twice(model: Builder, value: str) -> str:
    scales = model.constant([1.0, 1.0, 2.0, 2.0], [4])
    return model.op("Resize", value, "", scales)


def with_states(model: Builder, value: str) -> str:
    """An LSTM whose states are inputs, of two layers, with the batch in the middle."""
    model.inputs += [info("h", (2, "batch", 8)), info("c", (2, "batch", 8))]
    row = model.constant(0, (), TensorProto.INT64)
    states = [model.op("Gather", name, row, axis=0) for name in ("h", "c")]
    one = model.ints(0)
    states = [model.op("Unsqueeze", state, one) for state in states]
    weights = [model.weight(1, 32, 4), model.weight(1, 32, 8), model.weight(1, 64)]
    return model.op("LSTM", value, *weights, "", *states, outputs=3, hidden_size=8)


BATCHED = ("batch", 3, "height", "width")
MODELS: dict[str, tuple[Builder, list[str], str]] = {
    "convolutional": (
        graph(BATCHED, conv(3, 8, strides=[2, 2]), conv(8, 4)),
        ["H×W×3", "H/2×W/2×8", "H/2×W/2×4"],
        "H and W are open; shapes hold for multiples of 2",
    ),
    "pooled": (
        graph(BATCHED, conv(3, 8), op("GlobalAveragePool"), op("Flatten"), product(8, 5)),
        ["H×W×3", "H×W×8", "8", "5"],
        "H and W are open; multiply-adds depend on them",
    ),
    "enlarged": (
        graph(BATCHED, conv(3, 4), twice, conv(4, 2)),
        ["H×W×3", "H×W×4", "2H×2W×4", "2H×2W×2"],
        "H and W are open; multiply-adds depend on them",
    ),
    "words": (
        graph(("batch", "sequence"), words(50, 16), product(16, 4)),
        ["sequence", "sequence×16", "sequence×4"],
        "sequence is open; multiply-adds depend on it",
    ),
    "no names": (
        graph((None, 3, None, None), conv(3, 4)),
        ["H×W×3", "H×W×4"],
        "H and W are open",
    ),
    "numbered names": (
        graph(("unk__1", 3, "unk__2", "s77"), conv(3, 4)),
        ["H×W×3", "H×W×4"],
        "H and W are open",
    ),
    "names of options": (
        graph(("b", "size", 8), product(8, 4)),
        ["N×8", "N×4"],
        "N is open",
    ),
    "one side": (
        graph((1, 3, "lines", 32), conv(3, 4)),
        ["lines×32×3", "lines×32×4"],
        "lines is open",
    ),
    "batch of one": (
        graph((1, None, 80), product(80, 5)),
        ["N×80", "N×5"],
        "N is open",
    ),
    "volume": (
        graph(
            ("b", 1, "depth", "height", "width"),
            lambda model, value: model.op(
                "Conv", value, model.weight(2, 1, 3, 3, 3), kernel_shape=[3] * 3, pads=[1] * 6
            ),
        ),
        ["D×H×W×1", "D×H×W×2"],
        "D, H and W are open",
    ),
    "one name for two inputs": (
        graph(("b", "t", 8), product(8, 4), op("Add", "y"), second=("b", "t", 4)),
        ["t×8", "t×4", "t×4", "t×4"],
        "t is open; multiply-adds depend on it",
    ),
    "no names for two inputs": (
        graph((None, None, 8), product(8, 4), op("Add", "y"), second=(None, None, 4)),
        ["N×8", "N×4", "N×4", "N×4"],
        "N is open",
    ),
    "no names for two maps": (
        graph(
            (None, 3, None, None),
            conv(3, 4),
            op("Concat", "y", axis=1),
            second=(None, 2, None, None),
        ),
        ["H×W×3", "H×W×4", "H×W×2", "H×W×6"],
        "H and W are open",
    ),
    "side by side": (
        graph(BATCHED, conv(3, 4), op("Concat", "y", axis=1), conv(7, 2), second=BATCHED),
        ["H×W×3", "H×W×4", "H×W×3", "H×W×7", "H×W×2"],
        "H and W are open",
    ),
    "states": (
        graph(("time", "batch", 4), with_states),
        [],
        "time is open; multiply-adds depend on it",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_open_sides_have_names(name: str, tmp_path: Path) -> None:
    model, wanted, said = MODELS[name]
    net = opened(tmp_path, model)
    assert wanted in (shapes(net), [])
    assert said in imported(net).report
    assert imported(net).faithful
    assert not imported(net).plain
    assert net.analysis.totals.macs in (None, 0)
    assert "multiply-adds," not in imported(net).report


@pytest.mark.parametrize("name", MODELS)
def test_the_spec_is_the_model_at_any_size(name: str, tmp_path: Path) -> None:
    model, _, _ = MODELS[name]
    net = opened(tmp_path, model)
    spec = read_spec(imported(net).text, "open.yaml")
    sizes = {side: 12 + 2 * place for place, side in enumerate(spec.open)}
    given = {
        one.name: tuple(
            [
                side.dim_value or sizes.get(_name(side.dim_param), 1)
                for side in one.type.tensor_type.shape.dim
            ]
        )
        for one in model.inputs
    }
    if all(side.dim_param for one in model.inputs for side in one.type.tensor_type.shape.dim[1:2]):
        at = archviz.from_onnx(tmp_path / "open.onnx", given)
        assert at.analysis.totals.parameters == net.analysis.totals.parameters
        assert not differences(unrolled(at.network), unrolled(expand_at(spec, sizes)))


def _name(word: str) -> str:
    return {"height": "H", "width": "W", "depth": "D", "size": "N"}.get(word, word)


@pytest.mark.parametrize("name", MODELS)
def test_the_spec_can_be_put_into_its_form(name: str, tmp_path: Path) -> None:
    net = opened(tmp_path, MODELS[name][0])
    text = canonical_text(imported(net).text, "open.yaml")
    assert shapes(archviz.load_text(text)) == shapes(net)


def test_a_batch_alone_is_no_open_side(tmp_path: Path) -> None:
    net = opened(tmp_path, graph(("batch", 16), product(16, 4)))
    assert shapes(net) == ["16", "4"]
    assert imported(net).plain


def test_a_batch_may_stand_in_the_middle(tmp_path: Path) -> None:
    net = opened(tmp_path, MODELS["states"][0])
    inputs = {layer.label: shape_text(layer.shape) for layer in net.network.inputs}
    assert inputs == {"": "time×4", "h": "2×8", "c": "2×8"}


# ---- sizes that layers fix -----------------------------------------------------------------------

FIXED: dict[str, tuple[Builder, str, str]] = {
    "product": (
        graph((1, 3, "h", 32), conv(3, 2), op("Flatten"), product(2 * 24 * 32, 5)),
        "24×32×3",
        "leaves h open; its layers take 24",
    ),
    "range": (
        graph(
            BATCHED,
            op("MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
            op("Flatten"),
            product(3 * 64, 5),
        ),
        "16×16×3",
        "leaves H and W open; its layers take 16×16, if they are alike (all from 16 to 17 fit)",
    ),
    "view with a batch": (
        graph(("b", 3, "h", "w"), conv(3, 4), view(-1, 4 * 49), product(196, 5)),
        "7×7×3",
        "its layers take 7×7, if they are alike",
    ),
    "view": (
        graph(("b", "n", 8), view(1, 240), product(240, 5)),
        "30×8",
        "leaves n open; its layers take 30",
    ),
    "table of rows": (
        graph(("b", "n", 8), table(1, 30, 8), product(8, 4)),
        "30×8",
        "its layers are stated for 30",
    ),
    "table of a map": (
        graph(("b", 4, "h", "w"), table(4, 14, 20), conv(4, 4)),
        "14×20×4",
        "its layers are stated for 14×20",
    ),
    "channels": (
        graph((None, None, 8, 8), conv(3, 4)),
        "8×8×3",
        "its layers fix the sizes that it leaves open",
    ),
    "features": (
        graph(("b", "c"), product(80, 4)),
        "80",
        "its layers fix the sizes that it leaves open",
    ),
}


@pytest.mark.parametrize("name", FIXED)
def test_sizes_that_layers_fix_are_found(name: str, tmp_path: Path) -> None:
    model, shape, said = FIXED[name]
    net = opened(tmp_path, model)
    assert shapes(net)[0] == shape
    assert said in imported(net).report
    assert imported(net).faithful
    assert not imported(net).plain
    assert isinstance(net.analysis.totals.macs, int)


def test_a_figure_says_which_size_it_has_where_others_fit(tmp_path: Path) -> None:
    net = opened(tmp_path, FIXED["range"][0])
    (note,) = net.network.figure.notes
    assert note.startswith("The file leaves H and W open; its layers take 16×16")


def test_an_output_may_state_a_size(tmp_path: Path) -> None:
    model = graph(("b", "n", 8), product(8, 4))
    path = tmp_path / "stated.onnx"
    ends = [helper.make_tensor_value_info("v2", TensorProto.FLOAT, ["b", 7, 4])]
    made = helper.make_graph(model.nodes, "test", model.inputs, ends, model.weights)
    path.write_bytes(helper.make_model(made).SerializeToString())
    net = archviz.from_onnx(path)
    assert shapes(net) == ["7×8", "7×4"]
    assert "its layers are stated for 7" in imported(net).report


@pytest.mark.parametrize(
    ("name", "given", "right"),
    [
        ("product", "1x3x32x32", "1x3x24x32"),
        ("range", "1x3x32x32", "1x3x16x16"),
        ("table of rows", "1x20x8", "1x30x8"),
        ("table of a map", "1x4x20x14", "1x4x14x20"),
    ],
)
def test_a_size_that_layers_do_not_fit_is_refused_with_the_right_one(
    name: str, given: str, right: str, tmp_path: Path
) -> None:
    model = FIXED[name][0]
    path = tmp_path / "open.onnx"
    path.write_bytes(model.bytes(model.nodes[-1].output[0]))
    result = CliRunner().invoke(main, ["import", str(path), "--input", given])
    assert result.exit_code == 1
    assert "is given sizes at which a layer gets" in result.stderr
    assert f"a size that fits: --input {right}" in result.stderr
    result = CliRunner().invoke(main, ["import", str(path), "--input", right])
    assert result.exit_code == 0, result.stderr


def test_a_value_on_the_way_may_state_a_size(tmp_path: Path) -> None:
    model = graph(("b", "n", 8), product(8, 4), op("Relu"), op("ReduceMean", axes=[1], keepdims=0))
    inner = model.nodes[1].output[0]
    model.infos.append(helper.make_tensor_value_info(inner, TensorProto.FLOAT, ["b", 20, 4]))
    net = opened(tmp_path, model)
    assert shapes(net)[0] == "20×8"
    assert "its layers are stated for 20" in imported(net).report


# ---- no spec for all sizes -----------------------------------------------------------------------


def test_an_example_is_said_to_be_one(tmp_path: Path) -> None:
    def some_rows(model: Builder, value: str) -> str:
        """So many rows as is left of a division."""
        side = model.op("Gather", model.op("Shape", value), model.ints(1))
        rest, one = model.op("Mod", side, model.ints(7)), model.ints(1)
        return model.op("Slice", value, model.ints(0), model.op("Add", rest, one), one)

    net = opened(tmp_path, graph((1, "n", 8), product(8, 8), some_rows, product(8, 4)))
    assert net.analysis.open == ()
    said = "its size is open, and this is an example: 'x' (1×n×8) drawn at 1×64×8"
    assert said in imported(net).report
    assert shapes(net) == ["64×8", "64×8", "2×8", "2×4"]
    (note,) = net.network.figure.notes
    assert note == "The file leaves sizes open: 'x' (1×n×8) drawn at 1×64×8."


def test_a_spec_holds_at_large_sizes_too(tmp_path: Path) -> None:
    def up_to_a_hundred(model: Builder, value: str) -> str:
        """As many rows as come in, where those are fewer than a hundred."""
        shape = model.op("Mod", model.op("Shape", value), model.ints(100, 100, 100))
        return model.op("Expand", model.op("ReduceSum", value, keepdims=1), shape)

    net = opened(tmp_path, graph((1, "n", 8), product(8, 8), up_to_a_hundred))
    assert net.analysis.open == ()
    assert "this is an example" in imported(net).report


def test_a_table_that_is_cut_is_long_enough(tmp_path: Path) -> None:
    def places(model: Builder, value: str) -> str:
        """The first rows of a table of 70, as many as come in."""
        side = model.op("Gather", model.op("Shape", value), model.ints(1))
        names = model.weight(1, 70, 8), model.ints(0), side, model.ints(1)
        return model.op("Add", value, model.op("Slice", *names))

    net = opened(tmp_path, graph(("b", "n", 8), places, product(8, 4)))
    assert shapes(net)[-1] == "n×4"
    assert "position" in imported(net).text


def test_rows_that_are_cut_off_are_so_few_at_every_size(tmp_path: Path) -> None:
    def first(model: Builder, value: str) -> str:
        return model.op("Slice", value, model.ints(0), model.ints(20), model.ints(1))

    net = opened(tmp_path, graph(("b", "n", 8), product(8, 8), first, product(8, 4)))
    assert shapes(net) == ["n×8", "n×8", "20×8", "20×4"]


def test_what_is_not_understood_is_said_and_the_rest_has_names(tmp_path: Path) -> None:
    odd = op("Odd", domain="own.domain")
    net = opened(tmp_path, graph(BATCHED, conv(3, 4), odd))
    assert shapes(net)[:2] == ["H×W×3", "H×W×4"]
    assert "Odd" in imported(net).report
    assert "H and W are open" in imported(net).report


def test_some_inputs_may_be_given(tmp_path: Path) -> None:
    model = graph(("b", "t", 8), product(8, 4), op("Concat", "y", axis=2), second=("b", "t", 4))
    path = tmp_path / "open.onnx"
    path.write_bytes(model.bytes(model.nodes[-1].output[0]))
    net = archviz.from_onnx(path, {"y": (1, 6, 4)})
    assert shapes(net)[-1] == "6×8"  # sides of one name are alike
    model = graph(("b", "t", 8), product(8, 4), op("Relu"), second=("b", "u", 4))
    last = model.op("Concat", model.nodes[-1].output[0], "y", axis=1)
    path.write_bytes(model.bytes(last))
    net = archviz.from_onnx(path, {"y": (1, 6, 4)})
    assert shapes(net)[-1] == "(t+6)×4"


# ---- commands and Keras --------------------------------------------------------------------------


def test_commands_draw_and_check_what_is_open(tmp_path: Path) -> None:
    path = tmp_path / "open.onnx"
    model = MODELS["pooled"][0]
    path.write_bytes(model.bytes(model.nodes[-1].output[0]))
    said = "H and W are open; multiply-adds depend on them"
    for words_ in (
        ["render", str(path), "-o", str(tmp_path / "a.svg"), "--detail", "full"],
        ["render", str(path), "-o", str(tmp_path / "a.pptx")],
        ["compare", str(path), "lenet5", "-o", str(tmp_path / "b.svg")],
        ["info", str(path), "--layers"],
        ["check", str(path)],
    ):
        result = CliRunner().invoke(main, words_)
        assert result.exit_code == 0, (words_, result.output)
        assert said in result.stderr
    drawn = (tmp_path / "a.svg").read_text("utf-8")
    assert "H×W×8" in drawn
    assert said in drawn
    assert "open multiply-adds" in (tmp_path / "b.svg").read_text("utf-8")


class Live:
    """A Keras model that knows its own configuration and nothing else."""

    name = "live"

    def __init__(self, text: str) -> None:
        self.text = text

    def to_json(self) -> str:
        return self.text

    def count_params(self) -> int:
        return 448

    weights: tuple[Any, ...] = ()


def test_a_live_keras_model_may_be_open() -> None:
    start = keras_layer("InputLayer", "image", batch_shape=[None, None, None, 3])
    layer = keras_layer("Conv2D", "conv", "image", filters=16, kernel_size=[3, 3], padding="same")
    pool = keras_layer("GlobalAveragePooling2D", "pool", "conv")
    model = Live(keras_model([start, layer, pool], "pool", "image"))
    net = archviz.from_keras(model)
    assert shapes(net) == ["H×W×3", "H×W×16", "16"]
    assert net.analysis.totals.parameters == 448
    net = archviz.from_keras(model, input_size=(1, 32, 48, 3))
    assert shapes(net) == ["32×48×3", "32×48×16", "16"]


def test_lines_are_broken_alike_at_all_sizes(tmp_path: Path) -> None:
    """Numbers of the trials have two digits to four; a long line is cut by them elsewhere."""

    def chains(model: Builder, value: str) -> str:
        ends = []
        for number in range(3):
            end = model.conv(value, 8, 4 + number)
            ends.append(model.op("Odd", end, domain="own.domain"))
        return model.op("Odd", *ends, domain="own.domain")

    net = opened(tmp_path, graph(BATCHED, conv(3, 8, strides=[2, 2]), chains))
    assert [one.name for one in net.analysis.open] == ["H", "W"]
