"""The proof of an import: the spec, unrolled, is the model.

Both are flat graphs of layers. They are matched one by one with their inputs, in the order in
which they stand: a full match is an isomorphism. Where layers that are alike get the same inputs
it matters which is taken, and the match may fail; then each layer gets a colour first, from what
it is and from all that is before it, and one from all that is behind it. The colours are numbers
for exact tuples, so that nothing can be equal by chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from archviz.importers.fold.windows import tidy
from archviz.importers.graphs import ORDERED, LayerGraph, LayerNode
from archviz.importers.unroll import Wired, fields_of
from archviz.network.measure import norm_of, own_weights
from archviz.network.model import Layer
from archviz.network.rules import show_shape

_NESTED = ("concat", "add")
_ORDERED = ORDERED | {"attention"}
"""Layers that tell their inputs apart; an attention has two where it sees another sequence."""
_BADGES = frozenset({"norm", "activation"})
_NOWHERE: Any = None
_ONE_EACH = (1, 1)
MAX_PROBLEMS = 12

LayerKey: TypeAlias = tuple[Any, ...]
Colors: TypeAlias = dict[tuple[Any, ...], int]


class _NumberedGraph(NamedTuple):
    """A flat graph by numbers: what each layer is, and its inputs, sorted where all are alike."""

    nodes: Sequence[LayerNode]
    keys: list[int]
    inputs: list[tuple[int, ...]]
    tags: list[int]
    """What each layer is, and whether it is an output."""


def numbered(graph: LayerGraph) -> Wired:
    """A layer graph by the numbers of its layers."""
    number = {node.id: index for index, node in enumerate(graph.nodes)}
    inputs = [tuple([number[source] for source in node.inputs]) for node in graph.nodes]
    return Wired(graph.nodes, inputs, [number[name] for name in graph.outputs])


def differences(model: Wired, spec: Wired) -> list[str]:
    """What differs between a model and its spec; empty where nothing does."""
    keys = _LayerKeys()
    one, two = _numbered_graph(model, keys), _numbered_graph(spec, keys)
    problems = _layers(one, two, keys)
    if not problems:
        problems = _wiring(one, two, keys)
    return [*problems[:MAX_PROBLEMS], *_totals(model.nodes, spec.nodes)]


def _totals(nodes: Sequence[LayerNode], others: Sequence[LayerNode]) -> list[str]:
    lent = [node for node in nodes if node.options.get("shared")]
    fields = {
        field: sum(map(attrgetter(field), nodes)) for field in ("parameters", "fixed", "macs")
    }
    for node in lent:  # shared weights count where they are first
        norm = norm_of(node.kind, node.options.get("norm", "none"))
        own, moving = own_weights(norm, node.fixed, node.options.get("own", 0))
        idle = own if node.options.get("frozen") else node.options.get("untrained", 0)
        fields["parameters"] -= node.parameters - own - moving
        fields["fixed"] -= node.fixed - moving - idle
    problems = []
    for what, field in (
        ("parameters", "parameters"),
        ("parameters that are not trained", "fixed"),
        ("multiply-adds", "macs"),
    ):
        wanted = fields[field]
        found = sum(map(attrgetter(field), others))
        if wanted != found:
            problems.append(f"the model has {wanted:,} {what}, the spec {found:,}")
    return problems


# ---- numbered graphs --------------------------------------------------------------------------


class _LayerKeys:
    """What layers are, as numbers."""

    def __init__(self) -> None:
        self.keys: list[LayerKey] = []
        self.numbers: dict[LayerKey, int] = {}
        self.stated: dict[tuple[Any, ...], int] = {}
        """By all that a layer states, in its order: most layers are like an earlier one."""
        self.alike: dict[tuple[Any, ...], int] = {}
        """By kind, shape and the identity of options, which layers alike mostly share."""
        self.held: list[LayerNode] = []
        """Layers whose options these are, so that no others get their identity."""
        self.ordered: set[int] = set()

    def number(self, node: LayerNode) -> int:
        """The number of what a layer is."""
        same = node.kind, node.shape, id(node.options)
        known = self.alike.get(same)
        if known is not None:
            return known
        stated = node.kind, node.shape, *node.options.items()
        found = self.stated.get(stated)
        if found is None:
            key = key_of(node)
            found = self.stated[stated] = self.numbers.setdefault(key, len(self.keys))
            if found == len(self.keys):
                self.keys.append(key)
                if node.kind in _ORDERED:
                    self.ordered.add(found)
        self.alike[same] = found
        self.held.append(node)
        return found


def key_of(node: LayerNode) -> LayerKey:
    """What a layer is: kind, options that count for it, and output shape."""
    stated = {key: value for key, value in node.options.items() if key in Layer._fields}
    layer = Layer(node.kind, "", _NOWHERE, **stated)
    values = []
    for field in fields_of(node.kind):
        value = getattr(layer, field)
        if field == "padding":
            value = tidy(value, layer.kernel, layer.stride, layer.dilation)
            value = "valid" if set(layer.kernel) == {1} and value == "same" else value
        elif field in ("stride", "dilation") and set(value) == {1}:
            value = _ONE_EACH  # unsaid and said are the same, along any number of axes
        values.append(value)
    return node.kind, tuple(values), node.shape


def _numbered_graph(wired: Wired, keys: _LayerKeys) -> _NumberedGraph:
    """The graph by numbers, with merges that only feed a merge of their kind taken into it."""
    nodes, inputs, outputs = wired.nodes, wired.inputs, set(wired.outputs)
    merges = [index for index, node in enumerate(nodes) if node.kind in _NESTED]
    if merges:
        inputs = _open_concats(nodes, inputs, merges)
        gone = _taken_in(nodes, inputs, merges, outputs)
        if gone:
            kept = [index for index in range(len(inputs)) if index not in gone]
            place = {index: new for new, index in enumerate(kept)}
            for index in merges:
                inputs[index] = _spread(inputs, gone, index)
            inputs = [tuple([place[source] for source in inputs[index]]) for index in kept]
            nodes = [nodes[index] for index in kept]
            outputs = {place[index] for index in outputs}
    numbers = [keys.number(node) for node in nodes]
    wires = [
        sources if len(sources) < 2 or number in keys.ordered else tuple(sorted(sources))
        for number, sources in zip(numbers, inputs, strict=True)
    ]
    tags = [2 * number for number in numbers]
    for index in outputs:
        tags[index] += 1
    return _NumberedGraph(nodes, numbers, wires, tags)


def _taken_in(
    nodes: Sequence[LayerNode],
    inputs: Sequence[Sequence[int]],
    merges: Sequence[int],
    outputs: set[int],
) -> set[int]:
    """The merges that stand in another one of their kind, or that nobody uses any more."""
    used = Counter(chain.from_iterable(inputs))
    gone = {
        index
        for index in merges
        if nodes[index].kind == "concat" and not used[index] and index not in outputs
    }
    for index in merges:
        for source in inputs[index]:
            inner = nodes[source]
            if (
                inner.kind == nodes[index].kind
                and used[source] == 1
                and source not in outputs
                and not _BADGES & inner.options.keys()
            ):
                gone.add(source)
    return gone


def _open_concats(
    nodes: Sequence[LayerNode], inputs: Sequence[tuple[int, ...]], merges: Sequence[int]
) -> list[tuple[int, ...]]:
    """Give every concat the inputs of the concats that feed it.

    A concat of a concat is one concat; exporters write a dense block either way.
    """
    result = list(inputs)
    for index in merges:
        if nodes[index].kind != "concat":
            continue
        opened: list[int] = []
        for source in result[index]:
            inner = nodes[source]
            plain = inner.kind == "concat" and not _BADGES & inner.options.keys()
            opened += result[source] if plain else [source]
        result[index] = tuple(opened)
    return result


def _spread(inputs: Sequence[Sequence[int]], gone: set[int], index: int) -> tuple[int, ...]:
    """The inputs of a merge with those of the merges inside it; they come before it."""
    found: list[int] = []
    for source in inputs[index]:
        if source in gone:
            found.extend(inputs[source])
        else:
            found.append(source)
    return tuple(found)


# ---- layers -----------------------------------------------------------------------------------


def _layers(model: _NumberedGraph, spec: _NumberedGraph, keys: _LayerKeys) -> list[str]:
    """Layers that one has and the other has not."""
    wanted, found = Counter(model.keys), Counter(spec.keys)
    if wanted == found:
        return []
    problems = []
    for key in {**wanted, **found}:
        if wanted[key] != found[key]:
            counts = f"{wanted[key]} in the model, {found[key]} in the spec"
            problems.append(f"{show(keys.keys[key])}: {counts}")
    return problems


def show(key: tuple[Any, ...]) -> str:
    """A layer in words: ``conv kernel=3x3 filters=64 giving 56×56×64``."""
    kind, values, shape = key
    parts = [kind]
    plain = Layer(kind, "", _NOWHERE)
    for field, value in zip(fields_of(kind), values, strict=True):
        if value != getattr(plain, field):
            text = "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
            parts.append(f"{field}={text}")
    return f"{' '.join(parts)} giving {show_shape(shape)}"


# ---- wiring -----------------------------------------------------------------------------------


def _wiring(model: _NumberedGraph, spec: _NumberedGraph, keys: _LayerKeys) -> list[str]:
    """Where the wires differ: nowhere if all layers pair off with their inputs."""
    if model.tags == spec.tags and model.inputs == spec.inputs:
        return []  # nothing was put in another order
    if _unmatched(model, spec, model.tags, spec.tags, keys) is None:
        return []
    colors: Colors = {}
    one, two = _colored(model, colors, keys), _colored(spec, colors, keys)
    index = _unmatched(model, spec, one, two, keys)
    if index is None:
        return []
    node = model.nodes[index]
    sources = ", ".join(model.nodes[source].id[:60] for source in model.inputs[index])
    what = f"'{node.id[:60]}' ({show(keys.keys[model.keys[index]])})"
    return [f"the spec is wired otherwise round {what}, which gets {sources or 'nothing'}"]


def _unmatched(
    model: _NumberedGraph,
    spec: _NumberedGraph,
    one: Sequence[int],
    two: Sequence[int],
    keys: _LayerKeys,
) -> int | None:
    """The first layer for which there is none with its mark and its inputs left; None: all match.

    ``one`` and ``two`` are the marks of the layers, equal where they may be matched.
    """
    waiting: dict[tuple[int, ...], list[int]] = {}
    for index, mark in enumerate(two):
        waiting.setdefault((mark, *spec.inputs[index]), []).append(index)
    match: list[int] = []
    for index, mark in enumerate(one):
        sources = [match[source] for source in model.inputs[index]]
        if len(sources) > 1 and model.keys[index] not in keys.ordered:
            sources.sort()
        found = waiting.get((mark, *sources))
        if not found:
            return index
        match.append(found.pop())
    return None


def _colored(graph: _NumberedGraph, colors: Colors, keys: _LayerKeys) -> list[int]:
    """Colours from all before a layer, then from all behind it as well."""

    def number(key: tuple[Any, ...]) -> int:
        return colors.setdefault(key, len(colors))

    def before(index: int, found: Sequence[int]) -> list[int]:
        sources = [found[source] for source in graph.inputs[index]]
        return sources if graph.keys[index] in keys.ordered else sorted(sources)

    users: list[list[int]] = [[] for _ in graph.tags]
    for user, sources in enumerate(graph.inputs):
        for source in sources:
            users[source].append(user)
    forward: list[int] = []
    for index, tag in enumerate(graph.tags):
        forward.append(number(("<", tag, *before(index, forward))))
    both = [0] * len(forward)
    for index in range(len(forward) - 1, -1, -1):
        behind = []
        for user in users[index]:
            color = both[user]
            if graph.keys[user] in keys.ordered:  # then it matters which input it is
                places = [at for at, one in enumerate(graph.inputs[user]) if one == index]
                color = number(("~", color, *places))
            behind.append(color)
        both[index] = number((">", forward[index], *sorted(behind)))
    last: list[int] = []
    for index, color in enumerate(both):
        last.append(number(("=", color, *before(index, last))))
    return last
