"""Which constants of an operator graph are weights, and whether layers take them.

A file names constants and does not say what they are for. A weight is what an operator computes
with: floating-point numbers, or whole ones that are quantised, but no shapes, limits, scales and
indices. Each counts once, as the file has it, whatever is computed from it before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from itertools import chain
from math import prod

from archviz.importers.constant_uses import Use, Uses, uses_of
from archviz.importers.graphs import Held, Op, OpGraph, Tensor
from archviz.network.kinds import STATED

_ARITHMETIC = frozenset({"Add", "Sub", "Mul", "Div", "Pow"})
_BEFORE_SCORES = _ARITHMETIC | {
    "Where", "Neg", "Concat", "Slice", "Split", "Expand", "Gather", "Cast", "Transpose",
    "Reshape", "Tile", "Unsqueeze", "Squeeze", "And", "Identity",
}  # fmt: skip
"""What may lie between a mask, or a rotation by position, and the scores of an attention."""
_ADDED = {
    "Attention": 3,
    "com.microsoft.Attention": 5,
    "com.microsoft.MultiHeadAttention": 5,
    "com.microsoft.GroupQueryAttention": 10,
}
"""Inputs of attentions that are masks, where they do not count as learned."""
_SCORES = ("Softmax", "MatMul", "Einsum")
_STEPS = STATED | {"scale", "scaled-add"}
"""Layers that a single step of arithmetic may be."""
MAX_STEPS = 256
_MADE_UP = re.compile(r"^(val_)?\d+$|onnx::|[/:](?!.*ReadVariableOp)|[Cc]onst|scalar|lifted_tensor")
"""Names that exporters make up for numbers in a model's code; parameters keep their own."""
_PARAMETER = re.compile(r"(?!p2o\.)\w+(\.\w+)*\.[^\W\d]\w*")
"""Names of parameters in modules: ``blocks.0.gain``."""
_FILLED: Mapping[str, tuple[int, ...]] = {
    "LSTM": (5, 6),
    "GRU": (5,),
    "RNN": (5,),
    **dict.fromkeys(("InstanceNormalization", "GroupNormalization", "LayerNormalization"), (1, 2)),
}
"""Inputs that exporters fill with zeros and ones where the model has nothing to put there."""


def weights_in(ops: Iterable[Op], constants: Mapping[str, Tensor]) -> dict[str, int]:
    """The weights of a body by name: arrays that its operators compute with, with their sizes."""
    ops = list(ops)
    found = uses_of(ops, constants)
    return {
        name: constants[name].size
        for name in found.uses
        if constants[name].size > 1 and (constants[name].floating or name in found.whole)
    }


def census(
    graph: OpGraph,
    weighed: Set[str],
    made: Mapping[str, Tensor],
    loose: Set[str],
    drawn: Callable[[], Mapping[str, str]],
    masks: Collection[str] = (),
) -> Held:
    """The weights that a graph holds, and whether layers take them.

    ``weighed`` are the constants that count in layers, some of them ``made`` of others; ``loose``
    are those of steps that have become part of another layer, and ``masks`` are none. ``drawn``
    gives the kinds of the layers that are drawn by the value that their operator gives.
    """
    constants = graph.constants
    direct = weighed if weighed <= constants.keys() else weighed & constants.keys()
    found = uses_of(graph.ops, constants, direct - loose if loose else direct)
    computed = weighed & found.sources.keys()
    taken = (direct - computed) | _computed_from(graph, computed, found) if computed else direct
    doubtful = {leaf for name in loose for leaf in found.leaves(name)}
    weights = _plain_weights(found, constants)
    numbers: list[str] = []
    for name, used in found.uses.items():
        shape, _, floating, weight = constants[name]
        size = prod(shape) if (floating or name in found.whole) and weight else 0
        if size > 1 or (size and name in taken):
            if name in taken or not _is_filling(graph, name, used):
                op, slot = used[0]
                weights[name] = unpacked(op, size) if slot == 1 else size
        elif size and name not in graph.written and not _MADE_UP.search(name):
            numbers.append(name)
    idle = _idle(graph, found, weights)
    doubtful.difference_update(found.sure)
    asked = [name for name in found.uses if name in weights]
    asked = [name for name in asked if name not in taken or name in doubtful]
    users, kinds = (_users(graph.ops), drawn()) if asked or numbers else ({}, {})
    aside = {
        name: weights[name]
        for name in asked
        if all(_is_mask(use) or _before_scores(use.op, users, kinds) for use in found.uses[name])
    }
    if masks:
        aside |= _masked(masks, found, weights.keys() - weighed, weights)
    taken = taken - aside.keys() if aside else taken
    for name in numbers:
        if any(_is_step(use, users, kinds, constants[name]) for use in found.uses[name]):
            (weights if _is_parameter(constants[name], name) else aside)[name] = 1
    held = {name: weights[name] for name in weights if name not in aside} if aside else weights
    untaken = {name: size for name, size in held.items() if name not in taken}
    even = len(taken) == len(held) - len(untaken)
    return Held(
        "file",
        sum(held.values()) + sum(idle.values()) + sum(graph.inner.values()),
        untaken={**untaken, **graph.inner},
        idle=idle,
        extra={name: constants[name].size for name in sorted([] if even else taken - held.keys())},
        computed=_computed({name: made[name].size for name in computed}, found, held),
        aside=aside,
        taken={name: constants[name].size for name in sorted(taken)} if graph.learned else {},
    )


def _plain_weights(found: Uses, constants: Mapping[str, Tensor]) -> dict[str, int]:
    """The sizes of weights that operators just compute with."""
    weights: dict[str, int] = {}
    for name in found.sure:
        shape, _, floating, weight = constants[name]
        if weight and (floating or name in found.whole) and (size := prod(shape)):
            weights[name] = size
    return weights


def _computed_from(graph: OpGraph, names: Iterable[str], found: Uses) -> set[str]:
    """The weights that constants are computed from."""
    constants = graph.constants
    leaves = {leaf for name in names for leaf in found.leaves(name)}
    held = [one for one in leaves if constants[one].weight]
    numbers = [one for one in held if constants[one].floating or one in found.whole]
    return {one for one in numbers if constants[one].size > 1 or _is_named_array(graph, one)}


def _masked(
    masks: Collection[str], found: Uses, free: Collection[str], weights: Mapping[str, int]
) -> dict[str, int]:
    """Sizes of those constants that masks come from, and that no layer takes."""
    leaves = {leaf for name in masks for leaf in found.leaves(name)}
    return {name: weights[name] for name in sorted(leaves.intersection(free))}


def learned_numbers(graph: OpGraph, held: Held) -> tuple[str, ...]:
    """Single numbers that a file holds as weights, and that no layer has taken as such."""
    if graph.learned:
        return ()
    sizes = graph.constants
    return tuple([name for name in held.untaken if name in sizes and sizes[name].size == 1])


def _is_named_array(graph: OpGraph, name: str) -> bool:
    """Whether a constant is a parameter, be it of one element, by the name that a model gave it."""
    named = name not in graph.written and not _MADE_UP.search(name)
    return named and _is_parameter(graph.constants[name], name)


def _is_parameter(tensor: Tensor, name: str) -> bool:
    """Whether it has axes, or is called as PyTorch calls the parameters of a module in another."""
    return bool(tensor.shape) or _PARAMETER.fullmatch(name) is not None


def _is_filling(graph: OpGraph, name: str, used: list[Use]) -> bool:
    """Whether a constant only stands where the model itself has nothing."""
    if used[0].op.kind not in _FILLED:
        return False
    made_up = name in graph.written or _MADE_UP.search(name) is not None
    return made_up and all(use.slot in _FILLED.get(use.op.kind, ()) for use in used)


def unpacked(op: Op, size: int) -> int:
    """How many weights an array of a size holds; several may lie in one of its numbers."""
    if op.kind == "com.microsoft.MatMulNBits":
        depth, units = op.attributes.get("K"), op.attributes.get("N")
        if isinstance(depth, int) and isinstance(units, int):
            return depth * units
    return size


def _computed(weighed: Mapping[str, int], found: Uses, held: Mapping[str, int]) -> dict[str, int]:
    """Weights that a layer does not take as they are, but something that is computed from them.

    That may be of another size, and it may count anew in each layer.
    """
    computed: dict[str, int] = {}
    seen: set[str] = set()
    for name, size in weighed.items():
        own = {leaf: held[leaf] for leaf in found.leaves(name) if leaf in held}
        if sum(own.values()) != size or not seen.isdisjoint(own):
            computed |= own
        seen.update(own)
    return computed


def _idle(graph: OpGraph, found: Uses, weights: Mapping[str, int]) -> dict[str, int]:
    """Arrays of numbers that no operator on the way to an output takes; ``weights`` are taken."""
    used, constants = found.uses, graph.constants
    if len(constants) == len(weights) + len([name for name in used if name not in weights]):
        return {}
    sure = set(found.sure)
    loose = [one for one in constants if one not in sure and one not in used]
    loose = [one for one in loose if constants[one].floating and one not in graph.written]
    idle = {name: constants[name].size for name in loose if constants[name].size > 1}
    if not idle:
        return idle
    mentioned = {*graph.outputs, *chain.from_iterable([op.inputs for op in graph.ops])}
    return {name: size for name, size in idle.items() if name not in mentioned}


def _users(ops: Iterable[Op]) -> dict[str, list[Op]]:
    users: dict[str, list[Op]] = {}
    for op in ops:
        for name in op.inputs if op.kind not in ("Shape", "Size") else ():
            users.setdefault(name, []).append(op)
    return users


def _is_mask(use: Use) -> bool:
    """Whether a constant is added to the scores of an attention that is one operator."""
    return _ADDED.get(use.op.kind, -1) == use.slot


def _before_scores(op: Op, users: Mapping[str, list[Op]], drawn: Mapping[str, str]) -> bool:
    """Whether an operator is a step before the scores of an attention, and drawn as part of it."""
    if op.kind not in _BEFORE_SCORES:
        return False
    todo, seen = [op], {op.outputs}
    while todo:
        op = todo.pop()
        if op.kind in _SCORES or op.kind.endswith("Attention"):
            continue
        behind = [user for name in op.outputs for user in users.get(name, ())]
        if op.kind not in _BEFORE_SCORES or op.outputs[0] in drawn or not behind:
            return False
        todo += [user for user in behind if user.outputs not in seen]
        seen.update(user.outputs for user in behind)
        if len(seen) > MAX_STEPS:
            return False
    return True


def _is_step(
    use: Use, users: Mapping[str, list[Op]], drawn: Mapping[str, str], number: Tensor
) -> bool:
    """Whether a number by itself is a step of arithmetic of the figure, or one of 1 left out."""
    op = use.op
    if op.kind not in _ARITHMETIC:
        return False
    name = op.outputs[0]
    behind = [drawn.get(user.outputs[0]) for user in users.get(name, ()) if user.outputs]
    gone = op.kind in ("Mul", "Div", "Pow") and number.values == (1.0,)
    return drawn.get(name) in _STEPS or gone or "scaled-add" in behind


def taken_directly(graph: OpGraph) -> frozenset[str]:
    """The weights that stand beside what goes in in some operator."""
    moving = set(graph.inputs)
    found: set[str] = set()
    for op in graph.ops:
        if not moving.isdisjoint(op.inputs):
            moving.update(op.outputs)
            found.update(op.inputs)
    return frozenset(found & graph.constants.keys())
