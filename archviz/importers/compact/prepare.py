"""What happens to a layer graph before it is taken apart: one start, one output, clear concats.

An exporter may have merged the concat of a concat into one. Where the inputs of a concat
begin or end with all inputs of an earlier one, it gets that one instead; so the layers of
a dense block become a chain again. On the other hand the concat of paths of one layer from
one place, of which only another concat makes use, goes into that: it is a fork.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archviz.errors import fail
from archviz.importers.compact.outputs import Offshoot, auxiliary_outputs, offshoots
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.network.kinds import KINDS

JOINS = frozenset(name for name, kind in KINDS.items() if kind.join is not None)
LONG_SUM = 5
"""Values from which on a sum of sums is written as one sum."""


class Prepared(NamedTuple):
    """The layers on the way to the main output, which is the last one, and what hangs off."""

    nodes: tuple[LayerNode, ...]
    offshoots: tuple[Offshoot, ...] = ()


def prepare(graph: LayerGraph, file: str = "<model>") -> Prepared:
    """The layers on the way to the deepest output; what leads to others hangs off.

    Raises:
        ArchvizError: the model has no input.
    """
    if not any(node.kind == "input" for node in graph.nodes):
        raise fail(file, "there is no input", "export the model with its inputs")
    nodes = clear_concats(long_sums(_sounds(graph.nodes), graph.outputs), graph.outputs)
    outputs = list(dict.fromkeys(graph.outputs))
    aside = auxiliary_outputs(graph)
    main = _deepest(nodes, [output for output in outputs if output not in aside])
    body = _leading_to(nodes, [main])
    return Prepared(body, offshoots(nodes, body, [one for one in outputs if one != main]))


def _sounds(nodes: Sequence[LayerNode]) -> list[LayerNode]:
    """Layers whose kinds suit the numbers of their inputs."""
    return [
        node
        if node.kind in ("input", "attention") or (node.kind in JOINS) == (len(node.inputs) > 1)
        else _boxed(node)
        for node in nodes
    ]


def _boxed(node: LayerNode) -> LayerNode:
    """A layer with more or fewer inputs than its kind has, as a plain box."""
    label = node.options.get("label", node.kind)
    stays = ("weights", "macs", "frozen", "untrained")
    kept = {key: node.options[key] for key in stays if key in node.options}
    kind = "op-merge" if len(node.inputs) > 1 else "op"
    shape = {"shape": node.shape} if node.shape else {}
    return node._replace(kind=kind, options={"label": label, **shape, **kept})


def _leading_to(nodes: Sequence[LayerNode], ends: Sequence[str]) -> tuple[LayerNode, ...]:
    needed = set(ends)
    kept = []
    for node in reversed(nodes):
        if node.id in needed:
            needed.update(node.inputs)
            kept.append(node)
    kept.reverse()
    return tuple(kept)


def _deepest(nodes: Sequence[LayerNode], outputs: Sequence[str]) -> str:
    depth: dict[str, int] = {}
    for node in nodes:
        depth[node.id] = 1 + max((depth[source] for source in node.inputs), default=0)
    return max(outputs, key=lambda output: depth[output])


# ---- sums and concats ---------------------------------------------------------------------


def long_sums(nodes: Sequence[LayerNode], outputs: Sequence[str]) -> list[LayerNode]:
    """Sums of many values as one sum each: exporters add two at a time."""
    sums = {node.id: node for node in nodes if node.kind == "add"}
    summed = {
        source
        for node in sums.values()
        for source in node.inputs
        if source in sums and not _has_badge(sums[source])
    }
    if not summed:
        return list(nodes)
    used = Counter([*outputs, *(source for node in nodes for source in node.inputs)])
    inner = {source for source in summed if used[source] == 1}
    gone: set[str] = set()
    whole: dict[str, LayerNode] = {}
    for node in sums.values():
        if node.id in inner or inner.isdisjoint(node.inputs):
            continue
        values, opened = _summed(node, sums, inner)
        if len(values) >= LONG_SUM:
            gone |= opened
            whole[node.id] = node._replace(inputs=tuple(values))
    return [whole.get(node.id, node) for node in nodes if node.id not in gone]


def _summed(
    node: LayerNode, sums: Mapping[str, LayerNode], inner: set[str]
) -> tuple[list[str], set[str]]:
    """What a sum comes to, and the sums in it."""
    values: list[str] = []
    opened: set[str] = set()
    waiting = [*reversed(node.inputs)]
    while waiting:
        source = waiting.pop()
        if source in inner:
            opened.add(source)
            waiting += reversed(sums[source].inputs)
        else:
            values.append(source)
    return values, opened


def _has_badge(node: LayerNode) -> bool:
    return not {"norm", "activation"}.isdisjoint(node.options)


def clear_concats(nodes: Sequence[LayerNode], outputs: Sequence[str]) -> list[LayerNode]:
    """Concats of concats apart where they are steps of a chain, together where they fork."""
    if not any(node.kind == "concat" for node in nodes):
        return list(nodes)
    return _without_forks(_in_steps(nodes), outputs)


def _in_steps(nodes: Sequence[LayerNode]) -> list[LayerNode]:
    """Each concat with an earlier one in place of all inputs of that."""
    steps: dict[tuple[int, str], int] = {}
    concat_at: dict[tuple[bool, int], str] = {}
    result = []
    for node in nodes:
        if node.kind == "concat":
            node = _stepped(node, steps, concat_at)
        result.append(node)
    return result


def _stepped(
    node: LayerNode, steps: dict[tuple[int, str], int], concat_at: dict[tuple[bool, int], str]
) -> LayerNode:
    """Walk the inputs along all earlier ones, forwards and backwards, and note the end."""
    plain = not _has_badge(node)
    inputs = node.inputs
    for backwards in (False, True):
        walk = node.inputs[::-1] if backwards else node.inputs
        at, found, length = 0, "", 0
        for index, source in enumerate(walk):
            at = steps.setdefault((at, source), len(steps) + 1)
            known = concat_at.get((backwards, at))
            if known and index < len(walk) - 1:
                found, length = known, index + 1
        if plain and len(walk) > 1:
            concat_at.setdefault((backwards, at), node.id)
        if found and inputs is node.inputs:
            rest = walk[length:]
            inputs = (*rest[::-1], found) if backwards else (found, *rest)
    return node._replace(inputs=inputs)


def _without_forks(nodes: Sequence[LayerNode], outputs: Sequence[str]) -> list[LayerNode]:
    users: dict[str, list[str]] = {output: [""] for output in outputs}
    by_id = {node.id: node for node in nodes}
    for node in nodes:
        for source in node.inputs:
            users.setdefault(source, []).append(node.id)
    gone: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        if node.kind != "concat" or _has_badge(node):
            continue
        using = users.get(node.id, [])
        if len(using) != 1 or using == [""] or by_id[using[0]].kind != "concat":
            continue
        inner = [by_id[source] for source in node.inputs]
        origins = {one.inputs for one in inner}
        alone = all(len(one.inputs) == 1 and len(users[one.id]) == 1 for one in inner)
        if len(origins) == 1 and alone:
            gone[node.id] = node.inputs
    if not gone:
        return list(nodes)
    result = []
    for node in nodes:
        if node.id in gone:
            continue
        if node.kind == "concat":
            inputs = [end for source in node.inputs for end in gone.get(source, (source,))]
            node = node._replace(inputs=tuple(inputs))
        result.append(node)
    return result
