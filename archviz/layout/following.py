"""A value's way through a network as the scene has it: each layer, what it does, what it sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod

from archviz.layout.faces import said_behind
from archviz.network.analysis import Analysis, Row
from archviz.network.follow import Passage, follow
from archviz.network.kinds import KINDS
from archviz.network.labels import box_label, count_text, shape_text, sides, traits
from archviz.network.model import Layer, Network, Shape
from archviz.network.open_sides import is_open
from archviz.network.reach import Reach, Sort
from archviz.scene.scene import Place, Scene, Visit

BYTES = 4
"""Of a value: 32 bits."""
ACTIVATIONS, FIELD = "Activations", "Receptive field"
_SEEN = {
    Sort.WHOLE: "the whole input",
    Sort.BEFORE: "all up to its place",
}
MANY = 3
"""Values of a fact that are listed, before there is only the first and the last."""


def with_way(scene: Scene, network: Network, analysis: Analysis) -> Scene:
    """The figure of a network, with the way of a value through it."""
    way = follow(network, analysis)
    visits = tuple(map(_visit, way.passages))
    numbers: dict[str, list[int]] = {}
    for number, passage in enumerate(way.passages):
        numbers.setdefault(passage.row.layer.where, []).append(number)
    for key, number in way.ends:
        numbers.setdefault(key, []).append(number)
    places = (Place(key, _common([visits[n] for n in found])) for key, found in numbers.items())
    return scene._replace(visits=visits, places=tuple(place for place in places if place.facts))


def memory_text(shape: Shape) -> str:
    """What the values of a shape take in 32 bits: ``3.21 MB``; nothing where a side is open."""
    if is_open(shape):
        return ""
    size = float(prod(shape) * BYTES)
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= 0.9995 * unit:
            return f"{size / unit:.3g} {name}"
    return f"{size:.0f} B"


def field_text(reach: Reach) -> str:
    """``43×43``, ``the whole input``; nothing where it is unknown."""
    if reach.sort in (Sort.WINDOW, Sort.PATCH):
        return shape_text(reach.sizes)
    return _SEEN.get(reach.sort, "")


def _visit(passage: Passage) -> Visit:
    row, layer = passage.row, passage.row.layer
    keys = (*passage.calls, layer.where)
    return Visit(keys, row.path, _does(layer, row), tuple(_facts(row, passage.reach)))


def _does(layer: Layer, row: Row) -> str:
    """What a layer is, and what it does: ``conv 3×3: convolution, 64 filters, stride 2, ReLU``."""
    kind = KINDS[layer.kind]
    depthwise = layer.groups > 1 and layer.groups == row.input_shape[-1] and layer.filters > 0
    parts = [kind.about if kind.join else kind.title]
    if layer.filters and "filters" in kind.options:
        parts.append("1 filter" if layer.filters == 1 else f"{layer.filters} filters")
    if "stride" in kind.options and set(layer.stride) != {1}:
        parts.append(f"stride {sides(layer.stride)}")
    parts += [trait.text for trait in traits(layer, depthwise) if not trait.plain]
    label = box_label(layer, depthwise)
    about = ", ".join([*parts, *said_behind(layer)])
    return about if about == label else f"{label}: {about}"


def _facts(row: Row, reach: Reach) -> Iterator[tuple[str, str]]:
    if row.layer.kind != "input" and row.input_shape != row.output_shape:
        yield "Input", shape_text(row.input_shape)
    yield "Output", shape_text(row.output_shape)
    if row.parameters:
        yield "Parameters", count_text(row.parameters)
    if row.macs != 0:
        yield "Multiply-adds", count_text(row.macs)
    if memory := memory_text(row.output_shape):
        yield ACTIVATIONS, memory
    if field := field_text(reach):
        yield FIELD, field


def _common(visits: Sequence[Visit]) -> tuple[tuple[str, str], ...]:
    """Memory and receptive field of layers that a group stands for; of many the ends."""
    found = []
    for name in (ACTIVATIONS, FIELD):
        values = [text for visit in visits for term, text in visit.facts if term == name]
        if len(values) == len(visits):  # where one is unknown, so is what they have
            found.append((name, _listed(values)))
    return tuple(found)


def _listed(values: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(values))
    if len(distinct) > MANY:
        return f"{distinct[0]} to {distinct[-1]}"
    return ", ".join(distinct)
