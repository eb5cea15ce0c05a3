"""Sound models of many kinds, small ones: what ``fuzz_models.py`` damages."""

from __future__ import annotations

import json
from typing import Any

from models import (
    Builder,
    TensorProto,
    helper,
    keras2_layer,
    keras_input,
    keras_layer,
    keras_model,
    onnx,
    resnet,
)  # fmt: skip

FLOAT = TensorProto.FLOAT


def conv_norm_relu(model: Builder, value: str, depth: int, filters: int, **options: Any) -> str:
    value = model.norm(model.conv(value, depth, filters, **options), filters)
    return model.op("Relu", value)


def residual() -> bytes:
    model = resnet(3)
    return model.bytes(model.nodes[-1].output[0])


def projected(model: Builder, value: str, width: int, heads: int, length: int) -> str:
    """A value on its way into the heads of an attention."""
    value = model.op("MatMul", value, model.weight(width, width))
    value = model.op("Add", value, model.weight(width))
    value = model.op("Reshape", value, model.ints(1, length, heads, width // heads))
    return model.op("Transpose", value, perm=[0, 2, 1, 3])


def attention(model: Builder, value: str, width: int, heads: int, length: int) -> str:
    queries, keys, values = (projected(model, value, width, heads, length) for _ in range(3))
    scores = model.op("MatMul", queries, model.op("Transpose", keys, perm=[0, 1, 3, 2]))
    scores = model.op("Softmax", model.op("Div", scores, model.constant(2.0)), axis=-1)
    mixed = model.op("Transpose", model.op("MatMul", scores, values), perm=[0, 2, 1, 3])
    mixed = model.op("Reshape", mixed, model.ints(1, length, width))
    mixed = model.op("MatMul", mixed, model.weight(width, width))
    return model.op("Add", mixed, model.weight(width))


def transformer() -> bytes:
    """Patches, a token, positions, two blocks, a head."""
    model = Builder()
    value = model.op(
        "Conv",
        "x",
        model.weight(16, 3, 8, 8),
        model.weight(16),
        kernel_shape=[8, 8],
        strides=[8, 8],
    )
    value = model.op("Reshape", value, model.ints(1, 16, 16))
    value = model.op("Transpose", value, perm=[0, 2, 1])
    value = model.op("Concat", model.weight(1, 1, 16), value, axis=1)
    value = model.op("Add", value, model.weight(1, 17, 16))
    for _ in range(2):
        inner = model.op("LayerNormalization", value, model.weight(16), model.weight(16), axis=-1)
        value = model.op("Add", attention(model, inner, 16, 4, 17), value)
        inner = model.op("LayerNormalization", value, model.weight(16), model.weight(16), axis=-1)
        inner = model.op("Add", model.op("MatMul", inner, model.weight(16, 64)), model.weight(64))
        erf = model.op("Erf", model.op("Div", inner, model.constant(2**0.5)))
        gelu = model.op("Mul", inner, model.op("Add", erf, model.constant(1.0)))
        inner = model.op("Mul", gelu, model.constant(0.5))
        inner = model.op("Add", model.op("MatMul", inner, model.weight(64, 16)), model.weight(16))
        value = model.op("Add", inner, value)
    value = model.op("Gather", value, model.constant(0, (), TensorProto.INT64), axis=1)
    return model.bytes(model.op("Gemm", value, model.weight(10, 16), model.weight(10), transB=1))


def cells() -> bytes:
    """Cells with two inputs each, as a search for architectures finds them."""
    model = Builder((1, 8, 32, 32))
    before = now = conv_norm_relu(model, "x", 8, 8)
    for _ in range(3):
        one = model.conv(model.conv(now, 8, 8, group=8), 8, 8, 1)
        two = model.op("AveragePool", before, kernel_shape=[3, 3], pads=[1] * 4)
        first = model.op("Add", one, two)
        three = model.op("MaxPool", before, kernel_shape=[3, 3], pads=[1] * 4)
        second = model.op("Add", three, now)
        both = model.op("Concat", first, second, axis=1)
        before, now = now, conv_norm_relu(model, both, 16, 8, kernel=1)
    return model.bytes(now)


def towers() -> bytes:
    """Two modules of towers, an LRN, a resize, and a clip."""
    model = Builder((1, 3, 32, 32))
    value, depth = conv_norm_relu(model, "x", 3, 8, strides=[2, 2]), 8
    for _ in range(2):
        one = conv_norm_relu(model, value, depth, 4, kernel=1)
        two = conv_norm_relu(model, conv_norm_relu(model, value, depth, 4, kernel=1), 4, 8)
        three = model.op("MaxPool", value, kernel_shape=[3, 3], pads=[1] * 4)
        three = conv_norm_relu(model, three, depth, 4, kernel=1)
        value, depth = model.op("Concat", one, two, three, axis=1), 16
    value = model.op("LRN", value, size=5)
    value = model.op("Resize", value, "", model.constant([1.0, 1.0, 2.0, 2.0], [4]))
    value = model.op("Clip", value, model.constant(0.0), model.constant(6.0))
    return model.bytes(model.op("ReduceMean", value, axes=[2, 3], keepdims=0))


def two_inputs() -> bytes:
    """An image and a vector, which meet."""
    model = Builder()
    model.inputs.append(helper.make_tensor_value_info("y", FLOAT, [1, 12]))
    value = model.op("Flatten", model.op("GlobalAveragePool", model.conv("x", 3, 8)))
    other = model.op("Gemm", "y", model.weight(8, 12), model.weight(8), transB=1)
    both = model.op("Concat", value, model.op("Tanh", other), axis=1)
    return model.bytes(model.op("Gemm", both, model.weight(4, 16), model.weight(4), transB=1))


def several_outputs() -> bytes:
    """A pyramid: three maps of other sizes are what the model gives."""
    model = Builder()
    one = conv_norm_relu(model, "x", 3, 8, strides=[2, 2])
    two = conv_norm_relu(model, one, 8, 16, strides=[2, 2])
    three = conv_norm_relu(model, two, 16, 16, strides=[2, 2])
    wide = model.op("Resize", three, "", model.constant([1.0, 1.0, 2.0, 2.0], [4]))
    two = model.op("Add", wide, two)
    return model.bytes(model.conv(one, 8, 4), model.conv(two, 16, 4), three)


def control_flow() -> bytes:
    """An If, a Loop and a Scan between convolutions."""
    model = Builder()
    value = model.conv("x", 3, 8)
    info = helper.make_tensor_value_info("inside", FLOAT, None)
    branch = helper.make_graph([helper.make_node("Relu", [value], ["inside"])], "b", [], [info])
    flag = model.constant(True, (), TensorProto.BOOL)
    given = model.op("If", flag, then_branch=branch, else_branch=branch)
    state = [
        helper.make_tensor_value_info(name, kind, dims)
        for name, kind, dims in (
            ("i", TensorProto.INT64, []),
            ("go", TensorProto.BOOL, []),
            ("in", FLOAT, [1, 8, 32, 32]),
        )
    ]
    inner = [
        helper.make_node("Identity", ["go"], ["on"]),
        helper.make_node("Add", ["in", value], ["next"]),
    ]
    ends = [
        helper.make_tensor_value_info("on", TensorProto.BOOL, []),
        helper.make_tensor_value_info("next", FLOAT, [1, 8, 32, 32]),
    ]
    body = helper.make_graph(inner, "body", state, ends)
    times = model.constant(3, (), TensorProto.INT64)
    given = model.op("Loop", times, flag, given, body=body)
    given = model.op("Scan", given, body=body, num_scan_inputs=1)
    return model.bytes(model.conv(given, 8, 4))


def recurrent() -> bytes:
    """Two recurrent layers in both directions, the last step."""
    model = Builder((12, 1, 6))
    value = "x"
    for kind, gates, depth in (("LSTM", 4, 6), ("GRU", 3, 16)):
        weights = (
            model.weight(2, gates * 8, depth),
            model.weight(2, gates * 8, 8),
            model.weight(2, 2 * gates * 8),
        )
        value = model.op(
            kind,
            value,
            *weights,
            outputs=3 if kind == "LSTM" else 2,
            hidden_size=8,
            direction="bidirectional",
        )
        value = model.op("Transpose", value, perm=[0, 2, 1, 3])
        value = model.op("Reshape", value, model.ints(12, 1, 16))
    value = model.op("Gather", value, model.constant(-1, (), TensorProto.INT64), axis=0)
    return model.bytes(model.op("Gemm", value, model.weight(4, 16), transB=1))


def quantised() -> bytes:
    """Convolutions in eight bits, with their scales."""
    model = Builder()
    scale, zero = model.constant(0.1), model.constant(0, (), TensorProto.UINT8)
    value, depth = model.op("QuantizeLinear", "x", scale, zero), 3
    for _ in range(2):
        weight = model.weight(8, depth, 3, 3, kind=TensorProto.INT8)
        value = model.op(
            "QLinearConv",
            value,
            scale,
            zero,
            weight,
            scale,
            zero,
            scale,
            zero,
            kernel_shape=[3, 3],
            pads=[1] * 4,
        )
        depth = 8
    value = model.op("DequantizeLinear", value, scale, zero)
    weight = model.op("DequantizeLinear", model.weight(8, 8, 1, 1, kind=TensorProto.INT8), scale)
    return model.bytes(model.op("Conv", value, weight, kernel_shape=[1, 1]))


def functions() -> bytes:
    """Blocks that are functions of the model's own, with modules noted, and two outputs."""
    model = Builder()
    value = model.conv("x", 3, 8)
    for _ in range(2):
        value = model.op("Unit", value, model.weight(8, 8, 3, 3), domain="own", pads=[1] * 4)
    for number, node in enumerate(model.nodes):
        for key, word in (("name_scopes", f"block.{number}"), ("class_hierarchy", "my.Block")):
            note = str(["", word, "op"])
            node.metadata_props.add(key=f"pkg.torch.onnx.{key}", value=note)
    conv = helper.make_node("Conv", ["a", "w"], ["b"], kernel_shape=[3, 3])
    conv.attribute.add(name="pads", ref_attr_name="pads", type=7)
    nodes = [
        conv,
        helper.make_node("Inner", ["b"], ["c"], domain="own"),
        helper.make_node("Add", ["a", "c"], ["d"]),
    ]
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    whole = onnx.load_from_string(model.bytes(model.conv(value, 8, 4), value))
    whole.functions.extend(
        [
            helper.make_function("own", "Unit", ["a", "w"], ["d"], nodes, opsets, ["pads"]),
            helper.make_function(
                "own", "Inner", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], opsets
            ),
        ]
    )
    data: bytes = whole.SerializeToString()
    return data


def fused() -> bytes:
    """Operators of ONNX Runtime that stand for several."""
    model = Builder((1, 6, 16))
    parts = [model.op("MatMul", "x", model.weight(16, 16)) for _ in range(3)]
    value = model.op(
        "MultiHeadAttention", *parts, model.weight(48), domain="com.microsoft", num_heads=4
    )
    value = model.op("MatMul", value, model.weight(16, 16))
    norm = [model.weight(16), model.weight(16), model.weight(16)]
    value = model.op("SkipLayerNormalization", value, "x", *norm, domain="com.microsoft")
    model.weight(32, 1, 8, kind=TensorProto.UINT8)
    packed = model.weights[-1].name
    value = model.op(
        "MatMulNBits", value, packed, model.weight(32), domain="com.microsoft", K=16, N=32, bits=4
    )
    value = model.op("BiasGelu", value, model.weight(32), domain="com.microsoft")
    model.weights.append(helper.make_tensor("gain", FLOAT, [1], [1.3]))
    return model.bytes(model.op("Mul", value, "gain"))


def mobile() -> bytes:
    """Inverted residuals with gates, and the shape arithmetic before the last layer."""
    model = Builder(("batch", 3, 32, 32))
    value = conv_norm_relu(model, "x", 3, 8, strides=[2, 2])
    for _ in range(2):
        inner = conv_norm_relu(model, value, 8, 24, kernel=1)
        inner = conv_norm_relu(model, inner, 24, 24, group=24)
        gate = model.conv(model.op("GlobalAveragePool", inner), 24, 6, 1, True)
        gate = model.conv(model.op("Relu", gate), 6, 24, 1, True)
        inner = model.op("Mul", inner, model.op("HardSigmoid", gate, alpha=1 / 6))
        value = model.op("Add", model.norm(model.conv(inner, 24, 8, 1), 8), value)
    value = model.op("GlobalAveragePool", value)
    batch = model.op("Gather", model.op("Shape", value), model.ints(0), axis=0)
    sides = model.op("Concat", batch, model.ints(-1), axis=0)
    value = model.op("Reshape", value, sides)
    return model.bytes(model.op("Gemm", value, model.weight(10, 8), model.weight(10), transB=1))


def regrouped() -> bytes:
    """Shuffles, splits, slices, paddings, volumes of a sort: what is more rare."""
    model = Builder((1, 8, 16, 16))
    value = model.op("Reshape", "x", model.ints(1, 2, 4, 16, 16))
    value = model.op("Transpose", value, perm=[0, 2, 1, 3, 4])
    value = model.op("Reshape", value, model.ints(1, 8, 16, 16))
    one = model.op("Split", value, model.ints(4, 4), outputs=2, axis=1)
    both = model.op("Concat", model.conv(one, 4, 4, group=4), f"{one}.1", axis=1)
    both = model.op("Pad", both, model.ints(0, 0, 1, 1, 0, 0, 1, 1))
    cut = model.op("Slice", both, model.ints(1, 1), model.ints(17, 17), model.ints(2, 3))
    value = model.op("DepthToSpace", cut, blocksize=2)
    value = model.op("PRelu", value, model.weight(2, 1, 1))
    value = model.op("ConvTranspose", value, model.weight(2, 4, 2, 2), strides=[2, 2])
    value = model.op("InstanceNormalization", value, model.weight(4), model.weight(4))
    value = model.op("Fancy", value, model.weight(8, 9), domain="my.domain")
    return model.bytes(model.op("TopK", value, model.ints(2), outputs=2))


def volumes() -> bytes:
    model = Builder((1, 1, 8, 16, 16))
    value = model.op("Conv", "x", model.weight(4, 1, 3, 3, 3), kernel_shape=[3] * 3, pads=[1] * 6)
    value = model.op("MaxPool", value, kernel_shape=[2] * 3, strides=[2] * 3)
    value = model.op("Conv", value, model.weight(8, 4, 3, 3, 3), kernel_shape=[3] * 3)
    value = model.op("Flatten", model.op("GlobalAveragePool", value))
    return model.bytes(model.op("Gemm", value, model.weight(4, 8), transB=1))


def open_map() -> bytes:
    """Maps of any size, which are made smaller and larger."""
    model = Builder(("batch", 3, "height", "width"))
    inner = conv_norm_relu(model, "x", 3, 8, strides=[2, 2])
    scales = model.constant([1.0, 1.0, 2.0, 2.0], [4])
    inner = model.op("Resize", model.conv(inner, 8, 8), "", scales)
    value = model.op("Concat", "x", inner, axis=1)
    return model.bytes(model.conv(value, 11, 2))


def open_rows() -> bytes:
    """Rows of any number, and a product that fits one number of them."""
    model = Builder(("batch", "n", 8))
    value = model.op("Add", model.op("MatMul", "x", model.weight(8, 8)), "x")
    value = model.op("Flatten", value)
    return model.bytes(model.op("MatMul", value, model.weight(240, 4)))


ONNX = (
    open_map,
    open_rows,
    residual,
    transformer,
    cells,
    towers,
    two_inputs,
    several_outputs,
    control_flow,
    recurrent,
    quantised,
    mobile,
    regrouped,
    volumes,
    functions,
    fused,
)


# ---- Keras --------------------------------------------------------------------------------------

CONV: dict[str, Any] = {"filters": 8, "kernel_size": [3, 3], "padding": "same"}


def functional() -> str:
    layers = [
        keras_input(32, 32, 3),
        keras_layer("Conv2D", "conv", "in", use_bias=False, **CONV),
        keras_layer("BatchNormalization", "bn", "conv", axis=3, scale=False),
        keras_layer("Activation", "act", "bn", activation="relu"),
        keras_layer("SeparableConv2D", "sep", "act", use_bias=False, **CONV),
        keras_layer("Add", "sum", "sep", "act"),
        keras_layer("MaxPooling2D", "pool", "sum", pool_size=[3, 3], strides=[2, 2]),
        keras_layer("Conv2D", "left", "pool", dilation_rate=[2, 2], **CONV),
        keras_layer("DepthwiseConv2D", "right", "pool", kernel_size=[3, 3], padding="same"),
        keras_layer("Concatenate", "both", "left", "right", axis=-1),
        keras_layer("UpSampling2D", "up", "both", size=[2, 2]),
        keras_layer("ZeroPadding2D", "zeros", "up", padding=[[1, 1], [0, 2]]),
        keras_layer("Conv2DTranspose", "back", "zeros", strides=[2, 2], **CONV),
        keras_layer("GlobalAveragePooling2D", "mean", "back"),
        keras_layer("Dropout", "drop", "mean", rate=0.5),
        keras_layer("Dense", "top", "drop", units=10, activation="softmax"),
    ]
    return keras_model(layers, "top")


def of_keras_2() -> str:
    layers = [
        {"class_name": "InputLayer", "name": "in", "inbound_nodes": [],
         "config": {"name": "in", "batch_input_shape": [None, 32, 32, 3]}},
        keras2_layer("Conv2D", "conv", ["in"], **CONV, activation="relu"),
        keras2_layer("MaxPooling2D", "pool", ["conv"], pool_size=[2, 2], strides=[2, 2],
                     padding="valid"),
        keras2_layer("Conv2D", "other", ["conv"], filters=8, kernel_size=[1, 1], strides=[2, 2],
                     padding="same"),
        keras2_layer("Concatenate", "both", ["pool", "other"], axis=-1),
        keras2_layer("Flatten", "flat", ["both"]),
    ]  # fmt: skip
    config = {"layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [["flat", 0, 0]]}
    return json.dumps({"class_name": "Functional", "config": config})


def sequential() -> str:
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 16, 16, 3]}},
        {"class_name": "Conv2D", "config": {"name": "a", **CONV, "activation": "relu"}},
        {"class_name": "Reshape", "config": {"name": "r", "target_shape": [16, 128]}},
        {"class_name": "Bidirectional", "config": {"name": "b", "layer": {
            "class_name": "LSTM", "config": {"name": "l", "units": 8, "return_sequences": True}}}},
        {"class_name": "Conv1D", "config": {"name": "one", "filters": 4, "kernel_size": [3]}},
        {"class_name": "Flatten", "config": {"name": "f"}},
        {"class_name": "Dense", "config": {"name": "c", "units": 4, "activation": "linear"}},
    ]  # fmt: skip
    return json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers}})


def nested() -> str:
    inner = [
        keras_input(8, 8, 3, name="start"),
        keras_layer("Conv2D", "conv", "start", filters=3, kernel_size=[3, 3], padding="same"),
        keras_layer("ReLU", "relu", "conv", max_value=6.0),
    ]
    body = keras_layer("Functional", "body", "in")
    body["inbound_nodes"] += keras_layer("X", "x", "body")["inbound_nodes"]
    body["config"] = {
        "name": "body",
        "layers": inner,
        "input_layers": [["start", 0, 0]],
        "output_layers": [["relu", 0, 0]],
    }
    layers = [
        keras_input(8, 8, 3),
        body,
        keras_layer("GlobalMaxPooling2D", "pool", call=[("body", 1)]),
    ]
    return keras_model(layers, "pool")


def words() -> str:
    layers = [
        keras_input(12),
        keras_layer("Embedding", "words", "in", input_dim=100, output_dim=16),
        keras_layer("LayerNormalization", "ln", "words", axis=[-1]),
        keras_layer("MultiHeadAttention", "mha", "ln", "ln", num_heads=4, key_dim=8),
        keras_layer("Add", "sum", "mha", "words"),
        keras_layer("Dense", "mlp", "sum", units=32, activation="gelu"),
        keras_layer("Lambda", "fun", "mlp"),
        keras_layer("GlobalAveragePooling1D", "pool", "mlp"),
    ]
    return keras_model(layers, "pool")


KERAS = (functional, of_keras_2, sequential, nested, words)
