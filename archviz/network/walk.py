"""The one walk over a network: repeats run, towers side by side, wires followed.

Whoever walks says what a value is and what a layer makes of its values; all else is the
same for all: what is left out, what stood before, how the layers are called.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeAlias, TypeVar, assert_never

from archviz.network.model import (
    PREVIOUS,
    Auxiliary,
    Graph,
    Layer,
    ModuleCall,
    Node,
    Repeat,
    Residual,
    Series,
    Towers,
)
from archviz.network.paths import Scope

Carried = TypeVar("Carried")
Run: TypeAlias = Repeat | ModuleCall | Auxiliary
"""What runs the series in it one after another."""


def children(node: Node, shown: bool = False) -> tuple[Node, ...]:
    """The nodes in a node; of a repeat all iterations, or only the one that is ``shown``."""
    match node:
        case Layer():
            return ()
        case Series():
            return node.nodes
        case Repeat():
            return node.bodies[:1] if shown else node.bodies
        case Towers():
            return (*node.branches, node.merge)
        case Residual():
            return node.main, node.shortcut, node.merge
        case Graph():
            return tuple(series for _, series in node.nodes)
        case ModuleCall() | Auxiliary():
            return (node.body,)
        case _:
            assert_never(node)


def within(node: Node, shown: bool = False) -> Iterator[Node]:
    """A node and all in it, outer before inner; see :func:`children`."""
    yield node
    for child in children(node, shown):
        yield from within(child, shown)


class Walk(ABC, Generic[Carried]):
    """Runs a network; a subclass says what its values are and what a layer does to them."""

    def __init__(self, nothing: Carried) -> None:
        self.nothing = nothing
        """What stands in front of an input."""
        self.before = nothing
        """What the item before this one took in; in front of a series, what that takes in."""

    # ---- what differs ----------------------------------------------------------------

    @abstractmethod
    def layer(
        self, layer: Layer, values: tuple[Carried, ...], names: Sequence[str], scope: Scope
    ) -> Carried:
        """What a layer makes of its values: none for an input, several for a merge.

        ``names`` says in messages where the values of a merge come from.
        """

    @abstractmethod
    def auxiliary(self, node: Auxiliary, value: Carried, scope: Scope) -> None:
        """Run what is tapped off the main row."""

    def left_out(self, node: Layer | ModuleCall) -> None:
        """Note what does not run."""

    def run(self, node: Run, bodies: Sequence[Series], value: Carried, scope: Scope) -> Carried:
        """Run the bodies of a node one after another."""
        for body in bodies:
            value = self.series(body, value, scope)
        return value

    def identical(self, node: Towers, value: Carried, scope: Scope) -> list[Carried]:
        """What each of many identical towers makes of a value."""
        return [self.branch(node.branches[0], value, scope) for _ in range(node.copies)]

    # ---- what does not ---------------------------------------------------------------

    def branch(self, series: Series, value: Carried, scope: Scope) -> Carried:
        """A series that begins anew: nothing stands before its first item."""
        self.before = value
        return self.series(series, value, scope)

    def series(self, series: Series, value: Carried, scope: Scope) -> Carried:
        """Nodes one after another."""
        for node in series.nodes:
            entered, value = value, self.node(node, value, scope)
            if entered is self.nothing:  # it begins with inputs: nothing is before it
                self.before = value
            elif value is not entered and not isinstance(node, Repeat | Series):
                self.before = entered
        return value

    def node(self, node: Node, value: Carried, scope: Scope) -> Carried:
        """What a node makes of a value; the same one where nothing of it runs."""
        match node:
            case Layer():
                if node.kind == "input":
                    return self.layer(node, (), (), scope)
                if node.present:
                    return self.layer(node, (value,), (), scope)
                self.left_out(node)
                return value
            case Series():
                return self.series(node, value, scope)
            case ModuleCall():
                if node.present:
                    inner = scope.inside(node.module, node.name)
                    return self.run(node, (node.body,), value, inner)
                self.left_out(node)
                return value
            case Repeat():
                bodies = node.bodies * (node.times if len(node.bodies) == 1 else 1)
                return self.run(node, bodies, value, scope)
            case Towers():
                return self.towers(node, value, scope)
            case Residual():
                main = self.branch(node.main, value, scope)
                path = scope.inside("shortcut") if node.shortcut.nodes else scope
                ends = main, self.branch(node.shortcut, value, path)
                return self.layer(node.merge, ends, ("the main path", "the shortcut"), scope)
            case Graph():
                return self.graph(node, value, scope)
            case Auxiliary():
                before, self.before = self.before, value
                self.auxiliary(node, value, scope.inside("auxiliary", node.name))
                self.before = before
                return value
            case _:
                assert_never(node)

    def towers(self, node: Towers, value: Carried, scope: Scope) -> Carried:
        """Towers and their merge."""
        word = "branch" if node.joined else "tower"
        if node.copies > 1:
            inner = scope.inside("", f"towers×{node.copies}")
            ends = self.identical(node, value, inner)
        else:
            ends = [
                self.branch(branch, value, scope.inside(word) if branch.nodes else scope)
                for branch in node.branches
            ]
        return self.layer(node.merge, tuple(ends), _Numbered(word), scope)

    def graph(self, node: Graph, value: Carried, scope: Scope) -> Carried:
        """Nodes in their topological order, each on what its edges bring."""
        values = {"in": value, PREVIOUS: self.before}
        sources: dict[str, list[str]] = {}
        for source, target in node.edges:
            sources.setdefault(target, []).append(source)
        for name, body in node.nodes:
            names = sources.get(name, ())  # without any, it begins with an input
            inner = scope.inside("", name)
            if len(names) < 2:
                start = values[names[0]] if names else self.nothing
                values[name] = self.branch(body, start, inner)
                continue
            merge = body.nodes[0]
            assert isinstance(merge, Layer)  # a node with several inputs begins with a merge
            joined = self.layer(merge, tuple(values[source] for source in names), names, inner)
            values[name] = self.branch(Series(body.nodes[1:]), joined, inner)
        return values[sources["out"][0]]


class _Numbered(Sequence[str]):
    """``tower 1``, ``tower 2`` ... for messages, made only when asked for."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __len__(self) -> int:
        return 1 << 30

    def __getitem__(self, index: Any) -> Any:
        return f"{self.word} {index + 1}"
