"""Panels of single layers: what is inside an attention.

"Attention Is All You Need" (2017), figure 2: three projections of the sequence, the scaled
dot product of all heads side by side, and a projection of their results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archviz.layout.blocks import BoxBlock, Face, Sign
from archviz.layout.build import Builder
from archviz.layout.compound import SeriesBlock, TowersBlock
from archviz.layout.wires import FromBlock
from archviz.network.kind import Trait
from archviz.network.kinds import KINDS, NORMS, OPENABLE
from archviz.network.model import Layer, Module, Network
from archviz.network.walk import within


def opened_layers(network: Network, builder: Builder) -> Iterator[tuple[Module, SeriesBlock]]:
    """The kinds that a figure opens, as modules with their insides."""
    layers = [node for node in within(network.body) if isinstance(node, Layer)]
    for kind in OPENABLE:
        if kind not in network.figure.opened:
            continue
        words = KINDS[kind].words
        for title, taking in (("Multi-head attention", False), ("Cross-attention", True)):
            alike = [one for one in layers if one.kind == kind and bool(one.takes) == taking]
            if not alike:
                continue
            said = {_told(words(layer)[1]) for layer in alike} if words else set[str]()
            title = ", ".join([title, *filter(None, said)]) if len(said) == 1 else title
            module = Module(kind, kind, title, KINDS[kind].role, alike[0].mark)
            sources = {name for layer in alike for name in layer.takes}
            source = sources.pop() if len(sources) == 1 else "source" * taking
            norms = {layer.qk_norm for layer in alike}
            yield module, _attention(builder, source, norms.pop() if len(norms) == 1 else "")


def _told(traits: Sequence[Trait]) -> str:
    """What sets a layer apart, in words."""
    return ", ".join(trait.text for trait in traits if not trait.plain)


def _attention(builder: Builder, source: str, norm: str) -> SeriesBlock:
    """Queries, keys and values, their product, and the projection behind it.

    ``source``: the value that keys and values are of, where it is not what comes in; ``norm``:
    the kind by which queries and keys are normalised.
    """
    style = builder.style
    badges: tuple[Sign, ...] = ()
    if norm in NORMS:
        badges = (Sign(NORMS[norm].text, NORMS[norm].role),)

    def projection(name: str) -> SeriesBlock:
        face = Face(name, f"dense layer for the {name}", "", name, "dense", "box")
        face = face._replace(badges=badges if name in ("query", "key") else ())
        box = BoxBlock(face, style)
        if source and name in ("key", "value"):
            return SeriesBlock([FromBlock(source, style, stub=True), box], style)
        return SeriesBlock([box], style)

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
