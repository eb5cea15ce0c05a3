"""The forms of items: repeats, towers, forks, residuals, graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.language.item_keys import FORM_KEYS, read_style
from archviz.language.options import OptionError, whole
from archviz.language.places import Place, Readers, check_keys, find, meant
from archviz.language.reader import SpecReader
from archviz.language.repeats import MAX_COPIES, MAX_TIMES, MAX_VARIABLES, read_binding, read_rows
from archviz.language.shapes import names_in
from archviz.language.shorthand import Parameters, read_layer, read_value
from archviz.language.syntax import (
    ChoiceSpec,
    ItemSpec,
    LayerSpec,
    RepeatSpec,
    ResidualSpec,
    TowersSpec,
)
from archviz.language.wiring import read_graph
from archviz.network.kinds import KINDS
from archviz.yamlnodes import MappingNode, ScalarNode, SequenceNode, YamlNode, describe, shorten

if TYPE_CHECKING:
    from archviz.errors import Mark
    from archviz.language.expression import Expression


def _count(
    reader: SpecReader, node: YamlNode, what: str, scope: Parameters, low: int, high: int
) -> Expression | None:
    if isinstance(node, ScalarNode) and node.text.strip():
        expression = read_value(reader, node.text.strip(), node.mark, scope)
        if expression is None or expression.constant is None:
            return expression
        if expression.constant in KINDS:
            reader.problem(node.mark, f"'{shorten(node.text)}' is not known here")
            return None
        try:
            whole(what, expression.constant, low, high)
        except OptionError as error:
            reader.problem(node.mark, error.message, error.hint)
            return None
        return expression
    reader.problem(node.mark, f"{what} is {describe(node)} where a number is needed")
    return None


def repeat(
    read: Readers, reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec | None:
    """``{repeat: 3, of: [...]}``."""
    check_keys(reader, node, FORM_KEYS["repeat"], "a repeat")
    node = meant(node, FORM_KEYS["repeat"])
    style = read_style(reader, node)
    times = _count(reader, value, "repeat", place.scope, 1, MAX_TIMES)
    body, each = find(node, "of"), find(node, "each")
    if body is None:
        reader.problem(node.mark, "a repeat needs 'of'", "write {repeat: 3, of: conv 3x3 64}")
        return None
    since = len(reader.values.known)
    if each is None:
        series = read.series(reader, body, f"{where}/of", Place(place.scope))
        reader.values.many(since)
        return RepeatSpec(times, series, where, node.mark, style=style) if times else None
    if times is None:
        return None
    constant = times.constant
    if constant is None or isinstance(constant, str):
        message = "a repeat with 'each' needs a number"
        reader.problem(value.mark, message, "count the values of 'each'")
        return None
    count = constant[0]
    if isinstance(each, MappingNode):
        if len(each.pairs) > MAX_VARIABLES:
            reader.problem(each.mark, f"each has more than {MAX_VARIABLES} variables")
            return None
        before = len(reader.problems)
        bindings = tuple(
            read_binding(reader, key, values, count, place.scope) for key, values in each.pairs
        )
        scope = {**place.scope, **dict(bindings)}
        series = read.series(reader, body, f"{where}/of", Place(scope))
        reader.values.many(since)
        used = {*names_in(series)} if len(reader.problems) == before else {*scope}
        for key, _ in each.pairs:
            if key.text not in used:
                reader.problem(key.mark, f"nothing in the repeat uses '{shorten(key.text)}'")
        return RepeatSpec(times, series, where, node.mark, bindings, style=style)
    rows = read_rows(reader, body, each, count, where, place.scope)
    reader.values.many(since)
    return RepeatSpec(times, (), where, node.mark, (), rows, style)


def read_merge(
    read: Readers,
    reader: SpecReader,
    node: YamlNode | None,
    default: str,
    where: str,
    mark: Mark,
    scope: Parameters,
) -> LayerSpec | ChoiceSpec:
    """The merge of towers or of a residual."""
    if node is None:
        return read_layer(reader, default, [], where, mark, scope)
    item, *name = read.item(reader, node, where, Place(scope, merge=True)) or (None,)
    if name:
        reader.problem(node.mark, "'as' goes with the item, not with its merge")
    if isinstance(item, ChoiceSpec) or (isinstance(item, LayerSpec) and KINDS[item.kind].join):
        return item
    if item is not None:
        merges = ", ".join(name for name, kind in KINDS.items() if kind.join)
        reader.problem(node.mark, "'merge' needs a merge", f"use one of {merges}")
    return LayerSpec(default, where, mark, {})


def towers(
    read: Readers, reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec | None:
    """``{towers: [...], merge: concat}``."""
    check_keys(reader, node, FORM_KEYS["towers"], "towers")
    style = read_style(reader, node)
    item = read_towers(read, reader, node, value, where, place.scope, place.own)
    return item._replace(style=style) if item else None


def read_towers(
    read: Readers,
    reader: SpecReader,
    node: MappingNode,
    value: YamlNode,
    where: str,
    scope: Parameters,
    own: bool = False,
) -> TowersSpec | None:
    """Towers from the mapping that holds ``towers`` and perhaps ``of`` and ``merge``.

    ``own``: they stand in the network itself, and may begin with inputs.
    """
    body, end = find(node, "of"), find(node, "merge")
    inner = Place(scope, own=own, fork=_merge_kind(end))
    if isinstance(value, SequenceNode):
        if body is not None:
            reader.problem(body.mark, "'of' goes with a number of towers, not with a list")
        if len(value.items) < 2:
            reader.problem(value.mark, "towers need at least two", "a lone series needs no towers")
            return None
        branches = tuple(
            read.series(reader, item, f"{where}/towers/{index}", inner)
            for index, item in enumerate(value.items)
        )
        merge = read_merge(read, reader, end, "concat", f"{where}/merge", node.mark, scope)
        return TowersSpec(branches, merge, where, node.mark)
    if isinstance(value, MappingNode):
        hint = "write '- ' before each tower, not a name"
        reader.problem(value.mark, "towers is a mapping where a list is needed", hint)
        return None
    copies = _count(reader, value, "towers", scope, 2, MAX_COPIES)
    if body is None:
        reader.problem(node.mark, "a number of towers needs 'of'", "write {towers: 32, of: [...]}")
        return None
    before = set(reader.values.known)
    series = read.series(reader, body, f"{where}/of", inner._replace(own=False))
    for name in [name for name in reader.values.known if name not in before]:
        mark = reader.values.known.pop(name).mark
        if name not in reader.values.taken:
            reader.problem(mark, f"'{name}' would be a value of each of many equal towers")
    merge = read_merge(read, reader, end, "concat", f"{where}/merge", node.mark, scope)
    return TowersSpec((series,), merge, where, node.mark, copies) if copies else None


def _merge_kind(node: YamlNode | None) -> str:
    """The kind of merge that towers have, before it is read."""
    if isinstance(node, MappingNode) and node.pairs:
        node = node.pairs[0][0]
    words = node.text.split() if isinstance(node, ScalarNode) else []
    return words[0] if words and words[0] in KINDS and KINDS[words[0]].join else "concat"


def fork(
    read: Readers, reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec | None:
    """``{fork: [...]}`` at the end of a tower."""
    check_keys(reader, node, FORM_KEYS["fork"], "a fork")
    if not place.fork:
        reader.problem(
            node.mark, "a fork may only end a tower", "use towers, which have a merge of their own"
        )
        return None
    if not isinstance(value, SequenceNode) or len(value.items) < 2:
        reader.problem(value.mark, "a fork needs a list of at least two series")
        return None
    kind = "add" if place.fork == "scaled-add" else place.fork
    branches = tuple(
        read.series(reader, item, f"{where}/fork/{index}", Place(place.scope, fork=kind))
        for index, item in enumerate(value.items)
    )
    merge = LayerSpec(kind, f"{where}/merge", node.mark, {"drawn": False})
    return TowersSpec(branches, merge, where, node.mark, joined=True)


def residual(
    read: Readers, reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec:
    """``{residual: [...], shortcut: ..., merge: add}``."""
    check_keys(reader, node, FORM_KEYS["residual"], "a residual")
    node = meant(node, FORM_KEYS["residual"])
    style = read_style(reader, node)
    return read_residual(read, reader, node, value, where, place.scope)._replace(style=style)


def read_residual(
    read: Readers,
    reader: SpecReader,
    node: MappingNode,
    value: YamlNode,
    where: str,
    scope: Parameters,
) -> ResidualSpec:
    """A residual from the mapping that holds ``residual`` and its companions."""
    main = read.series(reader, value, f"{where}/main", Place(scope))
    path = find(node, "shortcut")
    shortcut = read.series(reader, path, f"{where}/shortcut", Place(scope)) if path else ()
    merge = read_merge(read, reader, find(node, "merge"), "add", f"{where}/merge", node.mark, scope)
    return ResidualSpec(main, shortcut, merge, where, node.mark)


def graph(
    read: Readers, reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec | None:
    """``{graph: {nodes: ..., edges: ...}}``."""
    check_keys(reader, node, FORM_KEYS["graph"], "a graph")
    style = read_style(reader, node)
    item = read_graph(reader, value, where, place, read.series)
    return item._replace(style=style) if item else None
