"""Operators of ATen, of which exported programs are made, as the calls that a recording has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from archviz.importers.record.recording import Call, Ref, Scope, Value


class Node(NamedTuple):
    """A step of a program, with the names of its arguments in their order."""

    target: str
    """``aten.conv2d.default``, or the name of another operator."""
    args: Mapping[str, Any]
    kwargs: Mapping[str, Any]
    outputs: tuple[str, ...]
    scopes: tuple[Scope, ...]


Values: TypeAlias = Mapping[str, Value]
Called: TypeAlias = tuple[str, tuple[Any, ...], Mapping[str, Any]]
"""A function of torch, and what it is called with."""

_NORM = "batch_norm input running_mean running_var weight bias"
_ATTENTION = "scaled_dot_product_attention query key value"
ROWS: Mapping[str, str] = {
    "batch_norm": _NORM,
    "native_batch_norm": _NORM,
    "cudnn_batch_norm": _NORM,
    "_native_batch_norm_legit": _NORM,
    "_native_batch_norm_legit_no_training": _NORM,
    "_batch_norm_no_update": _NORM,
    "instance_norm": "instance_norm input running_mean running_var weight bias use_input_stats",
    "native_layer_norm": "layer_norm input normalized_shape weight bias",
    "native_group_norm": "group_norm input group weight bias",
    "group_norm": "group_norm input num_groups weight bias",
    "_fused_rms_norm": "rms_norm input normalized_shape weight",
    "embedding": "embedding indices weight",
    "constant_pad_nd": "pad self pad",
    "max_pool2d_with_indices": "max_pool2d self kernel_size stride padding dilation ceil_mode",
    "max_pool3d_with_indices": "max_pool3d self kernel_size stride padding dilation ceil_mode",
    "_adaptive_avg_pool2d": "adaptive_avg_pool2d self",
    "_adaptive_avg_pool3d": "adaptive_avg_pool3d self",
    "_softmax": "softmax self dim",
    "_safe_softmax": "softmax self dim",
    "_log_softmax": "log_softmax self dim",
    "_unsafe_index": "index self indices",
    "_scaled_dot_product_flash_attention": f"{_ATTENTION} - dropout_p is_causal",
    "_scaled_dot_product_flash_attention_for_cpu": f"{_ATTENTION} attn_mask dropout_p is_causal",
    "_scaled_dot_product_efficient_attention": f"{_ATTENTION} attn_bias dropout_p is_causal",
    "_scaled_dot_product_cudnn_attention": f"{_ATTENTION} attn_bias dropout_p is_causal",
    "_scaled_dot_product_attention_math": f"{_ATTENTION} attn_mask dropout_p is_causal",
    "numpy_T": "T self",
    "im2col": "unfold self",
    "col2im": "fold self",
    "grid_sampler": "grid_sample input grid",
    "grid_sampler_2d": "grid_sample input grid",
    "grid_sampler_3d": "grid_sample input grid",
    "bitwise_not": "logical_not self",
    "deform_conv2d": "deform_conv2d input offset weight mask bias",
    "lift_fresh_copy": "clone self",
    "lift_fresh": "clone self",
    "native_dropout": "dropout input",
    "_to_copy": "to self",
    "copy": "clone src",
    "copy_": "clone src",
    "slice_scatter": "setitem self src",
    "select_scatter": "setitem self src",
    "index_put": "setitem self values",
    "index_put_": "setitem self values",
    "max": "max self dim|other keepdim",
    "min": "min self dim|other keepdim",
}
"""How operators are called that have another name or order there: a function, its arguments."""
VIEWS = frozenset(
    {
        *("view", "select", "slice", "transpose", "permute", "unsqueeze", "squeeze", "expand"),
        *("narrow", "t", "numpy_T", "unbind", "split", "split_with_sizes", "chunk", "diagonal"),
        *("alias", "detach", "unflatten", "flatten", "reshape", "view_as", "movedim"),
    }
)
"""Operators that look at a value in another way: who writes to what they give writes to it."""


KNOWN = ("aten.", "torchvision.deform_conv2d")
"""What the targets of operators begin with whose arguments are understood."""


def base_of(target: str) -> str:
    """The name of an operator without its namespace and overload."""
    words = target.split(".")
    return words[1] if len(words) > 1 else words[0]


def call_of(node: Node, values: Values) -> Call:
    """The call of a recording that a step of a program is; of a foreign operator nobody knows."""
    if not node.target.startswith(KNOWN):
        name = base_of(node.target).strip("_") or node.target
        given = (*node.args.values(), *node.kwargs.values())
        return Call(name, given, {}, node.outputs, node.scopes, True)
    return Call(*_called(node, values), node.outputs, node.scopes)


def _called(node: Node, values: Values) -> Called:
    base = base_of(node.target)
    given = {**node.args, **node.kwargs}
    special = SPECIAL.get(base.strip("_"))
    if special is not None:
        return special(base.strip("_"), given, values)
    row = ROWS.get(base) or ROWS.get(base.rstrip("_"))
    if row is None:
        return base.strip("_") or base, tuple(node.args.values()), node.kwargs
    function, *words = row.split()
    found = [next((given[one] for one in word.split("|") if one in given), None) for word in words]
    while found and found[-1] is None:
        found.pop()
    return function, tuple(found), {}


def _convolution(name: str, given: Mapping[str, Any], values: Values) -> Called:
    """The one operator for all convolutions that a decomposed program has."""
    rank = len(values[given["weight"].name].shape) - 2
    first = [given.get(word) for word in ("input", "weight", "bias", "stride", "padding")]
    rest = [given.get(word) for word in ("dilation", "groups")]
    if given.get("transposed"):
        more = [given.get("output_padding", 0), rest[1], rest[0]]
        return f"conv_transpose{rank}d", (*first, *more), {}
    return f"conv{rank}d", (*first, *rest), {}


def _slice(name: str, given: Mapping[str, Any], values: Values) -> Called:
    """A stretch along an axis, as an index."""
    rank = len(values[given["self"].name].shape)
    axis = int(given.get("dim", 0))
    if not -rank <= axis < rank:
        raise ValueError(f"no axis {axis} of {rank}")
    part = slice(given.get("start"), given.get("end"), given.get("step", 1))
    index = (*[slice(None)] * (axis % rank), part)
    return "getitem", (given["self"], index), {}


def _index(name: str, given: Mapping[str, Any], values: Values) -> Called:
    """Places that values name."""
    index = tuple(slice(None) if one is None else one for one in given["indices"])
    return "getitem", (given["self"], index), {}


def _resized(name: str, given: Mapping[str, Any], values: Values) -> Called:
    """Resizing, in the mode that the name says."""
    mode = name.removeprefix("upsample_")[:-2].strip("_").replace("_", "-")
    source = given["self"] if "self" in given else given["input"]
    return "interpolate", (source,), {"mode": mode}


def _padded(name: str, given: Mapping[str, Any], values: Values) -> Called:
    """Padding with numbers of the value itself."""
    mode = "reflect" if name.startswith("reflection") else "replicate"
    return "pad", (given["self"], given["padding"], mode), {}


_MODES = ("nearest1d", "nearest2d", "nearest3d", "linear1d", "bilinear2d", "bicubic2d",
          "trilinear3d", "nearest_exact1d", "nearest_exact2d", "nearest_exact3d")  # fmt: skip
SPECIAL: Mapping[str, Callable[[str, Mapping[str, Any], Values], Called]] = {
    "convolution": _convolution,
    "slice": _slice,
    "index": _index,
    "unsafe_index": _index,
    **{f"upsample_{mode}": _resized for mode in _MODES},
    **{f"upsample_{mode}_aa": _resized for mode in ("bilinear2d", "bicubic2d")},
    **{f"{kind}_pad{n}d": _padded for kind in ("reflection", "replication") for n in (1, 2, 3)},
}
"""Operators whose calls are made of what they are given."""


def is_written(node: Node) -> Ref | None:
    """The value that a step writes to in place; None where it makes a new one."""
    base = base_of(node.target)
    if not base.endswith("_") or base.endswith("__") or not node.target.startswith("aten."):
        return None
    first = next(iter(node.args.values()), None)
    return first if isinstance(first, Ref) else None


def viewed(node: Node) -> Ref | None:
    """The value that what a step gives is a view of; None where it is none."""
    if not node.target.startswith("aten.") or base_of(node.target) not in VIEWS:
        return None
    first: Any = next(iter(node.args.values()), None)
    return first if isinstance(first, Ref) else None


def scopes_of(stack: Sequence[tuple[str, str, str]]) -> tuple[Scope, ...]:
    """The modules that were running, of their keys, paths and classes."""
    return tuple(
        Scope(path, kind.rpartition(".")[2], "@" in key)
        for key, path, kind in stack
        if not path.startswith("_empty_nn_module_stack")
    )
