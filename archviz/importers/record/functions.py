"""The table of what torch's functions are in operators, and the way through a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archviz.importers.graphs import EXPERTS, OpGraph
from archviz.importers.record import arithmetic, layers, signatures, views, windows, written
from archviz.importers.record.arithmetic import Rule, binary, largest, picked, reduction, softmax
from archviz.importers.record.experts import Mixture, by_calls, mixtures
from archviz.importers.record.frozen_norms import frozen_norm
from archviz.importers.record.multiply_adds import LOOP, of_call
from archviz.importers.record.operators import Operators, bound
from archviz.importers.record.recording import SHAPE_ONLY, Call, Recording, Ref, refs_in


class Function(NamedTuple):
    """How a function of torch is called, and what it is in operators."""

    signature: str
    rule: Rule


_MAX_POOL = "input kernel_size stride=None padding=0 dilation=1 ceil_mode=False"
_AVG_POOL = "input kernel_size stride=None padding=0 ceil_mode=False"
_REDUCED = "input dim=None keepdim=False"

FUNCTIONS: Mapping[str, Function] = {
    **{f"conv{n}d": Function(signatures.CONV, windows.conv) for n in (1, 2, 3)},
    **{
        f"conv_transpose{n}d": Function(signatures.TRANSPOSED, windows.conv_transpose)
        for n in (1, 2, 3)
    },
    **{f"max_pool{n}d": Function(_MAX_POOL, windows.max_pool) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": Function(_AVG_POOL, windows.avg_pool) for n in (1, 2, 3)},
    **{
        f"adaptive_{kind}_pool{n}d": Function("input", windows.adaptive)
        for kind in ("avg", "max")
        for n in (1, 2, 3)
    },
    "interpolate": Function(
        "input size=None scale_factor=None mode=None", windows.interpolate
    ),
    "pad": Function("input pad mode=None", windows.pad),
    "pixel_shuffle": Function("input factor|upscale_factor", windows.pixel_shuffle),
    "pixel_unshuffle": Function("input factor|downscale_factor", windows.pixel_unshuffle),
    "channel_shuffle": Function("input groups", windows.channel_shuffle),
    "linear": Function(signatures.LINEAR, layers.linear),
    **dict.fromkeys(("matmul", "bmm", "mm"), Function("input other", layers.matmul)),
    "rmatmul": Function("input other", layers.rmatmul),
    **dict.fromkeys(
        ("addmm", "baddbmm"), Function("input mat1|batch1 mat2|batch2 beta=1 alpha=1", layers.addmm)
    ),
    "einsum": Function(signatures.EINSUM, layers.einsum),
    "embedding": Function("input weight", layers.embedding),
    "batch_norm": Function("input mean var weight=None bias=None", layers.batch_norm),
    "layer_norm": Function("input shape|normalized_shape weight=None bias=None", layers.layer_norm),
    "rms_norm": Function("input shape|normalized_shape weight=None", layers.rms_norm),
    "group_norm": Function("input groups|num_groups weight=None bias=None", layers.group_norm),
    "instance_norm": Function(
        "input mean|running_mean=None var|running_var=None weight=None bias=None "
        "by_input|use_input_stats=True",
        layers.instance_norm,
    ),
    "scaled_dot_product_attention": Function(signatures.ATTENTION, layers.attention),
    "multi_head_attention_forward": Function(signatures.MULTI_HEAD, layers.multi_head),
    **dict.fromkeys(("lstm", "gru"), Function(signatures.RECURRENT, layers.recurrent)),
    **dict.fromkeys(("rnn_tanh", "rnn_relu"), Function(signatures.RECURRENT, layers.recurrent)),
    **dict.fromkeys(
        ("contiguous", "clone", "detach", "to", "float", "half", "double", "bfloat16", "type",
         "type_as", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "data",
         "feature_alpha_dropout", "requires_grad", "cpu", "cuda", "int", "long", "bool",
         "checkpoint", "nan_to_num", "_to_copy", "real", "as_tensor", "alias", "positive"),
        Function("input", views.same),
    ),
    **dict.fromkeys(
        ("view", "reshape", "flatten", "squeeze", "unsqueeze", "unflatten", "view_as",
         "reshape_as", "ravel", "_unsafe_view"),
        Function("input", views.reshape),
    ),
    "permute": Function("input *dims", views.permute),
    **dict.fromkeys(
        ("transpose", "swapaxes", "swapdims"), Function("input dim0 dim1", views.transpose)
    ),
    **dict.fromkeys(("t", "T", "mT", "mH", "H", "adjoint"), Function("input", views.turned)),
    **dict.fromkeys(("movedim", "moveaxis"), Function("input source destination", views.movedim)),
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), Function("input", views.expand)),
    **dict.fromkeys(("repeat", "tile"), Function("input", views.repeat)),
    **dict.fromkeys(
        ("chunk", "tensor_split", "split", "split_with_sizes"),
        Function(
            "input sizes|chunks|split_size|split_size_or_sections|indices_or_sections dim=0",
            views.split,
        ),
    ),
    "unbind": Function("input dim=0", views.unbind),
    "select": Function("input dim index", views.select),
    "narrow": Function("input dim start length", views.narrow),
    **dict.fromkeys(("cat", "concat", "concatenate"), Function("tensors dim=0", views.concat)),
    "stack": Function("tensors dim=0", views.stack),
    "roll": Function("input shifts dims=0", views.roll),
    "getitem": Function("input index", views.getitem),
    "index_select": Function("input dim index", views.index_select),
    **{name: Function("input", arithmetic.unary(kind)) for name, kind in arithmetic.UNARY.items()},
    **{
        name: Function("input other|exponent alpha=1", binary(kind))
        for name, kind in arithmetic.BINARY.items()
    },
    "rsub": Function("input other alpha=1", binary("Sub", turned=True)),
    "rdiv": Function("input other", binary("Div", turned=True)),
    "rpow": Function("input other", binary("Pow", turned=True)),
    "mean": Function(_REDUCED, reduction("ReduceMean")),
    "sum": Function(_REDUCED, reduction("ReduceSum")),
    "amax": Function(_REDUCED, reduction("ReduceMax")),
    "amin": Function(_REDUCED, reduction("ReduceMin")),
    "prod": Function(_REDUCED, reduction("ReduceProd")),
    "logsumexp": Function(_REDUCED, reduction("ReduceLogSumExp")),
    **dict.fromkeys(
        ("norm", "vector_norm", "linalg_vector_norm", "linalg_norm"),
        Function("input p|ord=2 dim=None keepdim=False", reduction("ReduceL2")),
    ),
    "max": Function(_REDUCED, largest("ReduceMax", "Max")),
    "min": Function(_REDUCED, largest("ReduceMin", "Min")),
    "argmax": Function(_REDUCED, picked("ArgMax")),
    "argmin": Function(_REDUCED, picked("ArgMin")),
    "softmax": Function("input dim=-1", softmax("Softmax")),
    "log_softmax": Function("input dim=-1", softmax("LogSoftmax")),
    **dict.fromkeys(("clamp", "clip"), Function("input min=None max=None", arithmetic.clamp)),
    "clamp_min": Function("input min max=None", arithmetic.clamp),
    "hardtanh": Function("input min|min_val=-1.0 max|max_val=1.0", arithmetic.clamp),
    "relu6": Function("input", arithmetic.relu6),
    "prelu": Function("input weight", arithmetic.prelu),
    "glu": Function("input dim=-1", arithmetic.glu),
    "rsqrt": Function("input", arithmetic.rsqrt),
    "square": Function("input", arithmetic.square),
    "where": Function("condition input other", arithmetic.where),
    "masked_fill": Function("input mask value", arithmetic.masked_fill),
    "normalize": Function("input p=2 dim=1", arithmetic.normalize),
    "copy": Function("input source", written.copy),
    "setitem": Function("input index value", written.set_item),
    "write_view": Function("input part", written.write_view),
    "addcmul": Function("input tensor1 tensor2", arithmetic.addcmul),
}  # fmt: skip

LABELS: Mapping[str, str] = {
    "setitem": "write a part",
    "write_view": "write a part",
    "Pick": "pick",
    "unfold": "unfold",
    "fold": "fold",
    "grid_sample": "grid sample",
    "topk": "top k",
    "cumsum": "running sum",
    "deform_conv2d": "deformable conv",
    "lstm_cell": "LSTM cell",
    "gru_cell": "GRU cell",
    "rnn_tanh_cell": "RNN cell",
    "rnn_relu_cell": "RNN cell",
}
"""What boxes of functions without a rule say; others say their name."""


def lowered(recording: Recording, name: str, learned: frozenset[str]) -> OpGraph:
    """The operators of a recording; ``learned`` names the values that count as weights."""
    low = Operators(recording, learned)
    mixed = by_calls(mixtures(recording))
    for number, call in enumerate(recording.calls):
        if number not in mixed:
            _lower(low, call)
        elif number == mixed[number].last:
            _mix(low, call, mixed[number])
    return low.graph(name)


def _mix(low: Operators, call: Call, mixture: Mixture) -> None:
    """A mixture of experts: what goes in, then all weights."""
    _stand(low, call)
    names = [mixture.source, *[name for name in mixture.weights if low.constants[name].weight]]
    facts = mixture._asdict()
    wanted = {key: facts[key] for key in ("macs", "experts", "active", "inner", "activation")}
    result = low.step(EXPERTS, names, low.shape(mixture.source), **wanted)
    low.reshape(result, mixture.result)


def _stand(low: Operators, call: Call) -> None:
    """Let operators be in the module that a call was in."""
    path = call.scopes[-1].path if call.scopes else ""
    low.path = tuple(path.split(".")) if path else ()


_ONCE = ("sub", "mean")
"""Functions that models call twice for the same value, in norms that are written out."""


def _plain(value: object) -> bool:
    return isinstance(value, Ref | int | float)


def _lower(low: Operators, call: Call) -> None:
    _stand(low, call)
    names = list(dict.fromkeys(refs_in((call.args, call.kwargs))))
    if call.function in SHAPE_ONLY and len(names) == 1:
        low.constant(call.outputs[0], floating=low.recording.values[call.outputs[0]].floating)
        return
    if all(low.is_constant(name) for name in names):
        if not any(name in low.derived or low.constants[name].weight for name in names):
            for output in call.outputs:
                low.constant(output, floating=low.recording.values[output].floating)
            return
        low.derived.update(call.outputs)
    norm = frozen_norm(low, call) if call.function == "add" else None
    if norm is not None:
        low.put("BatchNormalization", list(norm), call.outputs[0])
        return
    if call.function in _ONCE and not call.kwargs and all(map(_plain, call.args)):
        first = low.once.setdefault((call.function, *call.args), call.outputs[0])
        if first != call.outputs[0]:
            low.put("Identity", [first], call.outputs[0])
            return
    function = None if call.hidden else FUNCTIONS.get(call.function)
    written = len(low.ops)
    if function is not None:
        try:
            function.rule(low, bound(function.signature, call))
            return
        except (LookupError, TypeError, ValueError, AttributeError):
            del low.ops[written:]
    label = call.kwargs["label"] if call.function == LOOP else LABELS.get(call.function, "")
    label = label or call.function.replace("_", " ")
    products = of_call(low.recording, call)
    more = {"macs": products} if products else {}
    if call.function == LOOP and call.kwargs["first"]:
        more["along"] = 0
    low.put(label, names, *call.outputs, **more)
