"""From the canonical tree to measured blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypeVar, assert_never

from archviz.layout.aggregation import Aggregated, Aggregation, aggregated
from archviz.layout.blocks import Block, BoxBlock, CircleBlock, DotsBlock, Face
from archviz.layout.bundles import (
    Bundle,
    BundleBlock,
    LedBlock,
    TallBox,
    bundled,
    pitch_of,
    rows_of,
)
from archviz.layout.compound import (
    RepeatBlock,
    ResidualBlock,
    SeriesBlock,
    TowersBlock,
)
from archviz.layout.details import span
from archviz.layout.exits import exits
from archviz.layout.faces import layer_face, module_face
from archviz.layout.hidden_values import is_joint
from archviz.layout.joined import JoinedBlock
from archviz.layout.levels import Ladder, Piece, ladder_of
from archviz.layout.levels_across import ladder_across, pieces_across
from archviz.layout.levels_named import with_skips
from archviz.layout.names import one_name_each
from archviz.layout.outputs import OutputNames, OutputsBlock
from archviz.layout.pyramid import BESIDE, Beside, pieces
from archviz.layout.shortcuts import with_shortcut
from archviz.layout.stages import noted
from archviz.layout.style import Style
from archviz.layout.symbols import SymbolBlock, has_symbol
from archviz.layout.wires import FromBlock, NothingBlock, TapBlock, given_in, joined, taken_in
from archviz.network import walk
from archviz.network.analysis import Analysis
from archviz.network.kinds import KINDS
from archviz.network.model import (
    PLAIN,
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
from archviz.scene.text import clip

Made = TypeVar("Made")
Drawn: TypeAlias = Piece | Bundle | Aggregation
"""What one block is of."""
MOST_TOWERS = 4
"""Identical towers are drawn one by one up to this many, else as a few and dots."""


class Builder(NamedTuple):
    """Makes blocks of a network's nodes, in one style."""

    network: Network
    analysis: Analysis
    style: Style
    taken: frozenset[str] = frozenset()
    """Named values that are taken in what is drawn."""
    stubs: frozenset[str] = frozenset()
    """Those of them to which no wire leads: their names stand at both ends."""
    under: frozenset[str] = frozenset()
    """Keys of the layers that wires enter or leave below: their captions stand above."""
    body: Series = Series()
    """What the drawing shows."""
    counts: Mapping[str, int] = {}
    """How often each named value is taken in it, or given out of it."""
    leaves: frozenset[str] = frozenset()
    """Those that go out of it."""
    beside: Beside = BESIDE
    """How many of the layers beside a U stand in its topmost row."""
    ladders: bool = True
    """Whether an encoder with its decoder is drawn as a U, with a pyramid's outputs, and modules
    that hand several values on as boxes side by side; all of this takes room."""
    ends: frozenset[str] = frozenset()
    """Places of the spec behind which no line goes on."""
    longest: float = float("inf")
    """Pixels along the flow of a graph at most; what is longer is cut into parts."""

    def within(self, body: Series, gives: Sequence[str] = ()) -> Builder:
        """The builder of what one drawing shows: a main row, or the inside of a module.

        Values of the names ``gives`` go out of it.
        """
        nodes = [*walk.within(body, shown=True, modules=False)]
        body, several = one_name_each(body, nodes, gives)
        body, facts = joined(body), self.analysis.facts
        counts = Counter([*taken_in(body), *gives])
        if self.ladders and not ladder_across(body.nodes, facts, counts):
            plain, body = body, with_skips(body, facts, counts)
            counts = counts if body is plain else Counter([*taken_in(body), *gives])
        if not self.ladders:
            from archviz.layout.unfolded import unfolded

            body, skips = unfolded(body, facts)
            counts = Counter([*taken_in(body), *gives])
            several |= skips
        taken, leaves = frozenset(counts), frozenset(gives)
        inside = self._replace(taken=taken, body=body, counts=counts, leaves=leaves)
        inside = inside.with_stubs(several)
        if not any(isinstance(node, Graph) for node in nodes):
            return inside
        from archviz.layout.graph_parts import Maker, in_parts

        def block_of(series: Series, names: frozenset[str]) -> SeriesBlock:
            return inside.with_stubs(names).series(series)

        body, names = in_parts(body, Maker(block_of, self.style, self.longest), gives)
        counts = Counter([*taken_in(body), *gives])
        return inside._replace(body=body, counts=counts).with_stubs(names)

    def with_stubs(self, names: frozenset[str]) -> Builder:
        """The builder, which knows values by these names, to which no wire leads."""
        return self._replace(taken=self.taken | names, stubs=self.stubs | names)

    def series(self, series: Series) -> SeriesBlock:
        """A series of what is drawn of its nodes."""
        return SeriesBlock(self.blocks(self.pieces(series)), self.style)

    def pieces(self, series: Series) -> list[Drawn]:
        """What is drawn of a series, one after another: its nodes, or a U with those beside it."""
        if not self.ladders:
            return list(series.nodes)
        facts = self.analysis.facts
        across = pieces_across(series, facts, self.beside, self.counts)
        if special := across or exits(series, facts):
            return self.bundled(special)
        if net := self.aggregated(series):
            return [*self.bundled(pieces(Series(net.before), facts, self.beside)), net.net]
        return self.bundled(pieces(series, facts, self.beside))

    def aggregated(self, series: Series) -> Aggregated | None:
        """A series as a pyramid with paths through its levels, where it can be drawn so."""
        found = aggregated(series, self.analysis.facts, self.beside)
        if not found:
            return None
        from archviz.layout.aggregation_made import aggregation_block

        return found if aggregation_block(found.net, self) else None

    def bundled(self, pieces: Sequence[Piece]) -> list[Drawn]:
        """Pieces with calls that hand several values on as one."""
        facts = self.analysis.facts
        absent = [one for one in pieces if isinstance(one, ModuleCall) and one.where not in facts]
        return list(pieces) if absent else [*bundled(pieces, self.counts)]

    def blocks(self, nodes: Sequence[Drawn]) -> list[Block]:
        """What is drawn of nodes."""
        return [block for node in nodes if (block := self.block(node)) is not None]

    def block(self, node: Drawn) -> Block | None:
        """The block of a node, or None where nothing of it is drawn."""
        match node:
            case Bundle():
                return self.bundle(node)
            case Ladder():
                from archviz.layout.levels_made import levels_block

                return levels_block(node, self)
            case Aggregation():
                from archviz.layout.aggregation_made import aggregation_block

                return aggregation_block(node, self)
            case Layer():
                return self.layer(node)
            case ModuleCall():
                return self.call(node) if node.look.drawn else None
            case Repeat() | Towers() | Residual() | Graph():
                block = self.compound(node) if node.look.drawn else None
                return noted(block, node, self.style) if block else self.passed(node)
            case Named():
                return self.tap(node.name) if node.name in self.taken else None
            case From():
                if not node.name:
                    return NothingBlock()
                return FromBlock(node.name, self.style, node.name in self.stubs)
            case Outputs():
                return self.outputs(node)
            case Auxiliary():
                return None  # the main row hangs it
            case Stage():
                return self.block(node.body)
            case Series():
                return nested if (nested := self.series(node)).blocks else None
            case _:
                assert_never(node)

    def passed(self, node: Node) -> Block | None:
        """Of what is not drawn the names that are taken elsewhere: of the value on the line."""
        taps = [self.tap(name) for name in given_in(node) if name in self.taken]
        block = SeriesBlock(taps, self.style)
        block.behind = True
        return block if taps else None

    def tap(self, name: str) -> Block:
        """The place of a value's name."""
        return TapBlock(name, self.style, name in self.stubs, name in self.leaves)

    def compound(self, node: Repeat | Towers | Residual | Graph) -> Block | None:
        """The block of a node with others in it."""
        match node:
            case Repeat():
                content = self.series(node.bodies[0])
                times = span(self.analysis.facts[node.where].times)
                said = clip(node.look.label, self.style.px(8), self.style.metric("caption"))
                text = f"{said} ×{times}".strip()
                return RepeatBlock(content, text, self.style) if content.blocks else None
            case Towers():
                residual = with_shortcut(node)
                return self.compound(residual) if residual else self.towers(node)
            case Residual():
                ladder = None if node.look == PLAIN else ladder_of(node, self.analysis.facts)
                return self.block(ladder) if ladder else self.residual(node)
            case Graph(nodes=((name, body),)) if node.edges == (("in", name), (name, "out")):
                return self.series(body) if body.nodes else None
            case Graph():
                from archviz.layout.graph import graph_block

                return graph_block(node, self.series, self.style)

    def residual(self, node: Residual) -> Block | None:
        """A main path with its shortcut; alone, where no call has the merge."""
        if not self.analysis.facts[node.merge.where].present:
            main = self.series(node.main)
            return main if main.blocks else None
        merge = self.merge(node.merge, captions_above=self.style.flow.shortcut > 0)
        main, shortcut = self.series(node.main), self.series(node.shortcut)
        return ResidualBlock(main, shortcut, merge, self.style)

    def layer(self, layer: Layer) -> Block | None:
        """A layer's box, bar or circle."""
        facts = self.analysis.facts.get(layer.where)
        if facts is None or not any(one.drawn for one in facts.layers):
            return self.passed(layer)
        bars = not (self.style.in_panel or self.style.flow.vertical)
        face = layer_face(layer, facts, self.network.figure.hidden(layer), self.style.detail, bars)
        if face.glyph == "circle":
            return CircleBlock(face, self.style)
        block = self.box(face)
        block.begins = KINDS[layer.kind].begins or layer.alone
        return block

    def merge(self, layer: Layer, captions_above: bool = False) -> BoxBlock:
        """A merge's box, which is drawn whatever it is."""
        facts = self.analysis.facts[layer.where]
        face = layer_face(layer, facts, self.network.figure.hidden(layer), self.style.detail)
        return self.box(face, captions_above)

    def box(self, face: Face, captions_above: bool = False) -> BoxBlock:
        """A box, or the circle of a merge where they are drawn as symbols."""
        made = SymbolBlock if self.network.figure.symbols and has_symbol(face) else BoxBlock
        under = captions_above or face.key in self.under
        if face.wire and (self.style.room.below or face.key in self.ends):
            face = face.told_below()
        face = self.wired(face)
        return made(face, self.style, under, self.stubs)

    def call(self, call: ModuleCall) -> Block | None:
        """A module's box."""
        facts = self.analysis.facts.get(call.where)
        if facts is None or not facts.calls:
            return self.passed(call)
        module = self.network.modules[call.module]
        face = module_face(call, module, facts, self.style.detail)
        return self.box(face)

    def bundle(self, bundle: Bundle) -> Block | None:
        """The boxes of calls that hand several values on, to outputs, too."""
        handed = bundle.led.union(*bundle.handed)
        shown = self.shown(bundle.outputs) if bundle.outputs else []
        rows = [row for row, _, _ in shown]
        names = OutputNames([(name, caption) for _, name, caption in shown], self.style)
        names.make_room(rows)
        pitch = pitch_of(rows, self.style)
        boxes = []
        for call, arrows in zip(bundle.calls, rows_of(bundle), strict=True):
            facts, module = self.analysis.facts[call.where], self.network.modules[call.module]
            face = self.wired(module_face(call, module, facts, self.style.detail))
            gives, takes = (
                tuple(name for name in names if name not in handed)
                for names in (face.gives, face.takes)
            )
            face = face._replace(gives=gives, takes=takes).told_below()  # arrows stand at its end
            boxes.append(TallBox(face, self.style, arrows, self.stubs, pitch))
        made = BundleBlock(boxes, [len(names) for names in bundle.handed], self.style)
        return LedBlock(made, rows, names, self.style) if rows else made

    def wired(self, face: Face) -> Face:
        """A face that gives and takes only what is taken here by name."""
        return face._replace(
            gives=tuple(name for name in face.gives if name in self.taken),
            leaves=self.leaves.intersection(face.gives),
            takes=tuple(name for name in face.takes if name in self.taken),
        )

    def outputs(self, node: Outputs) -> Block:
        """Outputs of equal rank."""
        return OutputsBlock(self.shown(node), self.style)

    def shown(self, node: Outputs) -> list[tuple[SeriesBlock, str, str]]:
        """What leads to each of the outputs that are drawn, their names and captions."""
        looks = node.looks or (PLAIN,) * len(node.branches)
        return [
            (self.series(series), look.label or name, look.caption)
            for (name, series), look in zip(node.branches, looks, strict=True)
            if look.drawn
        ]

    def towers(self, node: Towers) -> Block:
        """Towers, all of them or a few of many identical ones."""
        branches: list[Block] = [self.series(branch) for branch in node.branches]
        if is_joint(node):
            return JoinedBlock(branches, self.style)
        if node.copies > 1:
            tower, times = branches[0], self.analysis.facts[node.where].times
            branches = [tower] * node.copies
            if len(times) > 1 or node.copies > MOST_TOWERS:
                dots = DotsBlock(f"total {span(times)} towers", self.style)
                branches = [*[tower] * min(2, min(times) - 1), dots, tower]
        merge = None if node.joined else self.merge(node.merge)
        return TowersBlock(branches, merge, self.style)


class Unsettled(NamedTuple):
    """Names of values of which no wire can be drawn; keys of layers at which wires are below."""

    failed: frozenset[str] = frozenset()
    turned: frozenset[str] = frozenset()


def settled(builder: Builder, made: Callable[[Builder], tuple[Made, Unsettled]]) -> Made:
    """What ``made`` makes, once the builder knows how the wires of all values run."""
    while True:
        result, (failed, turned) = made(builder)
        if not turned <= builder.under:
            builder = builder._replace(under=builder.under | turned)
        elif failed:
            builder = builder._replace(stubs=builder.stubs | failed, under=frozenset())
        else:
            return result
