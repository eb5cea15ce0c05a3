"""Functions with weights, and attention, as operators."""

from __future__ import annotations

from math import prod
from string import ascii_letters
from types import SimpleNamespace
from typing import Any

from archviz.importers.record.multiply_adds import of_call
from archviz.importers.record.operators import Operators
from archviz.importers.record.recording import Ref, refs_in


def linear(low: Operators, given: SimpleNamespace) -> None:
    """A dense layer on the last axis; the weight is (units, features)."""
    weight = low.operand(given.weight)
    names = [low.operand(given.input), weight]
    if given.bias is not None:
        names.append(low.operand(given.bias))
    if low.is_constant(weight):
        low.put("Gemm", names, given.out, transB=1)
        return
    turned = low.transposed(weight, (1, 0))
    if len(names) == 2:
        low.put("MatMul", [names[0], turned], given.out)
    else:
        product = low.step("MatMul", [names[0], turned], low.shape(given.out))
        low.put("Add", [product, names[2]], given.out)


def matmul(low: Operators, given: SimpleNamespace) -> None:
    """A product of two values, or of a value and a weight."""
    names = [low.operand(given.input), low.operand(given.other)]
    low.put("MatMul", names, given.out)


def rmatmul(low: Operators, given: SimpleNamespace) -> None:
    """The same with its sides exchanged."""
    low.put("MatMul", [low.operand(given.other), low.operand(given.input)], given.out)


def addmm(low: Operators, given: SimpleNamespace) -> None:
    """A product and a sum."""
    names = [low.operand(one) for one in (given.mat1, given.mat2, given.input)]
    plain = given.beta == given.alpha == 1
    if plain and low.is_constant(names[1]) and low.is_constant(names[2]):
        low.put("Gemm", names, given.out)
        return
    product = low.step("MatMul", names[:2], low.shape(given.out))
    if given.beta == 0:
        low.put("Identity", [product], given.out)
    else:
        low.put("Add", [product, names[2]], given.out)


def einsum(low: Operators, given: SimpleNamespace) -> None:
    """A sum of products along named axes."""
    names = refs_in(given.operands)
    equation = _with_letters(given.equation, [low.shape(name) for name in names])
    if len(names) == 2 and low.is_constant(names[1]):
        terms, _, result = equation.partition("->")
        rows, _, weight = terms.partition(",")
        units = weight.replace(rows[-1:], "")
        if len(weight) == 2 and len(units) == 1 and result == rows[:-1] + units:
            turned = int(weight[0] == units)
            low.put("Gemm", names, given.out, transB=turned)
            return
    low.put("Einsum", names, given.out, equation=equation)


def _with_letters(equation: str, shapes: list[tuple[int, ...]]) -> str:
    """An equation with letters for the axes that dots stand for, where they do for as many."""
    equation = equation.replace(" ", "")
    terms = equation.partition("->")[0].split(",")
    spare = [
        len(dims) - len(term.replace(".", ""))
        for term, dims in zip(terms, shapes, strict=True)
        if "..." in term
    ]
    free = [letter for letter in ascii_letters if letter not in equation]
    if not spare or len(set(spare)) > 1 or "->" not in equation or spare[0] > len(free):
        return equation
    return equation.replace("...", "".join(free[: spare[0]]))


def embedding(low: Operators, given: SimpleNamespace) -> None:
    """Rows of a table."""
    low.put("Gather", [low.operand(given.weight), low.operand(given.input)], given.out, axis=0)


# ---- norms -------------------------------------------------------------------------------------


def batch_norm(low: Operators, given: SimpleNamespace) -> None:
    """Batch normalisation with its moving statistics, with or without scale and shift."""
    facts = (given.input, given.weight, given.bias, given.mean, given.var)
    low.put("BatchNormalization", [low.operand(one) for one in facts], given.out)


def layer_norm(low: Operators, given: SimpleNamespace) -> None:
    """Layer normalisation over the last axes."""
    names = [low.operand(one) for one in (given.input, given.weight, given.bias)]
    axis = -len(tuple(given.shape))
    low.put("LayerNormalization", names, given.out, axis=axis)


def rms_norm(low: Operators, given: SimpleNamespace) -> None:
    """Root mean square normalisation over the last axes."""
    names = [low.operand(one) for one in (given.input, given.weight)]
    low.put("RMSNormalization", names, given.out, axis=-len(tuple(given.shape)))


def group_norm(low: Operators, given: SimpleNamespace) -> None:
    """Group normalisation."""
    names = [low.operand(one) for one in (given.input, given.weight, given.bias)]
    low.put("GroupNormalization", names, given.out, num_groups=given.groups)


def instance_norm(low: Operators, given: SimpleNamespace) -> None:
    """Instance normalisation; one by moving statistics is what a batch norm computes."""
    if given.mean is not None and not given.by_input:
        batch_norm(low, given)
        return
    names = [low.operand(one) for one in (given.input, given.weight, given.bias)]
    low.put("InstanceNormalization", names, given.out)


# ---- attention ---------------------------------------------------------------------------------


def attention(low: Operators, given: SimpleNamespace) -> None:
    """Scaled products, their softmax, and the product with the values."""
    query, key, value = (low.operand(one) for one in (given.query, given.key, given.value))
    shape = low.shape(given.out)
    if given.grouped:
        key, value = (_for_all_heads(low, one, shape[-3]) for one in (key, value))
    rank = len(low.shape(key))
    turned = low.transposed(key, (*range(rank - 2), rank - 1, rank - 2))
    sides = (*shape[:-1], low.shape(key)[-2])
    scores = low.step("MatMul", [query, turned], sides)
    scores = low.step("Mul", [scores, low.numbers((), 0.125)], sides)
    if isinstance(given.mask, Ref):
        scores = low.step("Add", [scores, given.mask.name], sides)
    elif given.causal:
        mask = f"causal mask of {sides[-2]}"
        low.shapes[mask] = sides[-2:]
        low.constant(mask)
        scores = low.step("Add", [scores, mask], sides)
    weights = low.step("Softmax", [scores], sides, axis=-1)
    low.put("MatMul", [weights, value], given.out)


def _for_all_heads(low: Operators, name: str, heads: int) -> str:
    """Keys or values that several heads share, once for each head."""
    *before, own, rows, width = low.shape(name)
    if own == heads:
        return name
    apart = low.reshaped(name, (*before, own, 1, rows, width))
    sides = (*before, own, heads // own, rows, width)
    copies = low.step("Expand", [apart, low.list_of(sides)], sides)
    return low.reshaped(copies, (*before, heads, rows, width))


def multi_head(low: Operators, given: SimpleNamespace) -> None:
    """The attention of ``nn.MultiheadAttention``, with all of its projections."""
    keys = ("in_weight", "q_weight", "k_weight", "v_weight", "in_bias", "bias_k", "bias_v")
    weights = [getattr(given, key) for key in (*keys, "out_weight", "out_bias")]
    names = [low.operand(one) for one in (given.query, given.key, given.value)]
    names += [one.name for one in weights if isinstance(one, Ref)]
    low.put(
        "MultiHeadAttention",
        names,
        *given.outs,
        heads=given.heads,
        biased=given.in_bias is not None,
        out_biased=given.out_bias is not None,
        macs=of_call(low.recording, given.call),
        more_keys=(given.bias_k is not None) + bool(given.zero_attention),
    )


# ---- recurrent layers --------------------------------------------------------------------------


def recurrent(low: Operators, given: SimpleNamespace) -> None:
    """LSTM, GRU and RNN: an operator a layer, from the sequence to it and to the last states."""
    kind = given.call.function.split("_")[0].upper()
    states = refs_in(given.state)
    weights = refs_in(given.weights)
    ways = 2 if given.bidirectional else 1
    each = len(weights) // (given.layers * ways)
    name = low.operand(given.input)
    if given.batch_first:
        name = low.transposed(name, (1, 0, 2))
    length, batch, _ = low.shape(name)
    hidden = low.shape(given.outs[1])[-1]
    cell = low.shape(given.outs[2])[-1] if kind == "LSTM" else hidden
    if hidden != cell or len(given.outs) < 2 or _given_states(low, states):
        names = [low.operand(given.input), *states, *weights]
        macs = of_call(low.recording, given.call)
        _in_one(low, f"{kind} {cell}", names, given, macs)
        return
    ends: list[list[str]] = [[], []]
    for layer in range(given.layers):
        own = weights[layer * ways * each : (layer + 1) * ways * each]
        name, last = _one_layer(low, kind, name, own, (length, batch, hidden, ways))
        for found, state in zip(ends, last, strict=False):
            found.append(state)
    if given.batch_first:
        name = low.transposed(name, (1, 0, 2))
    low.put("Identity", [name], given.outs[0])
    for found, output in zip(ends, given.outs[1:], strict=False):
        if len(found) == 1:
            low.put("Identity", found, output)
        else:
            low.put("Concat", found, output, axis=0)


def _in_one(
    low: Operators, kind: str, names: list[str], given: SimpleNamespace, macs: int | None
) -> None:
    """All layers as one operator, whose results have the batch in front."""
    turned: dict[str, str] = {}
    for place, name in enumerate(given.outs):
        shape = low.shape(name)
        if len(shape) == 3 and (place or not given.batch_first):
            low.made += 1
            turned[name] = f"step:{low.made}"
            low.shapes[turned[name]] = shape[1], shape[0], shape[2]
    low.put(kind, names, *[turned.get(name, name) for name in given.outs], macs=macs)
    for name, other in turned.items():
        low.put("Transpose", [other], name, perm=(1, 0, 2))


def _given_states(low: Operators, states: list[str]) -> bool:
    """Whether a sequence begins with states that the model computes or is given."""
    return not all(low.is_constant(name) for name in states)


def _is_matrix(low: Operators, name: str) -> bool:
    return len(low.shape(name)) == 2


def _one_layer(
    low: Operators, kind: str, name: str, weights: list[str], sizes: tuple[int, int, int, int]
) -> tuple[str, tuple[str, ...]]:
    length, batch, hidden, ways = sizes
    activations: dict[str, Any] = {"linear_before_reset": 1} if kind == "GRU" else {}
    base = f"step:{low.made + 1}"
    low.made += 1
    outputs = (f"{base}.y", f"{base}.h", *([f"{base}.c"] if kind == "LSTM" else []))
    low.shapes[outputs[0]] = (length, ways, batch, hidden)
    for state in outputs[1:]:
        low.shapes[state] = (ways, batch, hidden)
    first, second, *rest = weights
    bias = rest.pop(0) if len(weights) == 4 * ways else ""
    low.put(
        kind,
        [name, first, second, bias, "", "", "", "", *rest],
        *outputs,
        hidden_size=hidden,
        direction="bidirectional" if ways == 2 else "forward",
        macs=length * batch * sum(prod(low.shape(one)) for one in weights if _is_matrix(low, one)),
        **activations,
    )
    if ways == 1:
        whole = low.step("Squeeze", [outputs[0], low.list_of([1])], (length, batch, hidden))
    else:
        whole = low.reshaped(
            low.transposed(outputs[0], (0, 2, 1, 3)), (length, batch, ways * hidden)
        )
    return whole, outputs[1:]
