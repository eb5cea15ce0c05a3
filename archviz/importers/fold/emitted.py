"""What a fold has come to, as a graph of layers: names, boxes, and what the source holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from archviz.errors import fail
from archviz.importers.conservation import UNSTATED, shape_gaps
from archviz.importers.fold import activations, attention_layer, boxes, computed, named, reorient
from archviz.importers.fold.state import Fold, LayerDraft, product
from archviz.importers.graphs import Held, LayerGraph, LayerNode, Near, Op, OpGraph, record
from archviz.importers.weights import census
from archviz.network.kinds import STATED


def emitted(fold: Fold) -> LayerGraph:
    """The layers that lead to an output, each with a name of its own.

    Raises:
        ArchvizError: there are none.
    """
    given = [name for name in fold.graph.outputs if name in fold.values]
    ends = [fold.values[name].draft for name in given]
    if not ends:
        raise fail(fold.path, "gives nothing but constants: there is nothing to draw")
    kept = _leading_to(fold, ends)
    start = kept[0]
    missed = {**fold.missed, **activations.nearly(kept)}
    taken: set[str] = set()
    nodes: list[LayerNode] = []
    unknown: dict[str, None] = {}
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    for draft in kept:
        identity = draft.name or (draft.op.outputs[0] if draft.kind[0] != "f" else "")
        if not identity or identity in taken:
            identity = _unused(identity or f"{draft.kind}-{len(nodes)}", taken, len(nodes))
        taken.add(identity)
        draft.name = identity
        if draft.computed and (draft.kind in STATED or draft.kind == "position"):
            computed.own(draft)
        if draft.kind[0] == "~" or draft.kind in STATED:
            _resolve(fold, draft, unknown)
        elif draft.computed:
            computed.settle(draft)
        inputs = tuple([source.name for source in draft.inputs])
        if not inputs and draft.kind != "input":
            inputs = (start.name,)
        if "shared" in draft.options and draft.lent < draft.parameters:
            draft.options["own"] = draft.parameters - draft.lent
        options = known.setdefault((draft.kind, *draft.options.items()), draft.options)
        sizes = draft.parameters, draft.fixed, draft.macs
        made_of = identity, draft.kind, inputs, options, draft.shape, draft.path, *sizes
        nodes.append(record(LayerNode, made_of))
    called: dict[str, str] = {}
    for name, draft in zip(given, ends, strict=True):
        called.setdefault(draft.name, fold.graph.called.get(name, ""))
    inside = set(kept)
    values = fold.values.items()
    owners = {name: value.draft.name for name, value in values if value.draft in inside}
    held = _held(fold, kept, inside)
    found = tuple(nodes), tuple(called), tuple(unknown), held
    near = _near(missed, kept)
    made = LayerGraph(fold.graph.name, *found, owners=owners, batch=fold.batch, near=near)
    return made._replace(called=called, classes=fold.graph.classes)


def _leading_to(fold: Fold, ends: list[LayerDraft]) -> list[LayerDraft]:
    """The drafts on the way to outputs, and all inputs."""
    needed = set(ends)
    kept: list[LayerDraft] = []
    for draft in reversed(fold.drafts):
        if draft in needed or draft.kind == "input":
            needed.update(draft.inputs)
            kept.append(draft)
    kept.reverse()
    return kept


def _near(missed: Mapping[tuple[str, str], str], kept: list[LayerDraft]) -> tuple[Near, ...]:
    """Rules that nearly fit, where what they would have been is drawn as something else."""
    if not missed:
        return ()
    drawn = {draft.op.outputs[0]: draft for draft in kept if draft.op.outputs}
    return tuple(
        Near(drawn[value].name, drawn[value].op.kind, rule, why)
        for (value, rule), why in missed.items()
        if value in drawn
    )


def _held(fold: Fold, kept: list[LayerDraft], inside: set[LayerDraft]) -> Held:
    """What the source holds: its weights, and the shapes that it states.

    The drafts ``inside`` the figure are those that are ``kept``, in that order.
    """

    def drawn() -> dict[str, str]:
        return {draft.op.outputs[0]: draft.kind for draft in kept if draft.op.outputs}

    loose = {
        name
        for name, draft in fold.weighed.items()
        if draft not in inside and draft.kind not in ("dense", "conv", "~attention")
    }
    held = census(_in_steps(fold), fold.weighed.keys(), fold.constants, loose, drawn, fold.masks)
    own = {name for name, draft in fold.inside.items() if draft in inside}
    return held._replace(
        shapes=shape_gaps(fold.graph.shapes, _shapes(fold, inside)),
        batched=tuple(dict.fromkeys(_with_the_batch(fold, kept))),
        merged=fold.merged,
        untaken={name: size for name, size in held.untaken.items() if name not in own},
    )


def _with_the_batch(fold: Fold, kept: list[LayerDraft]) -> Iterator[str]:
    """Labels of what has made the batch a side of its results, or a part of one."""
    for draft in kept if fold.batch > 1 else ():
        if draft in fold.unbatched:
            yield str(draft.options.get("label") or draft.kind)
        if draft.op.kind not in _RESHAPES or len(draft.inputs) != 1:
            continue
        if product(draft.shape) == fold.batch * product(draft.inputs[0].shape):
            yield str(draft.options.get("label") or draft.kind)


def _shapes(fold: Fold, inside: set[LayerDraft]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Values of drafts with their shapes in the file's order; most are alike."""
    known: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for name, value in fold.values.items():
        draft, axes, sides = value
        if draft in inside:
            key = draft.shape, axes, sides
            dims = known.get(key)
            if dims is None:
                dims = known[key] = fold.dims(value)
            yield name, dims


def _unused(word: str, taken: set[str], number: int) -> str:
    identity = word
    while identity in taken:
        identity = f"{word}#{number}"
        number += 1
    return identity


_RESHAPES = ("Reshape", "Squeeze", "Unsqueeze", "Flatten")
_BY_CHANNEL = {"Add": "+ bias", "Sub": "− bias", "Div": "÷ scale"}
"""Arithmetic with a learned number for each channel; a product is a layer of its own."""


def _resolve(fold: Fold, draft: LayerDraft, unknown: dict[str, None]) -> None:
    """Make a layer of what has been waiting for more, and note what stays an operator.

    Of what was recorded all is known, and it needs no more than a word.
    """
    kind = draft.kind
    if draft.attention is not None:
        attention_layer.as_layer(draft, draft.attention)
        return
    if kind == "~affine" and draft.op.kind == "Mul":
        draft.kind = "scale"
        return
    if kind == "~affine" and draft.op.kind in _BY_CHANNEL:
        named.state(draft, _BY_CHANNEL[draft.op.kind])
        return
    if kind == "~select":
        draft.kind = "select"
        return
    if draft.span is not None:
        draft.kind = "slice"
        draft.options["label"] = draft.span.label
        draft.options["shape"] = draft.shape
        return
    if kind == "~view" and draft.op.kind in _RESHAPES:
        sizes = {product(source.shape) for source in draft.inputs}
        if sizes == {product(draft.shape)} and reorient.mixes(fold, draft):
            named.state(draft, "rearrange")
            return
        if sizes == {product(draft.shape)}:
            draft.kind = "reshape"
            draft.options["shape"] = draft.shape
            return
    if kind == "~math" and len(draft.inputs) == 2 and draft.op.kind in ("Add", "Mul"):
        draft.kind = {"Add": "add", "Mul": "multiply"}[draft.op.kind]
        return
    if named.as_named_box(draft):
        return
    if draft.known:
        named.state(draft, draft.options["label"])
        return
    label = draft.options.get("label") or draft.op.kind.rpartition(".")[2]
    told = fold.graph.learned or (not draft.guessed and boxes.is_told(fold, draft.op))
    word = boxes.WORDS.get(draft.op.kind) if told and label == draft.op.kind else None
    if word is not None:
        named.state(draft, word)
        return
    guessed = UNSTATED if draft.guessed else ""
    named.state(draft, label)
    unknown[label + guessed] = None


def _opened(fold: Fold, ops: Iterable[Op]) -> Iterator[Op]:
    """Operators, and instead of fused ones what these stand for, to any depth."""
    for op in ops:
        parts = fold.parts.get(op.outputs) if op.kind != "Identity" else None
        if parts is None:  # an end of what one stands for is called as its own
            yield op
        else:
            yield from _opened(fold, parts[0])


def _in_steps(fold: Fold) -> OpGraph:
    """The graph with what fused operators stand for in their places."""
    graph = fold.graph
    if not fold.parts:
        return graph
    ops = list(_opened(fold, graph.ops))
    constants = dict(graph.constants)
    for _, more in fold.parts.values():
        constants |= more
    mentioned = {name for op in ops for name in op.inputs}
    for op in graph.ops:
        if op.outputs in fold.parts:  # its scales and the like stand nowhere else
            for name in op.inputs:
                if name not in mentioned:
                    constants.pop(name, None)
    return graph._replace(ops=tuple(ops), constants=constants)
