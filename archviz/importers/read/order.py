"""Topological order of a model's operators, and what is wrong with its wiring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.errors import fail

if TYPE_CHECKING:
    from archviz.importers.graphs import Op, OpGraph


def sorted_ops(graph: OpGraph, path: str) -> OpGraph:
    """The graph with its operators in topological order and without those nobody needs.

    Raises:
        ArchvizError: a value comes from nowhere, or twice; operators feed each other in a circle.
    """
    constants, ready = graph.constants, {"", *graph.inputs}
    made: dict[str, bool] = {}  # whether an operator takes a value
    in_order = named = True
    for _, _, inputs, outputs, *_ in graph.ops:
        for value in inputs:
            if value in made:
                made[value] = True
            elif value not in constants and value not in ready:
                in_order = False
        for value in outputs or ("",):
            if not value:
                named = False
                continue
            if value in made:
                raise fail(path, f"the value '{value[:80]}' is made twice", "export it again")
            made[value] = False
    ops = graph.ops if in_order else _kahn(graph, path)
    for value in graph.outputs:
        if value not in made and value not in constants and value not in ready:
            raise fail(path, f"the output '{value[:80]}' is made by no operator", "export it again")
    unused = [value for value, taken in made.items() if not taken]
    if in_order and named and set(unused) <= set(graph.outputs):
        return graph  # each operator is used by a later one, or gives an output
    return graph._replace(ops=_needed(ops, graph.outputs))


def _kahn(graph: OpGraph, path: str) -> tuple[Op, ...]:
    producer = {value: index for index, op in enumerate(graph.ops) for value in op.outputs if value}
    ready = {"", *graph.inputs}
    waiting: list[int] = []
    users: dict[int, list[int]] = {}
    for index, op in enumerate(graph.ops):
        sources = set()
        for value in op.inputs:
            if value in producer:
                sources.add(producer[value])
            elif value not in ready and value not in graph.constants:
                what = f"'{value[:80]}', which {op.kind[:40]} '{op.name[:80]}' needs"
                raise fail(path, f"the value {what}, comes from nowhere", "export it again")
        waiting.append(len(sources))
        for source in sources:
            users.setdefault(source, []).append(index)
    done = [index for index, count in enumerate(waiting) if not count]
    for index in done:
        for user in users.get(index, ()):
            waiting[user] -= 1
            if not waiting[user]:
                done.append(user)
    if len(done) < len(graph.ops):
        stuck = next(op for index, op in enumerate(graph.ops) if waiting[index])
        what = f"{stuck.kind[:40]} '{stuck.name[:80]}'"
        raise fail(
            path,
            f"operators feed each other in a circle, through {what}",
            "export it again; a loop in time has to be a Loop, or an LSTM",
        )
    return tuple(graph.ops[index] for index in done)


def _needed(ops: tuple[Op, ...], outputs: tuple[str, ...]) -> tuple[Op, ...]:
    needed = set(outputs)
    kept = []
    for op in reversed(ops):
        if not needed.isdisjoint(op.outputs):
            needed.update(op.inputs)
            kept.append(op)
    kept.reverse()
    return tuple(kept)
