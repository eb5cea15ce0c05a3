"""Values that have a name in what a figure leaves out: each is one, or several, of what is drawn.

What is left out passes on what comes in. A name in it can so be another one of a value that is
drawn; or of several, behind a merge that is not; or of none, behind an input that is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple, TypeAlias

from archviz.layout.wires import is_drawn, taken_in
from archviz.network import walk
from archviz.network.kinds import KINDS
from archviz.network.model import (
    COMING_IN,
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

Form: TypeAlias = Repeat | Towers | Residual | Graph | Auxiliary | Stage | Outputs
Placed: TypeAlias = Layer | ModuleCall | Named | From | Form
"""What has a place in the spec."""
Value: TypeAlias = tuple[int, ...]
"""Numbers of the drawn values that a value is."""


class Passed(NamedTuple):
    """What is left out, the value that comes in there, and what goes on."""

    node: Placed
    before: Value
    after: Value


class Names(NamedTuple):
    """How names are written so that each is that of one drawn value."""

    others: Mapping[str, tuple[str, ...]]
    """What stands for names that are not."""
    open: frozenset[str]
    """Those of several values with which a series begins: it does so with the name."""
    places: Mapping[str, tuple[Node, ...]]
    """By its place in the spec, what is drawn instead of what is left out."""


def shown_names(body: Series, gives: Sequence[str] = ()) -> Names:
    """How the names in what is left out of ``body`` are written; those of ``gives`` go out."""
    out = [node for node in walk.within(body, shown=True, modules=False) if not is_drawn(node)]
    if not any(map(_matters, out)):
        return Names({}, frozenset(), {})
    values = _Values()
    values.series(body, values.start)
    named, taken = values.named, {*taken_in(body), *gives}
    starts = {node.name for node in _shown(body) if isinstance(node, From)}
    several = starts.intersection(name for name, value in named.items() if len(value) > 1)
    unclear = [
        name
        for name, value in named.items()
        if name in taken and (name in values.inner or len(value) != 1)
    ]
    changed = [passed.after for passed in values.passed.values() if passed.after != passed.before]
    wanted = {*chain.from_iterable(changed), *(one for name in unclear for one in named[name])}
    homes: dict[int, str] = {}
    for name, value in named.items():
        if name not in values.inner and len(value) == 1:
            homes.setdefault(value[0], name)
    places: dict[str, tuple[Node, ...]] = {}
    for where, passed in values.passed.items():
        name = _name_for(passed, named) if wanted.intersection(passed.before) - {*homes} else ""
        if name:
            name = free_name(name, {*named}) if name in several else name
            homes[passed.before[0]] = name
        taps = (Named(name, where, passed.node.mark),) if name else ()
        after = begins(_homes_of(passed.after, homes), passed.node)
        places[where] = taps if passed.after == passed.before else (*taps, *after)
    others = {name: _homes_of(named[name], homes) for name in unclear}
    return Names(others, frozenset(several), places)


def free_name(name: str, known: set[str]) -> str:
    """The name with the first number that makes it a new one."""
    return next(text for n in count(2) if (text := f"{name} ({n})") not in known)


def _shown(node: Node) -> Iterator[Node]:
    """What is drawn of a node, outside of modules."""
    if is_drawn(node):
        yield node
        for child in () if isinstance(node, ModuleCall) else walk.children(node, shown=True):
            yield from _shown(child)


def begins(names: Sequence[str], node: Placed) -> tuple[Node, ...]:
    """What stands where ``node`` does and goes on from values: one, several or none."""
    where, mark = node.where, node.mark
    starts = [From(name, where, mark) for name in names or [""]]
    if len(starts) == 1:
        return (starts[0],)
    branches = tuple(Series((start,)) for start in starts)
    return (Towers(branches, Layer("concat", where, mark), where, mark, joined=True),)


def is_joint(node: object) -> bool:
    """Whether a node stands for nothing but a value that is several of those that are drawn."""
    if not isinstance(node, Towers) or not node.joined:
        return False
    starts = [branch.nodes for branch in node.branches]
    return all(len(nodes) == 1 and isinstance(nodes[0], From) for nodes in starts)


def _matters(node: Node) -> bool:
    """Whether what is left out gives a name, or does not pass on what comes in."""
    if isinstance(node, Layer) and _anew(node):
        return True
    return any(map(walk.gives, walk.within(node, shown=True, modules=False)))


def _anew(layer: Layer) -> bool:
    return KINDS[layer.kind].begins or layer.alone


def _name_for(passed: Passed, named: Mapping[str, Value]) -> str:
    """Which of the names in what is left out is drawn there: that of what comes in, if one is."""
    inside = walk.within(passed.node, shown=True, modules=False)
    names = [name for node in inside for name in walk.gives(node)]
    having = [name for name in names if passed.before[0] in named[name]]
    having.sort(key=lambda name: named[name] != passed.before)
    return having[0] if having else ""


def _homes_of(value: Value, homes: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(homes[one] for one in value if one in homes)


class _Values:
    """Reads which values names have; what is ``inner`` is named in what is left out."""

    def __init__(self) -> None:
        self.numbers = count()
        self.start = self.new()
        self.named: dict[str, Value] = {}
        self.inner: set[str] = set()
        self.passed: dict[str, Passed] = {}
        self.hidden = False

    def new(self) -> Value:
        return (next(self.numbers),)

    def value(self, name: str) -> Value:
        if name not in self.named:
            self.named[name] = self.start if name == COMING_IN else self.new()
        return self.named[name]

    def name(self, name: str, value: Value) -> None:
        self.named[name] = value
        if self.hidden:
            self.inner.add(name)

    def series(self, series: Series, value: Value) -> Value:
        for node in series.nodes:
            value = self.node(node, value)
        return value

    def node(self, node: Node, value: Value) -> Value:
        if is_drawn(node):
            return self.inside(node, value)
        outer, self.hidden = self.hidden, True
        end = self.inside(node, value)
        self.hidden = outer
        after = end if isinstance(node, Layer) else value
        if not outer and not isinstance(node, Series):
            self.passed[node.where] = Passed(node, value, after)
        return after

    def inside(self, node: Node, value: Value) -> Value:
        """The value behind a node, as if it were drawn where it stands."""
        match node:
            case Layer():
                return self.layer(node, value)
            case ModuleCall():
                return self.given(node, value if self.hidden else self.new())
            case Named():
                self.name(node.name, value)
            case From():
                return self.value(node.name)
            case Series():
                return self.series(node, value)
            case Stage():
                return self.series(node.body, value)
            case Repeat():
                return self.series(node.bodies[0], value)
            case Auxiliary():
                self.series(node.body, value)
            case Outputs():
                for _, branch in node.branches:
                    self.series(branch, value)
            case Graph():
                return self.graph(node, value)
            case Towers():
                ends = self.ends(node.branches, value)
                return ends if node.joined else self.merge(node.merge, ends)
            case Residual():
                return self.merge(node.merge, self.ends((node.main, node.shortcut), value))
        return value

    def ends(self, branches: Sequence[Series], value: Value) -> Value:
        return _together([self.series(branch, value) for branch in branches])

    def merge(self, merge: Layer, ends: Value) -> Value:
        return self.given(merge, ends if self.hidden else self.new())

    def layer(self, layer: Layer, value: Value) -> Value:
        if not self.hidden:
            value = self.new()
        elif _anew(layer):
            value = _together([self.value(name) for name in layer.takes])
        return self.given(layer, value)

    def given(self, node: Layer | ModuleCall, value: Value) -> Value:
        """``value``, with the names that a node gives: where it is drawn, of more values."""
        for name in walk.gives(node):
            self.name(name, value if self.hidden else self.new())
        return value

    def graph(self, graph: Graph, value: Value) -> Value:
        values = {"in": value}

        def before(name: str) -> Value:
            tails = [tail for tail, head in graph.edges if head == name]
            return _together([values.get(tail) or self.value(tail) for tail in tails])

        for name, body in graph.nodes:
            values[name] = self.series(body, before(name))
        return before("out")


def _together(values: Iterable[Value]) -> Value:
    """The values that one is made of, each once."""
    return tuple(dict.fromkeys(chain.from_iterable(values)))
