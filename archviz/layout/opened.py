"""Panels of single layers: what is inside an attention.

"Attention Is All You Need" (2017), figure 2: three projections of the sequence, the scaled
dot product of all heads side by side, and a projection of their results.
"""

from __future__ import annotations

from collections.abc import Iterator

from archviz.layout.blocks import BoxBlock, Face
from archviz.layout.build import Builder
from archviz.layout.compound import SeriesBlock, TowersBlock
from archviz.layout.style import Style
from archviz.network.kinds import KINDS, OPENABLE
from archviz.network.model import Layer, Module, Network
from archviz.network.walk import within


def opened_layers(network: Network, builder: Builder) -> Iterator[tuple[Module, SeriesBlock]]:
    """The kinds that a figure opens, as modules with their insides."""
    layers = [node for node in within(network.body) if isinstance(node, Layer)]
    for kind in OPENABLE:
        # of a cross-attention keys and values come from elsewhere, which this panel does not show
        alike = [layer for layer in layers if layer.kind == kind and not layer.takes]
        if kind in network.figure.opened and alike:
            words = KINDS[kind].words
            said = {words(layer)[1] for layer in alike} if words else set()
            title = "Multi-head attention"
            if len(said) == 1:
                title += f", {said.pop()}"
            module = Module(kind, kind, title, KINDS[kind].role, alike[0].mark)
            yield module, _attention(builder.style)


def _attention(style: Style) -> SeriesBlock:
    """Queries, keys and values, their product, and the projection behind it."""

    def projection(name: str) -> SeriesBlock:
        face = Face(name, f"dense layer for the {name}", "", name, "dense", "box")
        return SeriesBlock([BoxBlock(face, style)], style)

    product = Face(
        "scaled dot product",
        "softmax(query · key / √width) · value, for each head",
        "",
        "scaled dot product",
        "merge",
    )
    towers = TowersBlock(
        [projection(name) for name in ("query", "key", "value")], BoxBlock(product, style), style
    )
    return SeriesBlock([towers, *projection("output").blocks], style)
