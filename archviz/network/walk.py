"""The one walk over a network: repeats run, towers side by side, wires followed.

Whoever walks says what a value is and what a layer makes of its values; all else is the
same for all: what is left out, what stood before, how the layers are called.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeAlias, TypeVar, assert_never

from archviz.network.kinds import KINDS
from archviz.network.model import (
    COMING_IN,
    PREVIOUS,
    Auxiliary,
    From,
    Graph,
    Layer,
    ModuleCall,
    Named,
    Node,
    Outputs,
    Repeat,
    Residual,
    Series,
    Stage,
    Towers,
)
from archviz.network.paths import Scope

Carried = TypeVar("Carried")
Run: TypeAlias = Repeat | ModuleCall | Auxiliary
"""What runs the series in it one after another."""


def children(node: Node, shown: bool = False) -> tuple[Node, ...]:
    """The nodes in a node; of a repeat all iterations, or only the one that is ``shown``."""
    match node:
        case Layer() | Named() | From():
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
        case Outputs():
            return tuple(series for _, series in node.branches)
        case ModuleCall() | Auxiliary() | Stage():
            return (node.body,)
        case _:
            assert_never(node)


def within(node: Node, shown: bool = False, modules: bool = True) -> Iterator[Node]:
    """A node and all in it, outer before inner; of ``modules`` what is in them, too.

    See :func:`children`.
    """
    rest = [node]
    while rest:
        node = rest.pop()
        yield node
        if isinstance(node, Layer | Named | From):
            continue
        if modules or not isinstance(node, ModuleCall):
            rest.extend(reversed(children(node, shown)))


class Walk(ABC, Generic[Carried]):
    """Runs a network; a subclass says what its values are and what a layer does to them."""

    def __init__(self, nothing: Carried) -> None:
        self.nothing = nothing
        """What stands in front of an input."""
        self.before = nothing
        """What the item before this one took in; in front of a series, what that takes in."""
        self.named: dict[str, tuple[Carried, ...]] = {}
        """The values that have a name here; several where a repeat gives one each time."""
        self.sharing = 0
        """How many calls and repeats the walk is in whose weights count elsewhere."""

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

    def left_out(self, node: Node) -> None:
        """Note what does not run."""

    def given(self, layer: Layer, value: Carried) -> Carried:
        """What a layer gives by a name of its own, beside the ``value`` that goes on."""
        return value

    def outputs(self, node: Outputs, ends: Sequence[Carried]) -> Carried:
        """What several outputs come to."""
        return ends[-1]

    def iteration(self, node: Run, number: int) -> None:
        """Note that iteration ``number`` of a node begins."""

    def run(self, node: Run, bodies: Sequence[Series], value: Carried, scope: Scope) -> Carried:
        """Run the bodies of a node one after another, each with the names from outside."""
        outside, gathered = self.named, dict[str, list[Carried]]()
        sharing = self.sharing
        self.sharing += isinstance(node, ModuleCall) and node.shared
        for number, body in enumerate(bodies):
            self.iteration(node, number)
            self.sharing += number == 1 and isinstance(node, Repeat) and node.shared
            self.named = dict(outside)
            value = self.series(body, value, scope)
            for name, values in self.named.items():
                if outside.get(name) is not values:
                    gathered.setdefault(name, []).extend(values)
        self.named = outside | {name: tuple(values) for name, values in gathered.items()}
        self.sharing = sharing
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
            # what begins with inputs, or anew, has nothing before it
            if entered is self.nothing or isinstance(node, From):
                self.before = value
            elif value is not entered and not isinstance(node, Repeat | Series | Stage):
                self.before = entered
        return value

    def apply(
        self, layer: Layer, values: tuple[Carried, ...], names: Sequence[str], scope: Scope
    ) -> Carried:
        """What a layer makes of its values and of the named ones that it takes."""
        if not layer.takes:
            return self.layer(layer, values, names, scope)
        own = () if layer.alone else tuple(zip(names or ("what comes in",), values, strict=False))
        taken = [(name, value) for name in layer.takes for value in self.named[name]]
        names = tuple(name for name, _ in (*own, *taken))
        return self.layer(layer, tuple(value for _, value in (*own, *taken)), names, scope)

    def node(self, node: Node, value: Carried, scope: Scope) -> Carried:
        """What a node makes of a value; the same one where nothing of it runs."""
        match node:
            case Layer():
                return self.alone(node, value, scope)
            case Series():
                return self.series(node, value, scope)
            case Stage():
                return self.stage(node, value, scope)
            case Named():
                self.named[node.name] = (value,)
                return value
            case From():
                return self.named[node.name][-1]
            case ModuleCall():
                return self.call(node, value, scope)
            case Repeat():
                bodies = node.bodies * (node.times if len(node.bodies) == 1 else 1)
                return self.run(node, bodies, value, scope)
            case Towers():
                return self.towers(node, value, scope)
            case Residual():
                return self.residual(node, value, scope)
            case Graph():
                return self.graph(node, value, scope)
            case Auxiliary():
                before, self.before = self.before, value
                self.auxiliary(node, value, scope.inside("auxiliary", node.name))
                self.before = before
                return value
            case Outputs():
                ends = [
                    self.branch(series, value, scope.inside("", name))
                    for name, series in node.branches
                ]
                return self.outputs(node, ends)
            case _:
                assert_never(node)

    def stage(self, node: Stage, value: Carried, scope: Scope) -> Carried:
        """What stands in a stage."""
        return self.series(node.body, value, scope)

    def alone(self, node: Layer, value: Carried, scope: Scope) -> Carried:
        """A layer that is no merge of towers, a residual or a graph."""
        if KINDS[node.kind].begins:
            return self.layer(node, (), (), scope)
        if not node.present:
            self.left_out(node)
            self.named.update(dict.fromkeys(gives(node), (value,)))
            return value
        result = self.apply(node, (value,), (), scope)
        for name in node.gives:
            self.named[name] = (self.given(node, result),)
        return result

    def residual(self, node: Residual, value: Carried, scope: Scope) -> Carried:
        """A main path, a shortcut and their merge; the main path alone where that is left out."""
        main = self.branch(node.main, value, scope)
        if not node.merge.present:
            self.left_out(node.shortcut)
            self.left_out(node.merge)
            for inner in within(node.shortcut, modules=False):
                self.named.update(dict.fromkeys(gives(inner), (value,)))
            return main
        path = scope.inside("shortcut") if node.shortcut.nodes else scope
        ends = main, self.branch(node.shortcut, value, path)
        return self.apply(node.merge, ends, ("the main path", "the shortcut"), scope)

    def call(self, node: ModuleCall, value: Carried, scope: Scope) -> Carried:
        """A module's body, which knows its inputs by names of its own."""
        if not node.present:
            self.left_out(node)
            self.named.update(dict.fromkeys(gives(node), (value,)))
            return value
        outside = self.named
        self.named = {name: outside[given] for name, given in node.inputs}
        self.named[PREVIOUS], self.named[COMING_IN] = (self.before,), (value,)
        if node.whole:
            self.before = value
        value = self.run(node, (node.body,), value, scope.inside(node.module, node.name))
        given = {there: self.named[here] for here, there in node.gives}
        self.named = outside | given
        return value

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
        return self.apply(node.merge, tuple(ends), _Numbered(word), scope)

    def graph(self, node: Graph, value: Carried, scope: Scope) -> Carried:
        """Nodes in their topological order, each on what its edges bring."""
        values = {"in": (value,)}
        sources: dict[str, list[str]] = {}
        for source, target in node.edges:
            sources.setdefault(target, []).append(source)
        for name, body in node.nodes:
            names = sources.get(name, ())  # without any, it begins with an input or a name
            inner = scope.inside("", name)
            taken = [(one, end) for one in names for end in values.get(one) or self.named[one]]
            if len(taken) < 2:
                start = taken[0][1] if taken else self.nothing
                values[name] = (self.branch(body, start, inner),)
                continue
            merge = body.nodes[0]
            assert isinstance(merge, Layer)  # a node with several inputs begins with a merge
            ends, labels = tuple(end for _, end in taken), [one for one, _ in taken]
            joined = self.apply(merge, ends, labels, inner)
            values[name] = (self.branch(Series(body.nodes[1:]), joined, inner),)
        return values[sources["out"][0]][0]


def gives(node: Node) -> tuple[str, ...]:
    """Names that a node gives to values, as they are known around it."""
    match node:
        case Layer():
            return node.gives
        case ModuleCall():
            return tuple(name for _, name in node.gives)
        case Named():
            return (node.name,)
    return ()


class _Numbered(Sequence[str]):
    """``tower 1``, ``tower 2`` ... for messages, made only when asked for."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __len__(self) -> int:
        return 1 << 30

    def __getitem__(self, index: Any) -> Any:
        return f"{self.word} {index + 1}"
