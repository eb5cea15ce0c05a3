"""Forms that only the network has: stages, outputs, auxiliary classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.language.item_keys import FORM_KEYS, OUTPUT_KEYS, read_style
from archviz.language.places import Place, Readers, check_keys, find
from archviz.language.reader import Values
from archviz.language.syntax import AuxiliarySpec, OutputsSpec, StageSpec
from archviz.language.values import NAME_LENGTH
from archviz.yamlnodes import MappingNode, ScalarNode, YamlNode, describe, shorten

if TYPE_CHECKING:
    from archviz.language.reader import SpecReader
    from archviz.language.syntax import SeriesSpec
    from archviz.network.model import Look

TITLE_LENGTH = 100
TAKES_OF = ("repeat", "towers", "stage")
"""Forms with an `of` of their own."""


def stage(
    read: Readers,
    reader: SpecReader,
    node: MappingNode,
    value: YamlNode,
    where: str,
    place: Place,
) -> StageSpec | None:
    """A stretch of the main row with a title: ``{stage: conv2_x, of: [...]}``."""
    check_keys(reader, node, FORM_KEYS["stage"], "a stage")
    if not place.top:
        reader.problem(node.mark, "a stage may only stand in the network itself")
        return None
    title = " ".join(value.text.split()) if isinstance(value, ScalarNode) else ""
    if not title or len(title) > TITLE_LENGTH:
        hint = f"a text of at most {TITLE_LENGTH} characters"
        reader.problem(value.mark, f"stage is {describe(value)}", hint)
    body = find(node, "of")
    if body is None:
        reader.problem(node.mark, "a stage needs 'of'", "write {stage: neck, of: [...]}")
        return None
    series = read.series(reader, body, f"{where}/of", place)
    if not series:
        reader.problem(body.mark, "a stage with nothing in it")
    return StageSpec(title, series, where, node.mark, read_style(reader, node))


def outputs(
    read: Readers,
    reader: SpecReader,
    node: MappingNode,
    value: YamlNode,
    where: str,
    place: Place,
) -> OutputsSpec | None:
    """Several outputs of equal rank: ``outputs: {boxes: [...], classes: [...]}``."""
    check_keys(reader, node, FORM_KEYS["outputs"], "outputs")
    if not (place.top and place.ends):
        message = "outputs may only stand last in the network"
        reader.problem(node.mark, message, "move it to the end")
        return None
    if not isinstance(value, MappingNode) or len(value.pairs) < 2:
        hint = "write outputs: {boxes: [...], classes: [...]}"
        reader.problem(value.mark, "outputs are a mapping of at least two", hint)
        return None
    branches: list[tuple[str, SeriesSpec]] = []
    looks: list[Look] = []
    for name, body in value.pairs:
        if not name.text.strip() or "/" in name.text or len(name.text) > NAME_LENGTH:
            hint = f"a text of at most {NAME_LENGTH} characters without '/'"
            reader.problem(name.mark, f"'{shorten(name.text)}' cannot name an output", hint)
        at = f"{where}/outputs/{name.text}"
        inner, style = body, read_style(reader, MappingNode((), name.mark))
        part = find(body, "of") if isinstance(body, MappingNode) else None
        if isinstance(body, MappingNode) and part and body.pairs[0][0].text not in TAKES_OF:
            check_keys(reader, body, OUTPUT_KEYS, "an output")
            inner, style = part, read_style(reader, body)
        branches.append(
            (name.text, read.series(reader, inner, at, Place(place.scope, own=place.own)))
        )
        looks.append(style.look)
    return OutputsSpec(tuple(branches), where, node.mark, tuple(looks))


def auxiliary(
    read: Readers,
    reader: SpecReader,
    node: MappingNode,
    value: YamlNode,
    where: str,
    place: Place,
) -> AuxiliarySpec | None:
    """A classifier that is tapped off the main row; names in it are its own."""
    check_keys(reader, node, FORM_KEYS["auxiliary"], "an auxiliary classifier")
    if not place.top:
        reader.problem(node.mark, "an auxiliary classifier may only stand in the network itself")
        return None
    side = find(node, "side")
    if side is not None and not (isinstance(side, ScalarNode) and side.text in ("above", "below")):
        reader.problem(side.mark, f"side is {describe(side)}", "use above or below")
    outside = reader.values
    reader.values = Values(dict(outside.known))
    body = read.series(reader, value, f"{where}/auxiliary", Place(place.scope))
    outside.taken |= reader.values.taken
    for name in reader.values.known.keys() - outside.known.keys() - reader.values.taken:
        mark = reader.values.known[name].mark
        reader.problem(mark, f"nothing takes the value '{name}'", "remove the name")
    reader.values = outside
    text = side.text if isinstance(side, ScalarNode) else "auto"
    return AuxiliarySpec(body, where, node.mark, text, read_style(reader, node))
