"""The proof of an import: the spec, unrolled, is the model.

Both are flat graphs of layers. Each layer gets a colour from what it is and from all that is
before it, then one from all that is behind it; the colours are numbers for exact tuples, so
that nothing can be equal by chance. Layers of equal colour are then matched one by one with
their inputs: a full match is an isomorphism.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from archviz.importers.flatten import fields_of, flatten_network
from archviz.importers.fold_window import tidy
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.model import Layer, Network
from archviz.rules import show_shape

ORDERED = frozenset({"scaled-add"})
"""Merges that treat their inputs differently."""

_NESTED = ("concat", "add")
_NOWHERE: Any = None
MAX_PROBLEMS = 12

Colors: TypeAlias = dict[tuple[Any, ...], int]


class _Plain(NamedTuple):
    """A flat graph by numbers: what each layer is, its inputs, its users."""

    nodes: tuple[LayerNode, ...]
    keys: list[tuple[Any, ...]]
    inputs: list[list[int]]
    users: list[list[int]]
    ends: list[int]
    """How many times each layer is an output."""


def verify(graph: LayerGraph, network: Network) -> list[str]:
    """What differs between a model and the network of its spec; empty where nothing does."""
    return compare(graph, flatten_network(network))


def compare(graph: LayerGraph, other: LayerGraph) -> list[str]:
    """What differs between a model's graph and that of a spec; empty where nothing does."""
    model, spec = _plain(graph), _plain(other)
    problems = _layers(model, spec)
    if not problems:
        problems = _wiring(model, spec)
    return [*problems[:MAX_PROBLEMS], *_totals(graph, other)]


def _totals(graph: LayerGraph, other: LayerGraph) -> list[str]:
    problems = []
    for what, field in (("parameters", "parameters"), ("parameters that are not trained", "fixed"),
                        ("multiply-adds", "macs")):  # fmt: skip
        wanted = sum(_counted(node, field) for node in graph.nodes)
        found = sum(getattr(node, field) for node in other.nodes)
        if wanted != found:
            problems.append(f"the model has {wanted:,} {what}, the spec {found:,}")
    return problems


def _counted(node: LayerNode, field: str) -> int:
    """What a layer of the model counts: weights that are shared count where they are first."""
    if field != "macs" and node.options.get("shared"):
        return 0
    value: int = getattr(node, field)
    return value


# ---- plain graphs -----------------------------------------------------------------------------


def key_of(node: LayerNode, known: dict[tuple[Any, ...], tuple[Any, ...]]) -> tuple[Any, ...]:
    """What a layer is: kind, options that count for it, and output shape."""
    raw = (node.kind, *sorted(node.options.items()), node.shape)
    found = known.get(raw)
    if found is None:
        layer = Layer(node.kind, "", _NOWHERE, **_stated(node))
        values = []
        for field in fields_of(node.kind):
            value = getattr(layer, field)
            if field == "padding":
                value = tidy(value, layer.kernel, layer.stride, layer.dilation)
                value = "valid" if layer.kernel == (1, 1) and value == "same" else value
            values.append(value)
        found = known[raw] = (node.kind, tuple(values), node.shape)
    return found


def _stated(node: LayerNode) -> dict[str, Any]:
    return {key: value for key, value in node.options.items() if key in Layer._fields}


def _plain(graph: LayerGraph) -> _Plain:
    """The graph by numbers, with merges that only feed a merge of their kind taken into it."""
    number = {node.id: index for index, node in enumerate(graph.nodes)}
    inputs = [[number[source] for source in node.inputs] for node in graph.nodes]
    ends = Counter(number[name] for name in graph.outputs)
    _open_concats(graph, inputs)
    used = Counter(source for sources in inputs for source in sources)
    user = {source: index for index, sources in enumerate(inputs) for source in sources}
    gone: set[int] = set()
    for index, node in enumerate(graph.nodes):
        if node.kind == "concat" and not used[index] and not ends[index]:
            gone.add(index)  # all who used it were concats, and have its inputs now
        if node.kind not in _NESTED or used[index] != 1 or ends[index]:
            continue
        outer = graph.nodes[user[index]]
        badges = [name for name in ("norm", "activation") if name in node.options]
        if outer.kind == node.kind and not badges:
            gone.add(index)
    for index in range(len(inputs)):
        if any(source in gone for source in inputs[index]):
            inputs[index] = _spread(inputs, gone, index)
    kept = [index for index in range(len(inputs)) if index not in gone]
    place = {index: new for new, index in enumerate(kept)}
    known: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    nodes = tuple(graph.nodes[index] for index in kept)
    wires = [[place[source] for source in inputs[index]] for index in kept]
    users: list[list[int]] = [[] for _ in kept]
    for new, sources in enumerate(wires):
        for source in sources:
            users[source].append(new)
    keys = [key_of(node, known) for node in nodes]
    return _Plain(nodes, keys, wires, users, [min(ends[index], 1) for index in kept])


def _open_concats(graph: LayerGraph, inputs: list[list[int]]) -> None:
    """Give every concat the inputs of the concats that feed it.

    A concat of a concat is one concat; exporters write a dense block either way.
    """
    badges = {"norm", "activation"}
    for index, node in enumerate(graph.nodes):
        if node.kind != "concat":
            continue
        opened: list[int] = []
        for source in inputs[index]:
            inner = graph.nodes[source]
            plain = inner.kind == "concat" and not badges & inner.options.keys()
            opened += inputs[source] if plain else [source]
        inputs[index] = opened


def _spread(inputs: Sequence[Sequence[int]], gone: set[int], index: int) -> list[int]:
    """The inputs of a merge with those of the merges inside it; they come before it."""
    found: list[int] = []
    for source in inputs[index]:
        if source in gone:
            found.extend(inputs[source])
        else:
            found.append(source)
    return found


# ---- layers -----------------------------------------------------------------------------------


def _layers(model: _Plain, spec: _Plain) -> list[str]:
    """Layers that one has and the other has not."""
    wanted, found = Counter(model.keys), Counter(spec.keys)
    if wanted == found:
        return []
    problems = []
    for key in {**wanted, **found}:
        if wanted[key] != found[key]:
            problems.append(f"{show(key)}: {wanted[key]} in the model, {found[key]} in the spec")
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


def _colored(plain: _Plain, colors: Colors) -> list[int]:
    """Colours from all before a layer, then from all behind it as well."""

    def number(key: tuple[Any, ...]) -> int:
        return colors.setdefault(key, len(colors))

    forward: list[int] = []
    for index, key in enumerate(plain.keys):
        before = [forward[source] for source in plain.inputs[index]]
        if key[0] not in ORDERED:
            before.sort()
        forward.append(number(("<", key, plain.ends[index], *before)))
    both = [0] * len(forward)
    for index in range(len(forward) - 1, -1, -1):
        behind = sorted(_edge(plain, index, user, both, number) for user in plain.users[index])
        both[index] = number((">", forward[index], *behind))
    last: list[int] = []
    for index, color in enumerate(both):
        before = [last[source] for source in plain.inputs[index]]
        if plain.keys[index][0] not in ORDERED:
            before.sort()
        last.append(number(("=", color, *before)))
    return last


def _edge(plain: _Plain, index: int, user: int, both: Sequence[int], number: Any) -> int:
    """The colour of an edge: that of the user, and which input it is where that matters."""
    if plain.keys[user][0] not in ORDERED:
        return both[user]
    places = tuple(at for at, source in enumerate(plain.inputs[user]) if source == index)
    found: int = number(("~", both[user], *places))
    return found


def _wiring(model: _Plain, spec: _Plain) -> list[str]:
    colors: Colors = {}
    one, two = _colored(model, colors), _colored(spec, colors)
    free: dict[tuple[Any, ...], list[int]] = {}
    match: list[int] = []
    waiting = _by_color(two)
    for index, color in enumerate(one):
        sources = [match[source] for source in model.inputs[index]]
        if model.keys[index][0] not in ORDERED:
            sources.sort()
        found = _take(spec, waiting, free, color, tuple(sources))
        if found is None:
            return [_unlike(model, index)]
        match.append(found)
    return []


def _by_color(colors: Sequence[int]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for index, color in enumerate(colors):
        groups.setdefault(color, []).append(index)
    return groups


def _take(spec: _Plain, waiting: Mapping[int, list[int]], free: dict[tuple[Any, ...], list[int]],
          color: int, sources: tuple[int, ...]) -> int | None:  # fmt: skip
    """A layer of the spec with this colour and these inputs that is not matched yet."""
    group = waiting.get(color)
    if group:
        for index in group:
            inputs = spec.inputs[index]
            if spec.keys[index][0] not in ORDERED:
                inputs = sorted(inputs)
            free.setdefault((color, *inputs), []).append(index)
        group.clear()
    found = free.get((color, *sources))
    return found.pop() if found else None


def _unlike(model: _Plain, index: int) -> str:
    node = model.nodes[index]
    sources = ", ".join(model.nodes[source].id[:60] for source in model.inputs[index])
    what = f"'{node.id[:60]}' ({show(model.keys[index])})"
    return f"the spec is wired otherwise round {what}, which gets {sources or 'nothing'}"
