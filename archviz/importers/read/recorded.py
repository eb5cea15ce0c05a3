"""From a recording to layers, with all that is known of what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from archviz.importers.graphs import EXPERTS, Held, LayerGraph, OpGraph
from archviz.importers.record.recording import Recording
from archviz.network.model import NOTHING

MOVING = ("running_mean", "running_var")
"""Buffers that are counted as parameters which are not trained."""


class Facts(NamedTuple):
    """What a model has by its own count, and how it was read."""

    name: str
    parameters: Mapping[str, int]
    """Sizes of the parameters, each once, by the first of its names."""
    frozen: frozenset[str] = frozenset()
    """Which of them are not trained."""
    others: Mapping[str, str] = NOTHING
    """The first name of a parameter by each of its others."""
    buffers: Mapping[str, int] = NOTHING
    """Sizes of the buffers that count; see :func:`counted_buffers`."""
    classes: Mapping[str, str] = NOTHING
    """The classes of its parts by their paths."""
    packed: bool = False
    """Whether its weights are no parameters, as those of quantised modules."""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def counted_buffers(sizes: Mapping[str, int]) -> dict[str, int]:
    """Sizes of the buffers that count as parameters which are not trained: moving statistics."""
    return {name: size for name, size in sizes.items() if _last(name) in MOVING}


def more_notes(facts: Facts) -> tuple[str, ...]:
    """What a report says of weights that are not trained."""
    said = []
    if frozen := sum(facts.parameters[name] for name in facts.frozen):
        said.append(f"frozen, and counted as not trained: {frozen:,} parameters")
    return tuple(said)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def layers_of_recording(recording: Recording, facts: Facts, file: str = "") -> LayerGraph:
    """The layers of what was recorded, held against the recording; ``file``: where it stands.

    Raises:
        ArchvizError: they make no sense.
    """
    from archviz.importers.attention_parts import with_attention
    from archviz.importers.fold.frozen import with_frozen
    from archviz.importers.fold.pipeline import fold_graph
    from archviz.importers.record.decided import settled
    from archviz.importers.record.functions import lowered
    from archviz.importers.record.loops import rolled
    from archviz.importers.record.multiply_adds import counted, idle_products, miscounted
    from archviz.importers.record.proof import gaps
    from archviz.importers.record.uniform import without_picks

    recording, left_out = settled(rolled(without_picks(recording)))
    learned = frozenset([*facts.parameters, *facts.buffers])
    operators = lowered(recording, facts.name, learned)._replace(
        frozen=facts.frozen,
        moving=frozenset(facts.buffers),
    )
    graph = fold_graph(operators, file or facts.name)
    again = {scope.path for call in recording.calls for scope in call.scopes if scope.again}
    classes = {  # layers of several runs are no one part
        path: name for path, name in facts.classes.items() if path and path not in again
    }
    graph = with_frozen(with_attention(graph._replace(classes=classes)), operators)
    held = _held(facts, graph, recording.needed().union(*_idle_experts(operators)))
    products = counted(recording)
    drawn = sum([node.macs for node in graph.nodes])
    held = held._replace(
        calls=gaps(recording, graph.nodes, graph.owners),
        counts=miscounted(products, drawn, graph.batch),
        uncounted=products.unknown,
        left_out=left_out,
        notes=(*facts.notes, *more_notes(facts), *idle_products(products, drawn, graph.batch)),
        warnings=facts.warnings,
    )
    return graph._replace(name=facts.name, held=held)


def _idle_experts(operators: OpGraph) -> Iterator[Sequence[str]]:
    """Weights of experts, which are used though no row may have gone through them."""
    return (op.inputs for op in operators.ops if op.kind == EXPERTS)


def _held(facts: Facts, graph: LayerGraph, needed: Set[str]) -> Held:
    """What a model has by its own count: parameters, each once, and moving statistics.

    ``needed`` are the values that were used; other weights stand apart.
    """
    found = graph.held
    if facts.packed:
        return Held("model", boxes=graph.unknown, shapes=found.shapes, batched=found.batched)
    every = {**facts.parameters, **facts.buffers}
    unused = {name: size for name, size in every.items() if size and name not in needed}
    sizes = {name: size for name, size in facts.parameters.items() if name not in unused}
    moving = {name: size for name, size in facts.buffers.items() if name not in unused}
    taken = {facts.others.get(name, name) for name in found.taken}
    return Held(
        "model",
        sum(sizes.values()) + sum(moving.values()),
        fixed=sum(moving.values())
        + sum(size for name, size in sizes.items() if name in facts.frozen),
        untaken={name: size for name, size in sizes.items() if name not in taken},
        extra={
            name: size
            for name, size in found.taken.items()
            if facts.others.get(name, name) not in sizes and name not in moving
        },
        computed={name: sizes[name] for name in found.computed if name in sizes},
        unused=tuple(unused.items()),
        shapes=found.shapes,
        batched=found.batched,
    )
