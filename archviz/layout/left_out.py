"""What a figure leaves out of its networks, in words for the legend."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from archviz.network.kinds import KINDS, STATED
from archviz.network.model import Layer, Network, Node, Towers
from archviz.network.walk import within

SIZES = (("filters", "filters"), ("stride", "strides"))
"""Options that a figure prints if it is asked to, by the words of the detail."""
NEVER = (("width", "widths"), ("pad", "padding"), ("bias", "biases"))
"""Options that no figure prints."""


def left_out(networks: Sequence[Network], detail: Collection[str]) -> str:
    """``Not shown: filters, strides, padding, dropout``; empty where all is shown."""
    found: dict[str, None] = {}
    every = [_nodes(network) for network in networks]
    for nodes in every:
        layers = [node for node in nodes if isinstance(node, Layer) and node.drawn]
        kinds = {(one.kind, _tells_width(one)) for one in layers}
        boxes = [(KINDS[kind], told) for kind, told in kinds if KINDS[kind].glyph == "box"]
        options = {name for kind, told in boxes for name in kind.options}
        if all(told for kind, told in boxes if "width" in kind.options):
            options.discard("width")
        options -= {"bias"} if not any(map(_has_bias, layers)) else set()
        for name, text in (*SIZES, *NEVER):
            if name in options and text not in detail:
                found[text] = None
    if any(_is_frozen(node) for nodes in every for node in nodes):
        found["which weights are frozen"] = None
    if "macs" in detail and any(network.sizes for network in networks):
        found["multiply-adds that depend on open sides"] = None
    for network, nodes in zip(networks, every, strict=True):
        found |= dict.fromkeys(_layers(network, nodes))
    return "Not shown: " + ", ".join(found) if found else ""


def _nodes(network: Network) -> list[Node]:
    """All that is drawn, once each: calls of a module share it."""
    return list({id(node): node for node in within(network.body, shown=True)}.values())


def _tells_width(layer: Layer) -> bool:
    """Whether the words at a box say how wide it is: heads of so many features, or a caption."""
    return bool(layer.head_width) or str(layer.filters) in layer.caption.split()


def _has_bias(layer: Layer) -> bool:
    """Whether a layer adds biases, as its kind may."""
    return "bias" in KINDS[layer.kind].options and (
        layer.bias or bool(layer.key_bias) or bool(layer.out_bias)
    )


def _is_frozen(node: Node) -> bool:
    return isinstance(node, Layer) and (node.frozen or node.untrained > 0)


def _layers(network: Network, nodes: Sequence[Node]) -> Iterator[str]:
    """Layers that are not drawn, and badges that are left out without a note that says so."""
    forks = {id(node.merge) for node in nodes if isinstance(node, Towers) and node.joined}
    for node in nodes:  # the ends of a fork are drawn on into the merge behind it
        if isinstance(node, Layer) and node.present and not node.drawn and id(node) not in forks:
            yield node.label if node.kind in STATED and node.label else KINDS[node.kind].title
    if not network.figure.notes:
        for kind in sorted(network.figure.hide_badges):
            yield f"badges of {KINDS[kind].title if kind in KINDS else kind}"
