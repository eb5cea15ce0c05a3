"""Attention in forms of its own: a part of the code with scores, their softmax, and values.

What the rules for operators leave in pieces, since its queries are normalised, its scores scaled
by a learned number or its tables computed, is one box where a module of the code holds just that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archviz.importers.code_parts import CodePart, code_parts
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS

PRODUCT = "matrix product"
WINDOWS = ("window partition", "window reverse")
SHIFT = "cyclic shift"
MOST = 40
"""Drawn layers in an attention."""


class Found(NamedTuple):
    """Layers that are an attention: those of a part, and its windows' partition and return."""

    exit: str
    entry: str
    inside: tuple[str, ...]
    label: str


def with_attention(graph: LayerGraph) -> LayerGraph:
    """The graph with a box for each part of the code that is an attention in pieces."""
    if not any(map(is_softmax, graph.nodes)):
        return graph
    nodes = {node.id: node for node in graph.nodes}
    users = _users(graph.nodes)
    boxes: dict[str, Found] = {}
    gone: dict[str, str] = {}
    for part in code_parts(graph.nodes, graph.classes, graph.outputs)[0]:
        inside = [graph.nodes[number] for number in part.layers]
        if gone.keys().isdisjoint(node.id for node in inside) and is_attention(part, inside):
            found = _with_windows(part, inside, nodes, users)
            boxes[found.exit] = found
            gone.update(dict.fromkeys(found.inside, found.exit))
    if not boxes:
        return graph
    kept = [
        _box(boxes[node.id], nodes) if node.id in boxes else node
        for node in graph.nodes
        if node.id in boxes or node.id not in gone
    ]
    owners = {value: gone.get(owner, owner) for value, owner in graph.owners.items()}
    labels = {node.options.get("label") for node in kept}
    unknown = tuple(word for word in graph.unknown if word in labels)
    return graph._replace(nodes=tuple(kept), owners=owners, unknown=unknown)


def is_attention(part: CodePart, inside: Sequence[LayerNode]) -> bool:
    """Whether layers are an attention and nothing else: a product, one softmax, a product.

    Nothing in it may be what a box cannot stand for: weights that are shared or not trained.
    """
    softmax = [node.id for node in inside if is_softmax(node)]
    if len(softmax) != 1 or part.drawn > MOST:
        return False
    if any(node.fixed or "shared" in node.options for node in inside):
        return False
    unchanged = {part.entry}
    for node in inside:
        if node.kind == "add" and not unchanged.isdisjoint(node.inputs):
            return False  # the residual round it, too
        if not KINDS[node.kind].drawn and unchanged.issuperset(node.inputs):
            unchanged.add(node.id)
    products = {node.id for node in inside if node.options.get("label") == PRODUCT}
    above = _reached(softmax[0], {node.id: node.inputs for node in inside})
    return not products.isdisjoint(above) and not products.isdisjoint(
        _reached(softmax[0], _users(inside))
    )


def is_softmax(node: LayerNode) -> bool:
    """Whether a layer is a softmax, or ends with one."""
    return "softmax" in (node.kind, node.options.get("activation"))


def _users(nodes: Sequence[LayerNode]) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for node in nodes:
        for source in node.inputs:
            users.setdefault(source, []).append(node.id)
    return users


def _reached(start: str, ways: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(ways.get(start, ()))
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += ways.get(one, ())
    return found


def _with_windows(
    part: CodePart,
    inside: Sequence[LayerNode],
    nodes: Mapping[str, LayerNode],
    users: Mapping[str, Sequence[str]],
) -> Found:
    """An attention with the windows that are cut for it, and put together again behind it."""
    before: list[str] = []
    at = part.entry
    while len(users[at]) == 1 and _is_passing(nodes[at]):
        before.append(at)
        at = nodes[at].inputs[0]
    behind: list[str] = []
    at = part.exit
    while len(users.get(at, ())) == 1 and _is_passing(nodes[users[at][0]], last=True):
        at = users[at][0]
        behind.append(at)
    before, behind = _to_last_step(before, nodes), _to_last_step(behind, nodes)
    words = "".join(_moves(before, nodes)) if _are_undone(before, behind, nodes) else ""
    if not words:
        before, behind = [], []
    label = "window attention" if words else "attention"
    return Found(
        behind[-1] if behind else part.exit,
        nodes[before[-1]].inputs[0] if before else part.entry,
        (*[node.id for node in inside], *before, *behind),
        f"shifted {label}" if SHIFT in words else label,
    )


def _are_undone(
    before: Sequence[str], behind: Sequence[str], nodes: Mapping[str, LayerNode]
) -> bool:
    """Whether windows are cut, and all that was done for that is undone in the other order."""
    cut, back = _moves(before, nodes), _moves(behind, nodes)
    if not any(label.startswith(WINDOWS[0]) for label in cut):
        return False
    start, end = nodes[nodes[before[-1]].inputs[0]].shape, nodes[behind[-1]].shape if behind else ()
    return [_undoing(label) for label in cut] == back and start[:2] == end[:2]


def _moves(chain: Sequence[str], nodes: Mapping[str, LayerNode]) -> list[str]:
    """What the steps of a chain that move places do."""
    labels = [str(nodes[one].options.get("label", "")) for one in chain]
    return [label for label in labels if label.startswith((*WINDOWS, SHIFT))]


def _undoing(label: str) -> str:
    """What the step that undoes another one says."""
    if label.startswith(SHIFT):
        return label.translate({ord("+"): "−", ord("−"): "+"})
    return label.replace(*WINDOWS)


def _is_passing(node: LayerNode, last: bool = False) -> bool:
    """Whether a layer only moves values about on their way into windows, or out of them.

    The ``last`` of them may have a badge, which is then the attention's.
    """
    plain = last or not {"norm", "activation"} & node.options.keys()
    label = str(node.options.get("label", ""))
    moves = label.startswith((*WINDOWS, SHIFT)) and "weights" not in node.options
    return node.kind == "reshape" or (plain and moves)


def _to_last_step(chain: Sequence[str], nodes: Mapping[str, LayerNode]) -> list[str]:
    """A chain up to the last of its layers that has to do with windows."""
    last = 0
    for number, one in enumerate(chain, 1):
        if nodes[one].kind != "reshape":
            last = number
            if {"norm", "activation"} & nodes[one].options.keys():
                break
    return list(chain[:last])


def _box(found: Found, nodes: Mapping[str, LayerNode]) -> LayerNode:
    """One layer for all of an attention, with the sums of their weights and multiply-adds."""
    inside = [nodes[one] for one in found.inside]
    last = nodes[found.exit]
    badges = {key: last.options[key] for key in ("norm", "activation") if key in last.options}
    parameters = sum(node.parameters for node in inside)
    macs = sum(node.macs for node in inside)
    options: dict[str, Any] = {"label": found.label, "shape": last.shape, **badges}
    if weights := parameters - _of_badges(badges, last.shape[-1]):
        options["weights"] = weights
    if macs:
        options["macs"] = macs
    path = inside[0].path
    inputs = (found.entry,)
    return LayerNode(
        last.id, "other-attention", inputs, options, last.shape, path, parameters, 0, macs
    )


def _of_badges(badges: Mapping[str, str], channels: int) -> int:
    """The weights of the norm and the activation on a layer."""
    norm = NORMS[badges["norm"]].weights[0] if "norm" in badges else 0
    activation = ACTIVATIONS[badges["activation"]].weights[0] if "activation" in badges else 0
    return (norm + activation) * channels
