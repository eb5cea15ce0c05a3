"""The layers of a live PyTorch module, as PyTorch runs them, and those of a spec in the same words.

Two networks have the same layers where both multisets are equal. Nothing here knows of imports:
one side is what PyTorch is asked to compute, the other what the rows of an analysis state.

conv     kernel, channels that come in and go out, groups, stride, sides of what comes out
dense    features that come in and go out, and rows: of projections and 1×1 convolutions, too
norm     channels of a normalisation that PyTorch has
pool     kernel, stride, sides of what comes out; global ones are left out
act      which activation, and how many numbers; softmaxes are left out
weights  how many numbers an embedding, a table of positions, a token, a factor has, once each
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from archviz.network.analysis import Analysis, Row
from archviz.network.kinds import ACTIVATIONS, NORMS, STATED
from archviz.network.model import Layer
from archviz.network.sequences import widths

aten = torch.ops.aten
Key = tuple[Any, ...]
PACKED = ("in_proj_weight", "c_attn.weight", "qkv.weight")
"""How parameters end whose name is that of queries, keys and values in one."""
ACTS: Mapping[Any, str] = {
    aten.relu: "relu",
    aten.gelu: "gelu",
    aten.silu: "silu",
    aten.tanh: "tanh",
    aten.sigmoid: "sigmoid",
    aten.hardswish: "hard-swish",
    aten.hardsigmoid: "hard-sigmoid",
    aten.hardtanh: "relu6",
    aten.leaky_relu: "leaky-relu",
}
WRITTEN = {"quick-gelu": "sigmoid"}
"""Activations that PyTorch has no operator for, by the one that they are written with."""
ACTS = {**ACTS, **{getattr(aten, f"{op.__name__}_"): word for op, word in ACTS.items()}}
POOLS = {aten.max_pool2d_with_indices: "max-pool", aten.avg_pool2d: "avg-pool"}
NORMED = (
    *(aten.native_batch_norm, aten._native_batch_norm_legit_no_training, aten.cudnn_batch_norm),
    *(aten.native_layer_norm, aten.native_group_norm),
)
MEAN, REST = "/moving_mean", ("/moving_variance", "/gamma", "/beta")
"""What the weights of Keras's norms are called: on PyTorch it writes a norm out, mean first."""
COPIES = (aten.clone, aten._to_copy, aten.copy)
SUMS = (aten.add, aten.add_)
HELD = frozenset({"embedding", "position", "class-token", "learned", "scale", *STATED})
"""Kinds whose weights are numbers by themselves."""
PRODUCTS = (aten.mm, aten.addmm, aten.bmm, aten.baddbmm)


class Watch(TorchDispatchMode):
    """Gathers the layers of a module while it runs, with a batch of 1 and in evaluation mode."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.found: Counter[Key] = Counter()
        self.names = {_storage(one): name for name, one in module.named_parameters()}
        self.sizes = {_storage(one): one.shape for one in module.parameters()}
        self.told: set[int] = set()
        self.kept: list[Tensor] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = func(*args, **(kwargs or {}))
        first = given[0] if isinstance(given, (tuple, list)) else given
        if isinstance(first, Tensor):
            self.found.update(self._keys(func.overloadpacket, args, first))
        return given

    def _keys(self, op: Any, args: Any, given: Tensor) -> Iterator[Key]:
        if op is aten.convolution:
            yield _convolution(args, given)
        elif op is aten._adaptive_avg_pool2d:
            into, sides = args[0].shape[2:], tuple(given.shape[2:])
            step = tuple([size // side for size, side in zip(into, sides, strict=True)])
            if {1} not in (set(sides), set(step)):
                yield "pool", "avg-pool", step, step, sides
        elif op in NORMED:
            if any(one in self.names for one in map(_storage, _tensors(args[1:]))):
                yield "norm", _channels(op, args)
        elif op in POOLS:
            kernel, stride = args[1], args[2] if len(args) > 2 and args[2] else args[1]
            sides = tuple(given.shape[2:])
            if set(sides) != {1}:
                yield "pool", POOLS[op], tuple(kernel), tuple(stride), sides
        elif op in ACTS:
            yield "act", ACTS[op], given.numel()
        else:
            yield from self._weighted(op, args, given)

    def _weighted(self, op: Any, args: Any, given: Tensor) -> Iterator[Key]:
        """What an operator does with parameters, if it has any and gives more than a view."""
        held = [one for one in _tensors(args) if _storage(one) in self.names]
        if not held or _storage(given) in self.names:
            return
        if op in COPIES:
            self.kept.append(given)
            source = _storage(held[0])
            self.names[_storage(given)] = self.names[source]
            self.sizes[_storage(given)] = self.sizes[source]
        elif op in PRODUCTS and held[-1].ndim > 1:
            yield from self._dense(held[-1], given)
        elif self.names[_storage(held[-1])].endswith(MEAN):
            yield "norm", held[-1].numel()
        elif not (op in SUMS and max(held[-1].shape) == held[-1].numel()):  # a bias
            for one in held:
                if self.names[_storage(one)].endswith(REST):
                    continue
                if self.names[_storage(one)] not in self.told:
                    self.told.add(self.names[_storage(one)])
                    yield "weights", prod(self.sizes[_storage(one)])

    def _dense(self, weight: Tensor, given: Tensor) -> Iterator[Key]:
        into, out = weight.shape[-2:]
        rows = given.numel() // out
        name, sides = self.names[_storage(weight)], self.sizes[_storage(weight)]
        unit = max(sides) // 3 if name.endswith(PACKED) else out
        for _ in range(out // unit):
            yield "dense", into, unit, rows


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _tensors(args: Any) -> list[Tensor]:
    flat: list[Tensor] = []
    for one in args:
        if isinstance(one, Tensor):
            flat.append(one)
        elif isinstance(one, (tuple, list)):
            flat += [inner for inner in one if isinstance(inner, Tensor)]
    return flat


def _channels(op: Any, args: Any) -> int:
    if op is aten.native_layer_norm:
        return prod(args[1])
    return int(args[0].shape[1])


def _convolution(args: Any, given: Tensor) -> Key:
    weight, stride, transposed, groups = args[1], args[3], args[6], args[8]
    into = weight.shape[0] if transposed else weight.shape[1] * groups
    kernel, sides = tuple(weight.shape[2:]), tuple(given.shape[2:])
    return _conv(kernel, (into, given.shape[1]), groups, tuple(stride), sides, transposed)


def _conv(
    kernel: tuple[int, ...], widths: tuple[int, int], groups: int, stride: tuple[int, ...],
    sides: tuple[int, ...], transposed: bool,
) -> Key:  # fmt: skip
    if set(kernel) == {1} == {groups, *stride}:
        return "dense", *widths, prod(sides)
    if transposed and set(sides) == set(kernel):  # of one place: the stride says nothing
        stride = (1,) * len(kernel)
    return ("conv T" if transposed else "conv"), kernel, *widths, groups, stride, sides


# ---- of a spec --------------------------------------------------------------------------------


def stated(analysis: Analysis) -> Counter[Key]:
    """The layers of a spec; those of auxiliary classifiers do not run.

    Equal towers are told as the grouped convolutions that code has in place of them: those of one
    place first and last, those of a group each between.
    """
    found: Counter[Key] = Counter()
    rows = analysis.rows
    for place, row in enumerate(rows):
        copies = prod(int(times) for times in re.findall(r"×(\d+)", row.path))
        keys = _of_row(row, copies)
        if copies > 1:
            towers = row.path.rpartition("/")[0]
            ends = [
                not 0 <= next_to < len(rows) or rows[next_to].path.rpartition("/")[0] != towers
                for next_to in (place - 1, place + 1)
            ]
            keys = (_together(key, copies, *ends) for key in keys)
        found.update(keys)
    return found


def _together(key: Key, copies: int, first: bool, last: bool) -> Key:
    """A layer of equal towers for all of them; the last ones are summed, so they are one layer."""
    if key[0] == "dense":
        into, out, rows = key[1:]
        return "dense", into * (1 if first else copies), out * (1 if last else copies), rows
    if key[0] == "conv":
        kernel, into, out, groups, *rest = key[1:]
        return "conv", kernel, into * copies, out * copies, groups * copies, *rest
    return (*key[:-1], key[-1] * copies)


def _of_row(row: Row, copies: int) -> Iterator[Key]:
    layer, shape, out = row.layer, row.input_shape, row.output_shape
    yield from _of_kind(layer, shape, out, row.parameters // copies, row.macs or 0)
    norms = [layer.kind, layer.norm]
    for norm in norms:
        if norm == "rms-norm":
            yield "weights", out[-1]
        elif norm in NORMS and norm not in ("batch-norm-frozen",):
            yield "norm", out[-1]
    act = layer.kind if layer.kind in ACTIVATIONS else layer.activation
    if act not in ("none", "softmax") and layer.kind not in ("feed-forward", "mixture-of-experts"):
        yield "act", WRITTEN.get(act, act), prod(out)


def _of_kind(layer: Layer, shape: Any, out: Any, parameters: int, macs: int) -> Iterator[Key]:
    kind = re.sub("-[13]d$", "", layer.kind)
    rows = prod(shape[:-1])
    if kind in ("conv", "conv-transpose", "depthwise-conv", "sep-conv"):
        yield from _of_windows(kind, layer, shape, out)
    elif kind == "dense":
        yield "dense", shape[-1], layer.filters, rows
    elif kind in ("max-pool", "avg-pool") and set(out[:-1]) != {1}:
        yield "pool", kind, layer.kernel, layer.stride, out[:-1]
    elif kind == "feed-forward":
        for _ in range(1 + layer.gated):
            yield "dense", shape[-1], layer.filters, rows
        yield "dense", layer.filters, shape[-1], rows
        yield "act", WRITTEN.get(layer.activation, layer.activation), rows * layer.filters
    elif kind == "mixture-of-experts":
        yield "dense", shape[-1], layer.count, rows
        yield "weights", layer.count * (1 + layer.gated) * layer.filters * shape[-1]
        yield "weights", layer.count * layer.filters * shape[-1]
        yield (
            "act",
            WRITTEN.get(layer.activation, layer.activation),
            rows * layer.active * layer.filters,
        )
    elif kind == "attention":
        yield from _of_attention(layer, shape, macs)
    elif kind in HELD and parameters and not layer.shared:
        yield "weights", parameters


def _of_windows(kind: str, layer: Layer, shape: Any, out: Any) -> Iterator[Key]:
    into, sides = shape[-1], tuple(out[:-1])
    kernel, stride = layer.kernel, layer.stride[: len(layer.kernel)]
    turned = kind == "conv-transpose"
    if kind in ("conv", "conv-transpose"):
        yield _conv(kernel, (into, layer.filters), layer.groups, stride, sides, turned)
        return
    inner = into * layer.multiplier
    yield _conv(kernel, (into, inner), into, stride, sides, False)
    if kind == "sep-conv":
        yield "dense", inner, layer.filters, prod(sides)


def _of_attention(layer: Layer, shape: Any, macs: int) -> Iterator[Key]:
    """Its four projections; how long another sequence is, which it sees, its products tell."""
    features, rows = shape[-1], prod(shape[:-1])
    queries, keys = widths(layer, features)
    own = 2 * rows * features * queries
    seen = (macs - own) // (2 * features * keys + 2 * rows * queries) if layer.takes else rows
    yield "dense", features, queries, rows
    for _ in range(2):
        yield "dense", features, keys, seen
    yield "dense", queries, features, rows
    if layer.relative:
        yield "weights", layer.relative * layer.count
