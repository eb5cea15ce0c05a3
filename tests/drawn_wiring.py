"""The wiring that a picture of a network has to show, from the tree of the network alone.

What the figure leaves out is passed through: hidden layers and forms. A repeat stands once,
identical towers up to four, of more three; a module is a box, and a panel of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from wirings import BAR, COMES_IN, GOES_OUT, Wiring, normal, port

from archviz.looks import MODULES
from archviz.network.analysis import Analysis
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS, OPENABLE
from archviz.network.labels import alternatives, box_label, without_braces
from archviz.network.model import (
    COMING_IN,
    PREVIOUS,
    Auxiliary,
    From,
    Graph,
    Layer,
    ModuleCall,
    Named,
    Network,
    Node,
    Outputs,
    Repeat,
    Residual,
    Series,
    Stage,
    Towers,
)
from archviz.network.walk import within

Value: TypeAlias = tuple[int, ...]
"""The boxes that a line comes from, one or several."""
MOST_COPIES = 4
SHOWN_COPIES = 3


def wirings(network: Network, analysis: Analysis) -> list[Wiring]:
    """The wiring of the main row, then of each panel."""
    row = _Drawing(network, analysis)
    row.series(network.body, ())
    return [row.wiring(), *_panels(network, analysis)]


def _panels(network: Network, analysis: Analysis) -> Iterator[Wiring]:
    opened = network.figure.opened
    calls: dict[str, ModuleCall] = {}
    for call in _present_calls(network.body):
        calls.setdefault(call.module, call)
    for name, call in calls.items():
        if name not in opened and (MODULES not in opened or MODULES in network.modules):
            continue
        panel = _Drawing(network, analysis)
        start = (panel.box(COMES_IN),)
        panel.named = {COMING_IN: start}
        panel.outside = {PREVIOUS, *network.modules[name].inputs}
        end = panel.series(call.body, start)
        panel.join(end, panel.box(GOES_OUT))
        for given in network.modules[name].gives:
            if ends := panel.leaving(given):
                panel.join(ends, panel.box(port(given, leaves=True)))
        yield panel.wiring()
    layers = [node for node in within(network.body) if isinstance(node, Layer)]
    for kind in OPENABLE if not {*OPENABLE}.isdisjoint(opened) else ():
        for crossing in (False, True):
            alike = [one for one in layers if one.kind == kind and bool(one.takes) == crossing]
            if alike and kind in opened:
                names = {name for layer in alike for name in layer.takes}
                source = names.pop() if len(names) == 1 else "source"
                yield _inside_attention(network, analysis, source if crossing else "")


def _inside_attention(network: Network, analysis: Analysis, source: str) -> Wiring:
    drawing = _Drawing(network, analysis)
    start = (drawing.box(COMES_IN),)
    other = (drawing.box(port(source)),) if source else start
    ends = [
        drawing.box(name, start if name == "query" else other) for name in ("query", "key", "value")
    ]
    product = drawing.box("scaled dot product", ends)
    drawing.join((drawing.box("output", (product,)),), drawing.box(GOES_OUT))
    return drawing.wiring()


def _present_calls(node: Node) -> Iterator[ModuleCall]:
    """The calls that are not left out, outer before inner, in their order in the spec."""
    if isinstance(node, ModuleCall):
        if not node.present:
            return
        yield node
    for child in _parts(node):
        yield from _present_calls(child)


def _parts(node: Node) -> Sequence[Node]:
    match node:
        case Series():
            return node.nodes
        case Repeat():
            return node.bodies
        case Towers():
            return node.branches
        case Residual():
            return (node.main, node.shortcut)
        case Graph():
            return [series for _, series in node.nodes]
        case Outputs():
            return [series for _, series in node.branches]
        case ModuleCall() | Auxiliary() | Stage():
            return (node.body,)
        case _:
            return ()


class _Drawing:
    """A main row or a panel."""

    def __init__(self, network: Network, analysis: Analysis) -> None:
        self.network, self.analysis = network, analysis
        self.labels: list[str] = []
        self.edges: Counter[tuple[int, int]] = Counter()
        self.named: dict[str, Value] = {}
        self.outside: set[str] = set()
        """Names of values that come from outside."""
        self.begins: dict[str, Value] = {}
        self.inner: set[str] = set()
        """Names that hidden forms and layers give."""
        self.hidden = 0
        self.parts: dict[int, int] = {}
        """The boxes that give values besides what goes on from them."""

    def wiring(self) -> Wiring:
        """Without what comes from outside for hidden layers alone."""
        used = {number for pair in self.edges for number in pair}
        unused = {end for name in self.outside for end in self.named.get(name, ())} - used
        kept = [number for number in range(len(self.labels)) if number not in unused]
        place = {number: at for at, number in enumerate(kept)}
        edges = Counter({(place[a], place[b]): n for (a, b), n in self.edges.items()})
        return Wiring(tuple(self.labels[number] for number in kept), edges)

    def box(self, label: str, sources: Sequence[int] = ()) -> int:
        self.labels.append(label if label.startswith("(") else normal(label))
        self.join(sources, len(self.labels) - 1)
        return len(self.labels) - 1

    def join(self, sources: Sequence[int], target: int) -> None:
        for source in sources:
            self.edges[self.parts.get(source, source), target] += 1

    def value(self, name: str) -> Value:
        if name not in self.named and name in self.outside:
            self.named[name] = (self.box(port(name)),)
        return self.named[name]

    def leaving(self, name: str) -> Value:
        """The value of a name that goes out of a module.

        What comes in and goes out again in nothing but hidden layers has no line there.
        """
        ends = self.value(name)
        through = {end for one in self.outside for end in self.named.get(one, ())}
        return tuple(end for end in ends if name not in self.inner or end not in through)

    def begun(self, name: str) -> Value:
        """With what a series begins: of several values that a hidden merge makes one, the name."""
        value = self.value(name)
        if self.hidden or len(value) < 2:
            return value
        if name not in self.begins:
            self.begins[name] = (self.box(port(name)),)
        return self.begins[name]

    def series(self, series: Series, value: Value) -> Value:
        for node in series.nodes:
            value = self.node(node, value)
        return value

    def node(self, node: Node, value: Value) -> Value:
        match node:
            case Layer() | ModuleCall():
                return self.single(node, value)
            case Series():
                return self.series(node, value)
            case Stage():
                return self.series(node.body, value)
            case Named():
                self.named[node.name] = value
                self.inner |= {node.name} if self.hidden else set()
                return value
            case From():
                return self.begun(node.name)
            case Auxiliary():
                self.unless_hidden(node, value)
                return value
            case _:
                return self.unless_hidden(node, value)

    def unless_hidden(
        self, node: Repeat | Towers | Residual | Graph | Auxiliary | Outputs, value: Value
    ) -> Value:
        if isinstance(node, Outputs):
            return self.outputs(node, value)
        self.hidden += not node.look.drawn
        end = self.compound(node, value)
        self.hidden -= not node.look.drawn
        return end if node.look.drawn else value

    def compound(self, node: Repeat | Towers | Residual | Graph | Auxiliary, value: Value) -> Value:
        match node:
            case Repeat():
                return self.series(node.bodies[0], value)
            case Auxiliary():
                return self.series(node.body, value)
            case Residual():
                ends = (*self.series(node.main, value), *self.series(node.shortcut, value))
                return self.merge(node.merge, ends)
            case Towers():
                branches = node.branches
                if node.copies > 1:
                    branches *= node.copies if node.copies <= MOST_COPIES else SHOWN_COPIES
                ends = tuple(end for one in branches for end in self.series(one, value))
                return ends if node.joined else self.merge(node.merge, ends)
            case Graph():
                return self.graph(node, value)

    def graph(self, node: Graph, value: Value) -> Value:
        values = {"in": value}

        def before(name: str) -> Value:
            tails = [tail for tail, head in node.edges if head == name]
            found = [values[tail] if tail in values else self.value(tail) for tail in tails]
            ends = (end for ends in found for end in ends)
            return tuple(dict.fromkeys(ends) if self.hidden else ends)

        for name, body in node.nodes:
            values[name] = self.series(body, before(name))
        return before("out")

    def outputs(self, node: Outputs, value: Value) -> Value:
        for number, (name, series) in enumerate(node.branches):
            look = node.looks[number] if node.looks else None
            self.hidden += look is not None and not look.drawn
            end = self.series(series, value)
            if end and not self.hidden:
                self.box(port((look and look.label) or name, leaves=True), end)
            self.hidden -= look is not None and not look.drawn
        return ()

    def merge(self, layer: Layer, ends: Value) -> Value:
        """A merge of towers or of a residual, which is drawn whatever it is.

        Of what is left out, each value that comes in is one of the merged one's, once.
        """
        if self.hidden:
            ends = tuple(dict.fromkeys(ends))
        return self.single(layer, ends, merges=True)

    def single(self, node: Layer | ModuleCall, value: Value, merges: bool = False) -> Value:
        facts = self.analysis.facts.get(node.where)
        shown = [one.node for one in facts.present] if facts else []
        if isinstance(node, Layer):
            shown = [one for one in shown if merges or getattr(one, "drawn", False)]
            begins = KINDS[node.kind].begins or node.alone
            taken = node.takes
            given = node.gives
        else:
            shown = shown if node.look.drawn else []
            begins = False
            taken = tuple(name for _, name in node.inputs)
            given = tuple(name for _, name in node.gives)
        ends = (*(() if begins else value), *(one for name in taken for one in self.value(name)))
        if shown and not self.hidden:
            value = (self.box(self.label(shown), ends),)
        elif begins:
            value = ends
        for name in given:
            drawn = shown and not self.hidden
            self.named[name] = self.part(value[0]) if drawn else value
            self.inner |= set() if drawn else {name}
        return value

    def part(self, box: int) -> Value:
        """One more value that a box gives."""
        number = -1 - len(self.parts)
        self.parts[number] = box
        return (number,)

    def label(self, nodes: Sequence[object]) -> str:
        """What the box of a place says whose calls have these."""
        layers = [node for node in nodes if isinstance(node, Layer)]
        if not layers:
            calls = [node for node in nodes if isinstance(node, ModuleCall)]
            module = self.network.modules[calls[0].module]
            labels = list(dict.fromkeys(call.look.label or module.label for call in calls))
            said = alternatives(labels)
            return without_braces(module.label) or said if len(labels) > 3 and "/" in said else said
        kind = KINDS[layers[0].kind]
        if kind.glyph == "bar":
            return BAR
        if kind.glyph == "circle":
            badges = [ACTIVATIONS.get(one.kind) or NORMS.get(one.kind) for one in layers]
            return "/".join(dict.fromkeys(badge.text for badge in badges if badge))
        facts = self.analysis.facts[layers[0].where]
        depthwise = all(facts.depthwise or (False,))
        return alternatives(list(dict.fromkeys(box_label(one, depthwise) for one in layers)))
