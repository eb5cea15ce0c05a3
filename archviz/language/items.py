"""The items of a series: layers, module calls, repeats, towers, residuals, graphs, heads.

A body is whatever may stand for a series: one item, a list of items, or ``identity``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from archviz.language.options import OptionError, whole
from archviz.language.places import Place, begins, check_keys, find
from archviz.language.repeats import MAX_COPIES, MAX_TIMES, MAX_VARIABLES, read_binding, read_rows
from archviz.language.shorthand import (
    Parameters,
    SpecReader,
    read_call,
    read_layer,
    read_value,
    tokens_of,
)
from archviz.language.syntax import (
    AuxiliarySpec,
    ItemSpec,
    LayerSpec,
    RepeatSpec,
    ResidualSpec,
    SeriesSpec,
    TowersSpec,
)
from archviz.language.wiring import read_graph
from archviz.network.kinds import KINDS
from archviz.yamlnodes import MappingNode, ScalarNode, SequenceNode, YamlNode, describe

if TYPE_CHECKING:
    from archviz.errors import Mark
    from archviz.language.expression import Expression


def read_series(reader: SpecReader, node: YamlNode, where: str, place: Place) -> SeriesSpec:
    """A list of items, or one item; ``identity`` is the empty series."""
    if not isinstance(node, SequenceNode):
        if isinstance(node, ScalarNode) and node.text.strip() == "identity":
            return ()
        item = read_item(reader, node, f"{where}/0", place._replace(first=True))
        return (item,) if item else ()
    items: list[ItemSpec] = []
    last = len(node.items) - 1
    inner = Place(place.scope, place.top, place.own)
    for index, child in enumerate(node.items):
        at = inner
        if index == last or index == 0:
            fork, merge = place.fork if index == last else "", place.merge and index == 0
            at = Place(place.scope, place.top, place.own, index == 0, fork, merge)
        item = read_item(reader, child, f"{where}/{index}", at)
        if item:
            items.append(item)
        if index and place.own and item and begins(item):
            reader.problem(
                item.mark,
                "what comes before this leads nowhere",
                "let one of its paths begin without an input",
            )
    return tuple(items)


def read_item(reader: SpecReader, node: YamlNode, where: str, place: Place) -> ItemSpec | None:
    """One item; None where it is none, with the problem noted."""
    match node:
        case ScalarNode():
            return _from_string(reader, node, where, place)
        case SequenceNode():
            reader.problem(node.mark, "a list inside a list", "parallel lists need 'towers:'")
            return None
        case MappingNode():
            for key, value in node.pairs:
                if key.text in FORMS:
                    return FORMS[key.text](reader, node, value, where, place)
            return _long_form(reader, node, where, place)
        case _:
            assert_never(node)


def _from_string(reader: SpecReader, node: ScalarNode, where: str, place: Place) -> ItemSpec | None:
    tokens = tokens_of(node)
    if not tokens:
        reader.problem(node.mark, "an empty item", "remove it, or write a layer")
        return None
    (word, mark), rest = tokens[0], tokens[1:]
    if word in reader.takes:
        return read_call(reader, word, rest, where, mark, place.scope)
    if word in KINDS:
        if not _allowed(reader, word, mark, place):
            return None
        return read_layer(reader, word, rest, where, mark, place.scope)
    _unknown_item(reader, word, mark)
    return None


def _unknown_item(reader: SpecReader, word: str, mark: Mark) -> None:
    if word in FORMS:
        reader.problem(mark, f"'{word}' needs a value", f"write '{word}: ...'")
    elif word == "identity":
        reader.problem(mark, "'identity' stands alone, as a whole tower or shortcut")
    else:
        known = (*KINDS, *reader.takes, *FORMS)
        reader.unknown(mark, "no layer kind or module is called", word, known)


def _allowed(reader: SpecReader, kind: str, mark: Mark, place: Place) -> bool:
    if kind == "input" and not (place.own and place.first):
        reader.problem(
            mark,
            "an input may only stand first in the network, in one of its towers, "
            "or in a node of its graph",
        )
        return False
    if KINDS[kind].join and not place.merge:
        reader.problem(
            mark,
            f"'{kind}' brings several inputs together and gets one here",
            "use it as 'merge:' of towers or a residual, or to start a node of a graph",
        )
        return False
    return True


def _long_form(reader: SpecReader, node: MappingNode, where: str, place: Place) -> ItemSpec | None:
    heads = [pair for pair in node.pairs if pair[0].text in KINDS or pair[0].text in reader.takes]
    if not node.pairs:
        reader.problem(node.mark, "an empty item", "write a layer")
        return None
    if not heads:
        key = node.pairs[0][0]
        _unknown_item(reader, key.text, key.mark)
        return None
    head, value = heads[0]
    extra = [pair for pair in node.pairs if pair[0] is not head]
    if head.text in reader.takes:
        tokens: list[tuple[str, Mark]] = []
        match value:
            case ScalarNode():
                tokens = tokens_of(value)
            case MappingNode():
                extra = [*value.pairs, *extra]
            case SequenceNode():
                hint = "write its arguments as one text"
                reader.problem(value.mark, f"{head.text} gets a list", hint)
            case _:
                assert_never(value)
        return read_call(reader, head.text, tokens, where, head.mark, place.scope, extra)
    if not _allowed(reader, head.text, head.mark, place):
        return None
    if not isinstance(value, ScalarNode):
        message = f"{head.text} is {describe(value)} where a text is needed"
        reader.problem(value.mark, message, "write {conv: 3x3 64, name: conv1}")
        return None
    return read_layer(reader, head.text, tokens_of(value), where, head.mark, place.scope, extra)


def _count(
    reader: SpecReader, node: YamlNode, what: str, scope: Parameters, low: int, high: int
) -> Expression | None:
    if isinstance(node, ScalarNode) and node.text.strip():
        expression = read_value(reader, node.text.strip(), node.mark, scope)
        if expression is None or expression.constant is None:
            return expression
        try:
            whole(what, expression.constant, low, high)
        except OptionError as error:
            reader.problem(node.mark, error.message, error.hint)
            return None
        return expression
    reader.problem(node.mark, f"{what} is {describe(node)} where a number is needed")
    return None


def _repeat(
    reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec | None:
    check_keys(reader, node, ("repeat", "of", "each"), "a repeat")
    times = _count(reader, value, "repeat", place.scope, 1, MAX_TIMES)
    body, each = find(node, "of"), find(node, "each")
    if body is None:
        reader.problem(node.mark, "a repeat needs 'of'", "write {repeat: 3, of: conv 3x3 64}")
        return None
    if each is None:
        series = read_series(reader, body, f"{where}/of", Place(place.scope))
        return RepeatSpec(times, series, where, node.mark) if times else None
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
        bindings = tuple(
            read_binding(reader, key, values, count, place.scope) for key, values in each.pairs
        )
        scope = {**place.scope, **dict(bindings)}
        series = read_series(reader, body, f"{where}/of", Place(scope))
        return RepeatSpec(times, series, where, node.mark, bindings)
    rows = read_rows(reader, body, each, count, where, place.scope)
    return RepeatSpec(times, (), where, node.mark, (), rows)


def read_merge(
    reader: SpecReader,
    node: YamlNode | None,
    default: str,
    where: str,
    mark: Mark,
    scope: Parameters,
) -> LayerSpec:
    """The merge of towers or of a residual."""
    if node is None:
        return read_layer(reader, default, [], where, mark, scope)
    item = read_item(reader, node, where, Place(scope, merge=True))
    if isinstance(item, LayerSpec) and KINDS[item.kind].join:
        return item
    if item is not None:
        merges = ", ".join(name for name, kind in KINDS.items() if kind.join)
        reader.problem(node.mark, "'merge' needs a merge", f"use one of {merges}")
    return LayerSpec(default, where, mark, {})


def _towers(
    reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec | None:
    check_keys(reader, node, ("towers", "of", "merge"), "towers")
    return read_towers(reader, node, value, where, place.scope, place.own)


def read_towers(
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
    merge = read_merge(reader, find(node, "merge"), "concat", f"{where}/merge", node.mark, scope)
    body = find(node, "of")
    inner = Place(scope, own=own, fork=merge.kind)
    if isinstance(value, SequenceNode):
        if body is not None:
            reader.problem(body.mark, "'of' goes with a number of towers, not with a list")
        if len(value.items) < 2:
            reader.problem(value.mark, "towers need at least two", "a lone series needs no towers")
            return None
        branches = tuple(
            read_series(reader, item, f"{where}/towers/{index}", inner)
            for index, item in enumerate(value.items)
        )
        return TowersSpec(branches, merge, where, node.mark)
    copies = _count(reader, value, "towers", scope, 2, MAX_COPIES)
    if body is None:
        reader.problem(node.mark, "a number of towers needs 'of'", "write {towers: 32, of: [...]}")
        return None
    series = read_series(reader, body, f"{where}/of", inner._replace(own=False))
    return TowersSpec((series,), merge, where, node.mark, copies) if copies else None


def _fork(
    reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec | None:
    check_keys(reader, node, ("fork",), "a fork")
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
        read_series(reader, item, f"{where}/fork/{index}", Place(place.scope, fork=kind))
        for index, item in enumerate(value.items)
    )
    merge = LayerSpec(kind, f"{where}/merge", node.mark, {"drawn": False})
    return TowersSpec(branches, merge, where, node.mark, joined=True)


def _residual(
    reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec:
    check_keys(reader, node, ("residual", "shortcut", "merge"), "a residual")
    return read_residual(reader, node, value, where, place.scope)


def read_residual(
    reader: SpecReader, node: MappingNode, value: YamlNode, where: str, scope: Parameters
) -> ResidualSpec:
    """A residual from the mapping that holds ``residual`` and its companions."""
    main = read_series(reader, value, f"{where}/main", Place(scope))
    path = find(node, "shortcut")
    shortcut = read_series(reader, path, f"{where}/shortcut", Place(scope)) if path else ()
    merge = read_merge(reader, find(node, "merge"), "add", f"{where}/merge", node.mark, scope)
    return ResidualSpec(main, shortcut, merge, where, node.mark)


def _graph(
    reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec | None:
    check_keys(reader, node, ("graph",), "a graph")
    return read_graph(reader, value, where, place, read_series)


def _auxiliary(
    reader: SpecReader, node: MappingNode, value: YamlNode, where: str, place: Place
) -> ItemSpec | None:
    check_keys(reader, node, ("auxiliary", "side", "name"), "an auxiliary classifier")
    if not place.top:
        reader.problem(node.mark, "an auxiliary classifier may only stand in the network itself")
        return None
    side, name = find(node, "side"), find(node, "name")
    if side is not None and not (isinstance(side, ScalarNode) and side.text in ("above", "below")):
        reader.problem(side.mark, f"side is {describe(side)}", "use above or below")
    body = read_series(reader, value, f"{where}/auxiliary", Place(place.scope))
    texts = [part.text if isinstance(part, ScalarNode) else "" for part in (side, name)]
    return AuxiliarySpec(body, where, node.mark, texts[0] or "auto", texts[1])


FORMS = {
    "repeat": _repeat,
    "towers": _towers,
    "fork": _fork,
    "residual": _residual,
    "graph": _graph,
    "auxiliary": _auxiliary,
}
