"""From the canonical tree to measured blocks."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from archviz.layout.blocks import Block, BoxBlock, CircleBlock, DotsBlock
from archviz.layout.compound import RepeatBlock, ResidualBlock, SeriesBlock, TowersBlock
from archviz.layout.faces import layer_face, module_face
from archviz.layout.style import Style
from archviz.network.analysis import Analysis
from archviz.network.kinds import KINDS
from archviz.network.model import (
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

MOST_TOWERS = 4
"""Identical towers are drawn one by one up to this many, else as a few and dots."""


class Builder(NamedTuple):
    """Makes blocks of a network's nodes, in one style."""

    network: Network
    analysis: Analysis
    style: Style

    def series(self, series: Series) -> SeriesBlock:
        """A series of what is drawn of its nodes; one block where it is drawn as a U."""
        levels = self.levels(series)
        if levels is not None:
            return SeriesBlock([levels], self.style)
        blocks = [block for node in series.nodes if (block := self.block(node)) is not None]
        return SeriesBlock(blocks, self.style)

    def levels(self, series: Series) -> Block | None:
        """The block of an encoder with its decoder; None where a series is no such."""
        skips = [node for node in series.nodes if isinstance(node, Residual)]
        nested = len(skips) == 1 and any(isinstance(node, Residual) for node in skips[0].main.nodes)
        if not nested or any(isinstance(node, Auxiliary) for node in series.nodes):
            return None
        from archviz.layout.levels import Level, LevelsBlock, levels_of

        found = levels_of(series)
        levels = [
            Level(
                self.series(nodes.before),
                self.merge(nodes.skip.merge, captions_above=True),
                self.series(nodes.behind),
            )
            for nodes in found
        ]
        bottom = self.series(found[-1].skip.main) if found else None
        if not bottom or not all(level.left.blocks for level in levels) or not bottom.blocks:
            return None
        return LevelsBlock(levels, bottom, self.style)

    def block(self, node: Node) -> Block | None:
        """The block of a node, or None where nothing of it is drawn."""
        match node:
            case Layer():
                return self.layer(node)
            case ModuleCall():
                return self.call(node)
            case Repeat():
                content = self.series(node.bodies[0])
                if not content.blocks:
                    return None
                return RepeatBlock(content, self.times(node), self.style)
            case Towers():
                return self.towers(node)
            case Residual():
                merge = self.merge(node.merge, captions_above=True)
                main, shortcut = self.series(node.main), self.series(node.shortcut)
                return ResidualBlock(main, shortcut, merge, self.style)
            case Graph():
                from archviz.layout.graph import graph_block

                return graph_block(node, self.series, self.style)
            case Auxiliary():
                return None  # the main row hangs it
            case Series():
                nested = self.series(node)
                return nested if nested.blocks else None
            case Stage():
                return self.block(node.body)
            case Named() | From() | Outputs():
                return None
            case _:
                assert_never(node)

    def layer(self, layer: Layer) -> Block | None:
        """A layer's box, bar or circle."""
        facts = self.analysis.facts.get(layer.where)
        if not layer.drawn or facts is None or not facts.calls or KINDS[layer.kind].glyph == "none":
            return None
        face = layer_face(layer, facts, self.network.figure.hide_badges, self.style.full)
        if face.glyph == "circle":
            return CircleBlock(face, self.style)
        block = BoxBlock(face, self.style)
        block.begins = layer.kind == "input"
        return block

    def merge(self, layer: Layer, captions_above: bool = False) -> BoxBlock:
        """A merge's box, which is drawn whatever it is."""
        facts = self.analysis.facts[layer.where]
        face = layer_face(layer, facts, self.network.figure.hide_badges, self.style.full)
        return BoxBlock(face, self.style, captions_above)

    def call(self, call: ModuleCall) -> Block | None:
        """A module's box."""
        facts = self.analysis.facts.get(call.where)
        if facts is None or not facts.calls:
            return None
        module = self.network.modules[call.module]
        return BoxBlock(module_face(call, module, facts, self.style.full), self.style)

    def times(self, node: Repeat | Towers) -> str:
        """How often a node stands there; as it was written where its module's calls differ."""
        if node.written and len(self.analysis.facts[node.where].times) > 1:
            return node.written
        return str(node.times if isinstance(node, Repeat) else node.copies)

    def towers(self, node: Towers) -> Block:
        """Towers, all of them or a few of many identical ones."""
        branches: list[Block] = [self.series(branch) for branch in node.branches]
        if 1 < node.copies <= MOST_TOWERS:
            branches = branches * node.copies
        elif node.copies > MOST_TOWERS:
            tower = branches[0]
            dots = DotsBlock(f"total {self.times(node)} towers", self.style)
            branches = [tower, tower, dots, tower]
        merge = None if node.joined else self.merge(node.merge)
        return TowersBlock(branches, merge, self.style)
