"""Fused and newer operators of ONNX files: the layers that they stand for, no boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archviz.importers.graphs import LayerGraph
from archviz.importers.imported import Imported, import_layers
from archviz.network.model import Shape

from models import Builder, TensorProto, helper, kinds  # isort: skip

MS = "com.microsoft"
INT8, UINT8 = TensorProto.INT8, TensorProto.UINT8
Build = Callable[[Builder], str]


def sequence(build: Build, rows: int = 6, width: int = 16) -> tuple[LayerGraph, Imported]:
    """What is made of a sequence, between two dense layers."""
    model = Builder((1, rows, width))
    graph = model.layers(build(model))
    return graph, import_layers(graph, "m", "m.onnx")


def described(graph: LayerGraph) -> list[str]:
    """The layers with their badges."""
    words = ("norm", "activation")
    return [
        " ".join([node.options.get("label", node.kind), *(node.options[w] for w in words
                                                           if w in node.options)])
        for node in graph.nodes[1:]
    ]  # fmt: skip


def dense(model: Builder, value: str, depth: int, units: int) -> str:
    return model.op("MatMul", value, model.weight(depth, units))


def skip_norm(kind: str, beta: bool, bias: bool, total: bool = False) -> Build:
    def build(model: Builder) -> str:
        value = dense(model, "x", 16, 16)
        more = [model.weight(16) if one else "" for one in (True, beta, bias)]
        if "Simplified" in kind:
            del more[1]
        while not more[-1]:
            del more[-1]
        first = model.op(kind, value, "x", *more, domain=MS, outputs=4 if total else 1)
        if total:
            return model.op("Add", dense(model, first, 16, 16), f"{first}.3")
        return first

    return build


@pytest.mark.parametrize(
    ("build", "layers", "parameters"),
    [
        (skip_norm("SkipLayerNormalization", True, True), ["dense", "add layer-norm"], 256 + 48),
        (
            skip_norm("SkipLayerNormalization", True, False),
            ["dense", "add layer-norm"],
            256 + 32,
        ),
        (
            skip_norm("SkipLayerNormalization", False, False),
            ["dense", "add layer-norm-unshifted"],
            256 + 16,
        ),
        (
            skip_norm("SkipSimplifiedLayerNormalization", False, True),
            ["dense", "add rms-norm"],
            256 + 32,
        ),
        (
            skip_norm("SkipSimplifiedLayerNormalization", False, False, True),
            ["dense", "add", "rms-norm", "dense", "add"],
            512 + 16,
        ),
    ],
)
def test_a_sum_with_its_norm(build: Build, layers: list[str], parameters: int) -> None:
    graph, found = sequence(build)
    assert found.plain, found.report
    if "norm" in layers[1]:
        layers = [layers[0], "add", layers[1].split()[1]] if len(kinds(graph)) > 2 else layers
    assert described(graph) == layers
    assert f"{parameters:,} parameters" in found.report


def with_bias(kind: str, biased: bool) -> Build:
    def build(model: Builder) -> str:
        value = dense(model, "x", 16, 32)
        bias = [model.weight(32)] if biased else []
        return dense(model, model.op(kind, value, *bias, domain=MS), 32, 16)

    return build


@pytest.mark.parametrize(
    ("kind", "biased"),
    [("BiasGelu", True), ("FastGelu", True), ("FastGelu", False), ("Gelu", False)],
)
def test_a_bias_with_its_gelu(kind: str, biased: bool) -> None:
    graph, found = sequence(with_bias(kind, biased))
    assert found.plain, found.report
    assert described(graph) == ["dense gelu", "dense"]
    assert f"{1024 + 32 * biased:,} parameters" in found.report


@pytest.mark.parametrize(
    ("kind", "domain", "alpha", "layer"),
    [
        ("QuickGelu", MS, 1.702, "quick-gelu"),
        ("QuickGelu", MS, 1.0, "silu"),
        ("QuickGelu", MS, None, "quick-gelu"),
        ("Swish", "", 1.0, "silu"),
        ("Swish", "", None, "silu"),
        ("Swish", "", 3.0, "Swish"),
    ],
)
def test_a_swish_by_its_steepness(kind: str, domain: str, alpha: Any, layer: str) -> None:
    def build(model: Builder) -> str:
        more = {} if alpha is None else {"alpha": alpha}
        return model.op(kind, model.op("Softmax", "x", axis=-1), domain=domain, **more)

    graph, _ = sequence(build)
    assert described(graph)[-1] == layer


def test_a_gated_gelu_of_halves() -> None:
    def build(model: Builder) -> str:
        value = dense(model, "x", 16, 64)
        value = model.op("BiasSplitGelu", value, model.weight(64), domain=MS)
        return dense(model, value, 32, 16)

    _, found = sequence(build)
    assert found.plain, found.report
    assert f"{1024 + 64 + 512:,} parameters" in found.report


def fused_conv(activation: str, skip: bool = False, **more: Any) -> Build:
    def build(model: Builder) -> str:
        value = model.conv("x", 3, 8)
        inputs = [model.weight(8, 8, 3, 3), model.weight(8), *([value] if skip else [])]
        return model.op(
            "FusedConv", value, *inputs, domain=MS, kernel_shape=[3, 3], pads=[1] * 4,
            **({"activation": activation} if activation else {}), **more,
        )  # fmt: skip

    return build


@pytest.mark.parametrize(
    ("build", "layers"),
    [
        (fused_conv("Relu"), ["conv", "conv relu"]),
        (fused_conv("Sigmoid"), ["conv", "conv sigmoid"]),
        (fused_conv(""), ["conv", "conv"]),
        (fused_conv("Clip", activation_params=[0.0, 6.0]), ["conv", "conv relu6"]),
        (fused_conv("LeakyRelu", activation_params=[0.1]), ["conv", "conv leaky-relu"]),
        (fused_conv("Relu", True), ["conv", "conv", "add relu"]),
    ],
)
def test_a_convolution_with_its_activation(build: Build, layers: list[str]) -> None:
    model = Builder()
    graph = model.layers(build(model))
    found = import_layers(graph, "m", "m.onnx")
    assert found.plain, found.report
    assert described(graph) == layers
    assert f"{216 + 576 + 8} parameters" in found.report


def test_a_product_with_its_activation_and_turned_sides() -> None:
    def build(model: Builder) -> str:
        pooled = model.op("ReduceMean", "x", model.ints(1), keepdims=0)
        value = model.op(
            "FusedGemm", pooled, model.weight(32, 16), model.weight(32),
            domain=MS, activation="Relu", transB=1,
        )  # fmt: skip
        return model.op("FusedMatMul", value, model.weight(8, 32), domain=MS, transB=1)

    graph, found = sequence(build)
    assert found.plain, found.report
    assert described(graph)[-2:] == ["dense relu", "dense"]
    assert f"{512 + 32 + 256:,} parameters" in found.report


def test_scores_as_a_fused_product_are_those_of_an_attention() -> None:
    def build(model: Builder) -> str:
        heads = []
        for _ in range(3):
            value = model.op("Reshape", dense(model, "x", 16, 16), model.ints(1, 6, 4, 4))
            heads.append(model.op("Transpose", value, perm=[0, 2, 1, 3]))
        scores = model.op("FusedMatMul", *heads[:2], domain=MS, transB=1, alpha=0.5)
        mixed = model.op("MatMul", model.op("Softmax", scores, axis=-1), heads[2])
        mixed = model.op("Transpose", mixed, perm=[0, 2, 1, 3])
        return dense(model, model.op("Reshape", mixed, model.ints(1, 6, 16)), 16, 16)

    graph, found = sequence(build)
    assert found.plain, found.report
    assert described(graph) == ["attention"]


# ---- quantised --------------------------------------------------------------------------------


def quantised(kind: str, bias: int, **attributes: Any) -> Build:
    def build(model: Builder) -> str:
        model.weight(16, 32, kind=INT8)
        inputs = {0: "x", 1: model.weights[-1].name, 2: model.weight(32), bias: model.weight(32)}
        if kind == "MatMulIntegerToFloat":
            inputs[3] = model.weight(32)
        if kind == "MatMulNBits":
            model.weight(32, 1, 8, kind=UINT8)
            inputs[1] = model.weights[-1].name
        last = max(inputs)
        names = [inputs.get(slot, "") for slot in range(last + 1)]
        return model.op(kind, *names, domain=MS, **attributes)

    return build


@pytest.mark.parametrize(
    ("kind", "bias", "attributes"),
    [
        ("DynamicQuantizeMatMul", 4, {}),
        ("MatMulIntegerToFloat", 6, {}),
        ("MatMulNBits", 5, {"K": 16, "N": 32, "bits": 4, "block_size": 16}),
    ],
)
def test_a_product_of_packed_weights_is_a_dense_layer(
    kind: str, bias: int, attributes: Any
) -> None:
    graph, found = sequence(quantised(kind, bias, **attributes))
    assert found.plain, found.report
    assert described(graph) == ["dense"]
    assert f"{16 * 32 + 32} parameters" in found.report
    assert f"{6 * 16 * 32:,} multiply-adds" in found.report


def test_quantised_values_side_by_side_are_a_concat() -> None:
    model = Builder()
    one, two = model.conv("x", 3, 8), model.conv("x", 3, 4)
    scale, zero = model.constant(0.1), model.constant(3, (), UINT8)
    end = model.op(
        "QLinearConcat", scale, zero, one, scale, zero, two, scale, zero, domain=MS, axis=1
    )
    graph = model.layers(end)
    assert kinds(graph) == ["conv", "conv", "concat"]
    assert graph.nodes[-1].shape == (32, 32, 12)
    assert import_layers(graph, "m", "m.onnx").plain


# ---- attention ----------------------------------------------------------------------------------


def projected(
    kind: str,
    domain: str,
    heads: dict[str, int],
    widths: tuple[int, int] = (16, 16),
    *,
    packed: bool = False,
    more: Callable[[Builder], list[str]] = lambda model: [],
    rotated: bool = False,
) -> Build:
    """Queries, keys and values by three dense layers, or one, an attention, and a dense layer."""

    def build(model: Builder) -> str:
        width, keys = widths
        if packed:
            parts = [dense(model, "x", 16, width + 2 * keys), "", ""]
        else:
            parts = [dense(model, "x", 16, size) for size in (width, keys, keys)]
        if rotated:
            caches = [model.weight(32, 2), model.weight(32, 2)]
            parts[:2] = [
                model.op("RotaryEmbedding", part, *caches, num_heads=4) for part in parts[:2]
            ]
        inputs = [*parts, *more(model)]
        while not inputs[-1]:
            inputs.pop()
        value = model.op(kind, *inputs, domain=domain, **heads)
        return dense(model, value, width, 16)

    return build


FOUR = {"q_num_heads": 4, "kv_num_heads": 4}


@pytest.mark.parametrize(
    ("build", "words", "parameters"),
    [
        (projected("Attention", "", FOUR), "attention 4 no-bias", 1024),
        (projected("Attention", "", {**FOUR, "is_causal": 1}), "attention 4 no-bias", 1024),
        (
            projected("Attention", "", {"q_num_heads": 4, "kv_num_heads": 2}, (16, 8)),
            "attention 4 no-bias kv-heads=2",
            768,
        ),
        (projected("Attention", "", FOUR, rotated=True), "attention 4 no-bias", 1024),
        (
            projected("Attention", "", FOUR, more=lambda model: [model.weight(6, 6)]),
            "attention 4 no-bias",
            1024,
        ),
        (
            projected("MultiHeadAttention", MS, {"num_heads": 4}),
            "attention 4 no-bias",
            1024,
        ),
        (
            projected(
                "MultiHeadAttention", MS, {"num_heads": 4}, more=lambda model: [model.weight(48)]
            ),
            "attention 4 out-bias=no",
            1024 + 48,
        ),
        (
            projected(
                "GroupQueryAttention", MS, {"num_heads": 4, "kv_num_heads": 2}, (16, 8),
                more=lambda model: ["", "", model.ints(6), model.ints(6)],
            ),
            "attention 4 no-bias kv-heads=2",
            768,
        ),
        (
            projected(
                "GroupQueryAttention", MS, {"num_heads": 4, "kv_num_heads": 2, "do_rotary": 1},
                (16, 8), packed=True,
                more=lambda model: ["", "", model.ints(6), model.ints(6), model.weight(32, 2),
                                    model.weight(32, 2)],
            ),
            "attention 4 no-bias kv-heads=2",
            768,
        ),
    ],
)  # fmt: skip
def test_attention_as_one_operator(build: Build, words: str, parameters: int) -> None:
    _, found = sequence(build)
    assert found.faithful, found.report
    assert "not understood" not in found.report
    assert f"  - {words}\n" in found.text, found.text
    assert f"{parameters:,} parameters" in found.report


def test_learned_numbers_for_each_head_count() -> None:
    build = projected("Attention", "", FOUR, more=lambda model: [model.weight(1, 4, 6, 6)])
    graph, found = sequence(build)
    assert found.plain, found.report
    assert kinds(graph) == ["other-attention"]
    assert f"{1024 + 144:,} parameters" in found.report


@pytest.mark.parametrize("kind", ["Attention", "QAttention"])
@pytest.mark.parametrize("biased", [True, False])
def test_attention_with_its_weights_in_one(kind: str, biased: bool) -> None:
    def build(model: Builder) -> str:
        model.weight(16, 48, kind=INT8 if kind[0] == "Q" else TensorProto.FLOAT)
        inputs = ["x", model.weights[-1].name, model.weight(48) if biased else ""]
        if kind[0] == "Q":
            inputs += [model.constant(0.1), model.weight(48)]
        value = model.op(kind, *inputs, domain=MS, num_heads=4)
        return dense(model, value, 16, 16)

    graph, found = sequence(build)
    assert found.plain, found.report
    assert kinds(graph) == ["attention"]
    assert f"{1024 + 48 * biased:,} parameters" in found.report


def test_attention_to_another_sequence_as_one_operator() -> None:
    model = Builder((1, 6, 16))
    model.inputs.append(helper.make_tensor_value_info("m", TensorProto.FLOAT, [1, 9, 16]))
    parts = [dense(model, value, 16, 16) for value in ("x", "m", "m")]
    value = model.op("MultiHeadAttention", *parts, domain=MS, num_heads=4)
    graph = model.layers(dense(model, value, 16, 16))
    assert kinds(graph) == ["input", "attention"]
    assert len(graph.nodes[-1].inputs) == 2
    assert import_layers(graph, "m", "m.onnx").faithful


@pytest.mark.parametrize("slot", [4, 6])
def test_keys_of_earlier_steps_make_it_a_box(slot: int) -> None:
    model = Builder((1, 6, 16))
    for name in ("pk", "pv"):
        model.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4, 3, 4]))
    kind, domain = ("Attention", "") if slot == 4 else ("MultiHeadAttention", MS)
    heads = {"q_num_heads": 4, "kv_num_heads": 4} if slot == 4 else {"num_heads": 4}
    parts = [dense(model, "x", 16, 16) for _ in range(3)]
    gap = [""] * (slot - 3)
    value = model.op(kind, *parts, *gap, "pk", "pv", domain=domain, **heads)
    found = import_layers(model.layers(dense(model, value, 16, 16)), "m", "m.onnx")
    assert "1,024 parameters" in found.report
    assert "differs" not in found.report


# ---- words, groups ------------------------------------------------------------------------------


@pytest.mark.parametrize("segments", [True, False])
def test_embedded_words(segments: bool) -> None:
    model = Builder((1, 6), "ids")
    model.inputs[0].type.tensor_type.elem_type = TensorProto.INT64
    inputs = ["ids", ""]
    if segments:
        model.inputs.append(helper.make_tensor_value_info("kinds", TensorProto.INT64, [1, 6]))
        inputs[1] = "kinds"
    inputs += [model.weight(100, 16), model.weight(32, 16)]
    inputs += [model.weight(2, 16) if segments else "", model.weight(16), model.weight(16)]
    value = model.op("EmbedLayerNormalization", *inputs, domain=MS, outputs=2)
    found = import_layers(model.layers(dense(model, value, 16, 16)), "m", "m.onnx")
    assert found.faithful, found.report
    assert "not understood" not in found.report
    assert "embedding 16 words=100" in found.text
    size = 1600 + 512 + 32 * segments + 32 + 256
    assert f"{size:,} parameters" in found.report


@pytest.mark.parametrize(
    ("kind", "last"), [("GroupNorm", 1), ("GroupNorm", 0), ("SkipGroupNorm", 1)]
)
def test_a_group_norm_with_its_activation(kind: str, last: int) -> None:
    model = Builder()
    value = model.conv("x", 3, 8)
    before = model.op("Transpose", value, perm=[0, 2, 3, 1]) if last else value
    skip = [before] if kind[0] == "S" else []
    made = model.op(
        kind, before, model.weight(8), model.weight(8), *skip,
        domain=MS, groups=4, activation=1, channels_last=last,
    )  # fmt: skip
    made = model.op("Transpose", made, perm=[0, 3, 1, 2]) if last else made
    graph = model.layers(model.conv(made, 8, 4))
    found = import_layers(graph, "m", "m.onnx")
    assert found.plain, found.report
    assert "group-norm" in found.text
    assert "silu" in found.text
    assert f"{216 + 16 + 288} parameters" in found.report


def test_shapes_of_all_values_are_those_that_are_stated() -> None:
    """A file that states other shapes than fused operators give is told so."""
    model = Builder((1, 6, 16))
    end = skip_norm("SkipLayerNormalization", True, False)(model)
    model.infos.append(helper.make_tensor_value_info(end, TensorProto.FLOAT, [1, 6, 17]))
    found = import_layers(model.layers(end), "m", "m.onnx")
    assert not found.faithful
    shape: Shape = (6, 17)
    assert "×".join(map(str, shape)) in found.report
