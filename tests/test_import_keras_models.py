"""Models of Keras by their configuration: nested, shared, frozen, from every kind of file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from archviz.errors import ArchvizError
from archviz.importers.at_sizes import import_file
from archviz.importers.graphs import LayerGraph
from archviz.importers.imported import Imported, import_layers
from archviz.importers.read import keras_hdf5
from archviz.importers.read.hdf5 import Array
from archviz.importers.read.keras import read_keras_text
from archviz.network.analysis import analyse

from hdf5 import hdf5_of  # isort: skip
from models import keras2_layer, keras_input, keras_layer, keras_model, kinds  # isort: skip


def tensor(name: str, call: int = 0, index: int = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, call, index]}}


def nested(name: str, text: str, *calls: Any, old: bool = False) -> dict[str, Any]:
    """A model as a layer; each call takes a list of (layer, call, output)."""
    model = json.loads(text)
    nodes: list[Any] = [{"args": [[tensor(*one) for one in call]], "kwargs": {}} for call in calls]
    if old:
        nodes = [[[*one, {}] for one in call] for call in calls]
    config = {**model["config"], "name": name}
    return {"class_name": "Functional", "name": name, "config": config, "inbound_nodes": nodes}


def read(text: str) -> LayerGraph:
    return read_keras_text(text, "model.json")


def imported(text: str) -> Imported:
    return import_layers(read(text), "test", "test")


def totals(found: Imported) -> tuple[int, int]:
    """Parameters, and those that are trained."""
    all_of_it = analyse(found.network).totals
    return all_of_it.parameters, all_of_it.trainable


def with_ends(text: str, *ends: list[Any]) -> str:
    model = json.loads(text)
    model["config"]["output_layers"] = list(ends)
    return json.dumps(model)


INNER = keras_model([keras_input(6), keras_layer("Dense", "a", "in", units=6)], "a")


# ---- models in models --------------------------------------------------------------------------


def test_keras_3_counts_the_first_call_of_a_model_where_it_states_its_ends() -> None:
    chain = nested("m", INNER, [("start", 0, 0)], [("m", 0, 0)])
    text = keras_model([keras_input(6, name="start"), chain], "m", "start")
    graph = read(with_ends(text, ["m", 2, 0]))
    assert kinds(graph) == ["dense", "dense"]
    assert graph.nodes[2].inputs == (graph.nodes[1].id,)
    assert totals(import_layers(graph, "t", "t")) == (42, 42)


def test_keras_2_counts_the_first_call_of_a_model_everywhere() -> None:
    chain = nested("m", INNER, [("start", 0, 0)], [("m", 1, 0)], old=True)
    top = keras2_layer("Dense", "top", ["m"], units=2)
    top["inbound_nodes"] = [[["m", 2, 0, {}]]]
    start = keras_input(6, name="start")
    graph = read(keras_model([start, chain, top], "top", "start"))
    assert kinds(graph) == ["dense", "dense", "dense"]
    assert [node.options.get("shared") for node in graph.nodes[1:]] == [None, True, None]
    assert graph.nodes[3].inputs == (graph.nodes[2].id,)


def test_a_model_with_two_ends_gives_both() -> None:
    layers = [keras_input(6), keras_layer("Dense", "a", "in", units=3)]
    layers.append(keras_layer("Dense", "b", "in", units=5))
    inner = with_ends(keras_model(layers, "a"), ["a", 0, 0], ["b", 0, 0])
    both = keras_layer("Concatenate", "both")
    both["inbound_nodes"] = [{"args": [[tensor("m", 0, 1), tensor("m", 0, 0)]], "kwargs": {}}]
    start = keras_input(6, name="start")
    graph = read(keras_model([start, nested("m", inner, [("start", 0, 0)]), both], "both", "start"))
    assert graph.nodes[-1].inputs == ("b", "a")
    assert graph.nodes[-1].shape == (8,)


def test_models_that_take_and_give_by_names() -> None:
    layers = [keras_input(4, name="zeta"), keras_input(6, name="alpha")]
    layers += [
        keras_layer("Dense", "a", "zeta", units=3),
        keras_layer("Dense", "b", "alpha", units=2),
    ]
    model = json.loads(keras_model(layers, "a"))
    config = model["config"]
    config["input_layers"] = {"zeta": ["zeta", 0, 0], "alpha": ["alpha", 0, 0]}
    config["output_layers"] = {"second": ["a", 0, 0], "first": ["b", 0, 0]}
    inner = {"class_name": "Functional", "name": "m", "config": config}
    inner["inbound_nodes"] = [
        {"args": [{"zeta": tensor("one"), "alpha": tensor("two")}], "kwargs": {}}
    ]
    top = keras_layer("Dense", "top")
    top["inbound_nodes"] = [{"args": [tensor("m", 0, 0)], "kwargs": {}}]  # first by its name
    start = [keras_input(4, name="one"), keras_input(6, name="two")]
    top["config"]["units"] = 5
    graph = read(keras_model([*start, inner, top], "top", "one"))
    assert [node.shape for node in graph.nodes if node.kind == "dense"][-2:] == [(2,), (5,)]


def test_a_model_at_each_step_is_written_out_with_its_time() -> None:
    inner = keras_model(
        [
            keras_input(8, 8, 3),
            keras_layer("Conv2D", "conv", "in", filters=4, kernel_size=3),
            keras_layer("BatchNormalization", "norm", "conv"),
            keras_layer("GlobalAveragePooling2D", "pool", "norm"),
            keras_layer("Dense", "top", "pool", units=5),
        ],
        "top",
    )
    steps = keras_layer("TimeDistributed", "steps", "start", layer=nested("m", inner))
    last = keras_layer("LSTM", "last", "steps", units=3)
    graph = read(keras_model([keras_input(4, 8, 8, 3, name="start"), steps, last], "last", "start"))
    assert kinds(graph) == ["conv-3d", "other-pool", "dense", "lstm"]
    assert [node.shape for node in graph.nodes[1:]] == [(4, 6, 6, 4), (4, 4), (4, 5), (3,)]
    assert graph.nodes[1].options["kernel"] == (1, 3, 3)
    assert graph.nodes[1].macs == 4 * 36 * 27 * 4
    assert graph.nodes[1].scope == ("steps",)
    assert import_layers(graph, "t", "t").plain


def test_names_with_strokes_are_told_apart() -> None:
    layers = [keras_input(6)]
    layers += [
        keras_layer("Dense", f"{block}/dense", source, units=6)
        for block, source in (("one", "in"), ("two", "one/dense"))
    ]
    assert totals(imported(keras_model(layers, "two/dense"))) == (84, 84)


def test_rows_whose_layers_have_no_names() -> None:
    dense = {"class_name": "Dense", "config": {"units": 6, "batch_input_shape": [None, 6]}}
    inner = {"class_name": "Sequential", "config": [dense, dense]}
    model = {"class_name": "Sequential", "config": [inner, inner, dense]}
    assert totals(imported(json.dumps(model))) == (5 * 42, 5 * 42)


# ---- frozen ------------------------------------------------------------------------------------


def convs(conv: bool, norm: bool) -> str:
    layers = [
        keras_input(8, 8, 3),
        keras_layer("Conv2D", "conv", "in", filters=4, kernel_size=3, trainable=conv),
        keras_layer("BatchNormalization", "norm", "conv", trainable=norm),
    ]
    return keras_model(layers, "norm")


@pytest.mark.parametrize(
    ("conv", "norm", "trained", "text"),
    [
        (True, True, 120, "conv 3x3 4 batch-norm"),
        (True, False, 112, "conv 3x3 4 batch-norm-frozen"),
        (False, True, 8, "conv 3x3 4 frozen\n  - batch-norm"),
        (False, False, 0, "conv 3x3 4 batch-norm frozen"),
    ],
)
def test_frozen_layers_and_norms(conv: bool, norm: bool, trained: int, text: str) -> None:
    found = imported(convs(conv, norm))
    assert found.plain
    assert totals(found) == (128, trained)
    assert text in found.text


def test_a_frozen_model_has_frozen_layers() -> None:
    inner = json.loads(INNER)
    inner["config"]["trainable"] = False
    frozen = nested("m", json.dumps(inner), [("start", 0, 0)], [("m", 0, 0)])
    text = keras_model([keras_input(6, name="start"), frozen], "m", "start")
    found = imported(with_ends(text, ["m", 2, 0]))
    assert totals(found) == (42, 0)
    assert "shared" in found.text


def test_a_layer_with_some_frozen_weights_states_them() -> None:
    inner = {"class_name": "Dense", "config": {"units": 5}}
    found = imported(
        keras_model(
            [keras_input(6), keras_layer("SpectralNormalization", "s", "in", layer=inner)], "s"
        )
    )
    assert totals(found) == (40, 35)
    assert "weights=40 macs=30 untrained=5" in found.text


# ---- functions between layers ------------------------------------------------------------------


def lambda_op(function: str, name: str, source: str, **named: Any) -> dict[str, Any]:
    config = {"name": name, "function": function}
    node = [[source, 0, 0, named]]
    return {"class_name": "TFOpLambda", "name": name, "config": config, "inbound_nodes": [node]}


def test_a_hard_swish_of_tensorflow_functions() -> None:
    layers = [
        keras_input(8, 8, 3),
        keras_layer("Conv2D", "conv", "in", filters=4, kernel_size=1),
        lambda_op("__operators__.add", "plus", "conv", y=3.0),
        keras2_layer("ReLU", "top", ["plus"], max_value=6.0),
        lambda_op("math.multiply", "sixth", "top", y=1 / 6),
        keras2_layer("Multiply", "both", ["conv", "sixth"]),
    ]
    found = imported(keras_model(layers, "both"))
    assert found.plain
    assert "conv 1x1 4 hard-swish" in found.text


def test_functions_with_numbers_are_named() -> None:
    layers = [
        keras_input(8, 8, 3),
        lambda_op("math.subtract", "less", "in", y=0.5),
        lambda_op("nn.relu", "relu", "less"),
        lambda_op("math.mysterious", "odd", "relu"),
    ]
    graph = read(keras_model(layers, "odd"))
    assert [node.options.get("label") for node in graph.nodes[1:]] == ["− 0.5", None, "mysterious"]
    assert graph.unknown == ("mysterious (of unstated shape)",)


def test_what_an_old_graph_of_tensorflow_calls_add() -> None:
    node = 'name: "add"\nop: "AddV2"\n'
    add = keras2_layer("TensorFlowOpLayer", "add", ["a", "b"], node_def=node)
    layers = [keras_input(6), *[keras_layer("Dense", one, "in", units=5) for one in "ab"], add]
    assert kinds(read(keras_model(layers, "add"))) == ["dense", "dense", "add"]


# ---- what comes out ----------------------------------------------------------------------------


def test_a_model_that_only_trains_otherwise_is_its_layers() -> None:
    layers = [keras_input(6), keras_layer("Dropout", "drop", "in", rate=0.5)]
    graph = read(keras_model(layers, "drop"))
    assert [node.options.get("label") for node in graph.nodes[1:]] == ["dropout"]


def test_what_is_permuted_at_the_end_is_drawn_permuted() -> None:
    layers = [keras_input(7, 4), keras_layer("Dense", "a", "in", units=3)]
    layers.append(keras_layer("Permute", "turn", "a", dims=[2, 1]))
    graph = read(keras_model(layers, "turn"))
    assert graph.nodes[-1].options["label"] == "transpose"
    assert graph.nodes[-1].shape == (3, 7)


def test_maps_with_their_channels_first_are_drawn_with_them_last() -> None:
    first = {"data_format": "channels_first"}
    layers = [
        keras_input(3, 12, 10),
        keras_layer("Conv2D", "conv", "in", filters=6, kernel_size=3, **first),
        keras_layer("BatchNormalization", "norm", "conv", axis=1),
        keras_layer("MaxPooling2D", "pool", "norm", pool_size=2, **first),
    ]
    graph = read(keras_model(layers, "pool"))
    assert [node.shape for node in graph.nodes] == [(12, 10, 3), (10, 8, 6), (5, 4, 6)]
    assert graph.nodes[1].options["norm"] == "batch-norm"


def test_states_go_from_one_layer_to_another() -> None:
    first = keras_layer("LSTM", "first", "in", units=5, return_sequences=True, return_state=True)
    second = keras_layer("LSTM", "second", units=5)
    states = [tensor("first", 0, 1), tensor("first", 0, 2)]
    second["inbound_nodes"] = [{"args": [tensor("first")], "kwargs": {"initial_state": states}}]
    graph = read(keras_model([keras_input(7, 4), first, second], "second"))
    words = [node.options.get("label") for node in graph.nodes]
    assert words == [None, None, "last state", "last cell", "LSTM 5"]
    assert graph.nodes[-1].inputs == tuple(node.id for node in graph.nodes[1:4])
    assert sum(node.parameters for node in graph.nodes) == 200 + 220
    assert import_layers(graph, "t", "t").plain


def test_attention_to_another_sequence_and_with_a_mask() -> None:
    one = keras_layer("MultiHeadAttention", "one", num_heads=2, key_dim=3)
    call = {"args": [tensor("in"), tensor("memory")], "kwargs": {}}
    one["inbound_nodes"] = [call]
    inputs = [keras_input(7, 6), keras_input(5, 8, name="memory")]
    graph = read(keras_model([*inputs, one], "one"))
    node = graph.nodes[-1]
    assert (node.kind, node.inputs, node.options["count"]) == (
        "attention",
        ("in", "memory"),
        2,
    )
    assert node.parameters == 6 * 6 + 2 * 8 * 6 + 6 * 6 + 4 * 6
    call["kwargs"] = {"attention_mask": tensor("mask")}
    graph = read(keras_model([*inputs, keras_input(7, 5, name="mask"), one], "one"))
    assert graph.nodes[-1].kind == "op-merge"
    assert graph.nodes[-1].inputs == ("in", "memory", "mask")
    assert graph.nodes[-1].parameters == node.parameters
    assert graph.nodes[-1].macs == node.macs == 504 + 480 + 420


def test_open_sides_have_names(tmp_path: Path) -> None:
    cell = {"class_name": "LSTMCell", "config": {"units": 4}}
    begin = keras_layer("InputLayer", "in", batch_shape=[None, None, 8])
    path = tmp_path / "m.json"
    path.write_text(keras_model([begin, keras_layer("RNN", "rnn", "in", cell=cell)], "rnn"))
    found = import_file(str(path))
    assert found.faithful
    assert "input Nx8" in found.text
    assert "208 parameters" in found.report


# ---- files -------------------------------------------------------------------------------------


def archive(path: Path, text: str, shapes: dict[str, tuple[int, ...]]) -> Imported:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("config.json", text)
        made.writestr("model.weights.h5", hdf5_of(shapes))
    return import_file(str(path))


def test_a_spectral_norm_has_its_kernel_twice_in_a_file(tmp_path: Path) -> None:
    inner = {"class_name": "Dense", "config": {"units": 5}}
    text = keras_model(
        [keras_input(6), keras_layer("SpectralNormalization", "s", "in", layer=inner)], "s"
    )
    own = "layers/spectral_normalization"
    shapes = {f"{own}/layer/vars/0": (6, 5), f"{own}/layer/vars/1": (5,)}
    shapes |= {f"{own}/vars/0": (6, 5), f"{own}/vars/1": (1, 5)}
    found = archive(tmp_path / "m.keras", text, shapes)
    assert found.plain
    assert totals(found) == (40, 35)


def test_groups_of_the_file_go_to_the_layers_in_models(tmp_path: Path) -> None:
    inner = keras_model([keras_input(6), keras_layer("Odd", "odd", "in")], "odd")
    layers = [
        keras_input(4, 6, name="start"),
        keras_layer("TimeDistributed", "steps", "start", layer=nested("m", inner)),
        keras_layer(
            "GroupQueryAttention", "att", num_query_heads=2, num_key_value_heads=1, head_dim=3
        ),
    ]
    layers[2]["inbound_nodes"] = [{"args": [tensor("steps"), tensor("steps")], "kwargs": {}}]
    shapes: dict[str, tuple[int, ...]] = {
        "layers/time_distributed/layer/layers/odd/vars/0": (6, 6),
        "layers/grouped_query_attention/_query_dense/vars/0": (6, 2, 3),
        "layers/grouped_query_attention/_query_dense/vars/1": (2, 3),
        "layers/grouped_query_attention/_output_dense/vars/0": (2, 3, 6),
        "layers/grouped_query_attention/_output_dense/vars/1": (6,),
    }
    for one in ("_key_dense", "_value_dense"):
        shapes[f"layers/grouped_query_attention/{one}/vars/0"] = (6, 1, 3)
        shapes[f"layers/grouped_query_attention/{one}/vars/1"] = (1, 3)
    found = archive(tmp_path / "m.keras", keras_model(layers, "att", "start"), shapes)
    assert "weights=36" in found.text
    assert "attention 2 kv-heads=1" in found.text
    assert totals(found)[0] == sum(
        [36, 36 + 6, 36 + 6, 2 * (18 + 3)],
    )


def test_a_layer_with_other_weights_than_its_class_is_a_box_with_those(tmp_path: Path) -> None:
    shapes = {"layers/dense/vars/0": (6, 6), "layers/dense/vars/1": (6,)}
    plain = archive(tmp_path / "plain.keras", INNER, shapes)
    assert "dense 6" in plain.text
    found = archive(tmp_path / "m.keras", INNER, {**shapes, "layers/dense/vars/2": (5,)})
    assert "weights=47" in found.text
    assert totals(found) == (47, 47)


def test_the_layout_of_tensorflow_js() -> None:
    model = json.loads(INNER)
    topology = {"keras_version": "2.12.0", "model_config": model}
    text = json.dumps({"format": "layers-model", "modelTopology": topology, "weightsManifest": []})
    assert totals(imported(text)) == (42, 42)


def test_the_list_of_weights_of_tensorflow_js_is_compared() -> None:
    weights = [{"name": "a/kernel", "shape": [6, 6]}, {"name": "a/bias", "shape": [6]}]
    model = {"modelTopology": {"model_config": json.loads(INNER)}}
    model["weightsManifest"] = [{"paths": ["1.bin"], "weights": weights}]  # type: ignore[assignment]
    found = imported(json.dumps(model))
    assert found.plain
    assert "not compared" not in found.report
    weights.append({"name": "b/kernel", "shape": [3]})
    assert "differs by 3 (in no layer: b/kernel)" in imported(json.dumps(model)).report


@pytest.mark.parametrize(
    "config",
    [
        {"lora_rank": 2},
        {"dtype": {"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}}},
    ],
)
def test_layers_with_changed_weights_are_not_counted_as_they_were(config: dict[str, Any]) -> None:
    layers = [keras_input(6), keras_layer("Dense", "a", "in", units=5, **config)]
    found = imported(keras_model(layers, "a"))
    assert not found.faithful
    assert "what weights the plain boxes have is not known: dense, " in found.report


@pytest.mark.parametrize(
    ("kind", "config", "parameters"),
    [
        ("LocallyConnected2D", {"filters": 3, "kernel_size": [3, 3]}, 6 * 6 * 3 * (9 * 2 + 1)),
        ("LocallyConnected2D", {"filters": 3, "kernel_size": 3, "use_bias": False}, 36 * 3 * 18),
        ("SyncBatchNormalization", {}, 8),
        ("ThresholdedReLU", {"theta": 1.0}, 0),
    ],
)
def test_classes_that_only_keras_2_has(kind: str, config: dict[str, Any], parameters: int) -> None:
    layers = [keras_input(8, 8, 2), keras2_layer(kind, "one", ["in"], **config)]
    found = imported(keras_model(layers, "one"))
    assert found.plain
    assert totals(found)[0] == parameters


def saved(path: Path, text: Any, shapes: dict[str, tuple[int, ...]]) -> str:
    h5py = pytest.importorskip("h5py", reason="HDF5 files are read by h5py")
    with h5py.File(path, "w") as file:
        if text is not None:
            file.attrs["model_config"] = text
        for name, shape in shapes.items():
            file.create_dataset(f"model_weights/{name}", shape, "f4")
    return str(path)


def test_a_model_in_an_hdf5_file(tmp_path: Path) -> None:
    shapes: dict[str, tuple[int, ...]] = {
        "conv/conv/kernel:0": (3, 3, 3, 4), "conv/conv/bias:0": (4,),
        "norm/norm/gamma:0": (4,), "norm/norm/beta:0": (4,),
        "norm/norm/moving_mean:0": (4,), "norm/norm/moving_variance:0": (4,),
    }  # fmt: skip
    found = import_file(saved(tmp_path / "m.h5", convs(True, True), shapes))
    assert found.plain
    assert totals(found) == (128, 120)
    assert "not compared" not in found.report
    shapes["other/kernel:0"] = (5, 5)
    found = import_file(saved(tmp_path / "m.hdf5", convs(True, False), shapes))
    assert "differs by 25 (in no layer: other/kernel:0)" in found.report


def test_names_of_layers_in_models_in_hdf5_files(tmp_path: Path) -> None:
    layers = [keras_input(6), keras_layer("Odd", "a/b", "in"), keras_layer("Odd", "b", "a/b")]
    inner = nested("m", keras_model(layers, "b"), [("start", 0, 0)])
    text = keras_model([keras_input(6, name="start"), inner], "m", "start")
    shapes = {"m/a/b/kernel:0": (6, 6), "m/b/kernel:0": (6, 2)}
    found = import_file(saved(tmp_path / "m.h5", text, shapes))
    assert "48 parameters" in found.report


def test_hdf5_files_that_hold_no_model(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.h5", None, {"a/kernel:0": (3, 3)})
    with pytest.raises(ArchvizError, match="weights and no model"):
        import_file(path)
    (tmp_path / "bad.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
    with pytest.raises(ArchvizError, match="no HDF5 file that can be read"):
        import_file(str(tmp_path / "bad.h5"))


def test_without_h5py_the_message_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    path = tmp_path / "m.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n\x03" + bytes(100))
    monkeypatch.setattr(keras_hdf5.importlib, "import_module", missing)
    with pytest.raises(ArchvizError) as caught:
        import_file(str(path))
    assert 'pip install "archviz[keras]"' in str(caught.value)


def test_links_to_other_files_are_not_followed(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="HDF5 files are read by h5py")
    path = saved(tmp_path / "m.h5", INNER, {"a/a/kernel:0": (6, 6), "a/a/bias:0": (6,)})
    saved(tmp_path / "other.h5", None, {"x": (9, 9)})
    with h5py.File(path, "a") as file:
        file["model_weights/odd"] = h5py.ExternalLink("other.h5", "/model_weights")
        file["model_weights/again"] = h5py.SoftLink("/model_weights/a")
    found = import_file(path)
    assert found.plain
    assert "not compared" not in found.report


def test_names_that_lead_to_other_names_are_not_counted_twice(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="HDF5 files are read by h5py")
    path = saved(tmp_path / "m.h5", INNER, {"a/a/kernel:0": (6, 6), "a/a/bias:0": (6,)})
    with h5py.File(path, "a") as file:
        file["model_weights/again"] = h5py.SoftLink("/model_weights/a")
    assert import_file(path).plain


@pytest.mark.parametrize("place", [0, 2**31, 2**62, 2**63, 2**64 - 1])
def test_numbers_where_a_file_has_none_tell_nothing(tmp_path: Path, place: int) -> None:
    (tmp_path / "m.h5").write_bytes(bytes(range(64)))
    path = str(tmp_path / "m.h5")
    assert keras_hdf5.sample_of(path, Array(("a",), (2,), place, 8)) == b""
    assert keras_hdf5.sample_of(path, Array(("a",), (2,), 8, 8)) == bytes(range(8, 16))


def test_newer_forms_of_hdf5(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="HDF5 files are read by h5py")
    path = tmp_path / "m.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["model_config"] = INNER
        file.create_dataset("model_weights/a/a/kernel:0", (6, 6), "f4")
        file.create_dataset("model_weights/a/a/bias:0", (6,), "f4")
    found = import_file(str(path))
    assert found.plain
    assert "not compared" not in found.report


@pytest.mark.parametrize("text", [INNER, INNER.encode(), INNER + " " * 100_000])
def test_configurations_in_every_form_of_text(tmp_path: Path, text: str | bytes) -> None:
    np = pytest.importorskip("numpy")
    fixed = np.bytes_(text) if isinstance(text, bytes) else text
    path = saved(tmp_path / "m.h5", fixed, {"a/a/kernel:0": (6, 6), "a/a/bias:0": (6,)})
    assert import_file(path).plain
