"""The items of a series: layers, module calls, repeats, towers, residuals, graphs, heads.

A body is whatever may stand for a series: one item, a list of items, or ``identity``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from archviz import bundled
from archviz.language import forms, network_forms
from archviz.language.calls import read_call
from archviz.language.lines import apart, listed, several_lines, together
from archviz.language.places import Place, Readers, begins, find
from archviz.language.reader import SpecReader, tokens_of
from archviz.language.shapes import words_in
from archviz.language.shorthand import read_layer
from archviz.language.syntax import (
    ChoiceSpec,
    FromSpec,
    GraphSpec,
    ItemSpec,
    LayerSpec,
    NamedSpec,
    OutputsSpec,
    ResidualSpec,
    SeriesSpec,
    StageSpec,
    TowersSpec,
)
from archviz.language.values import give_name, take_name
from archviz.network.kinds import KINDS
from archviz.yamlnodes import MappingNode, ScalarNode, SequenceNode, YamlNode, describe, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archviz.errors import Mark, Problem
    from archviz.language.mending import Words
    from archviz.language.places import ReadForm


def read_series(reader: SpecReader, node: YamlNode, where: str, place: Place) -> SeriesSpec:
    """A list of items, or one item; ``identity`` is the empty series."""
    node = listed(reader, node)
    if not isinstance(node, SequenceNode):
        if isinstance(node, ScalarNode) and node.text.strip() == "identity":
            return ()
        return read_item(reader, node, f"{where}/0", place._replace(first=True))
    items: list[ItemSpec] = []
    children = [part for child in together(node.items) for part in apart(reader, child)]
    last = len(children) - 1
    inner = Place(place.scope, place.top, place.own)
    given = False
    for index, child in enumerate(children):
        at = inner
        if index in (0, last):
            fork, merge = place.fork if index == last else "", place.merge and index == 0
            ends = place.ends and index == last
            at = Place(place.scope, place.top, place.own, index == 0, fork, merge, ends)
        waiting = items.pop() if items and _waits(reader, items[-1]) else None
        before = len(reader.values.known)
        at = at if waiting is None else at._replace(merge=True)
        read = read_item(reader, child, f"{where}/{index}", at)
        if isinstance(waiting, FromSpec):
            read = _merged(reader, waiting, read)
        elif index and read and _starts(read[0]) and not given:
            reader.problem(
                read[0].mark,
                "what comes before this leads nowhere",
                "give it a name that something takes (as: NAME), or remove it",
            )
        items += read
        given = len(reader.values.known) > before and _leaves(read)
    if items and _waits(reader, items[-1]):
        _merged(reader, items.pop(), ())
    return tuple(items)


def _leaves(items: Sequence[ItemSpec]) -> bool:
    """Whether the value behind items, or one beside it, has a name and need not go on."""
    last = items[-1] if items else None
    if isinstance(last, StageSpec):
        return _leaves(last.body)
    inner = isinstance(last, TowersSpec | ResidualSpec | GraphSpec)
    return last is not None and not inner


def _starts(item: ItemSpec) -> bool:
    """Whether nothing enters an item from the one before."""
    match item:
        case FromSpec():
            return True
        case TowersSpec():
            ways = item.branches
        case ResidualSpec():
            ways = (item.main, item.shortcut)
        case OutputsSpec():
            ways = tuple(body for _, body in item.branches)
        case _:
            return begins(item)
    return all(way and _starts(way[0]) for way in ways)


def _waits(reader: SpecReader, item: ItemSpec) -> bool:
    """Whether it brings several values, which the next item has to merge."""
    if not isinstance(item, FromSpec):
        return False
    known = reader.values.known
    return len(item.names) > 1 or any(known[name].many for name in item.names if name in known)


def _merged(
    reader: SpecReader, values: ItemSpec, read: tuple[ItemSpec, ...]
) -> tuple[ItemSpec, ...]:
    """The merge behind ``from a b``, which takes just those values."""
    assert isinstance(values, FromSpec)
    merge = read[0] if read else None
    if not isinstance(merge, LayerSpec) or not KINDS[merge.kind].join:
        names = " ".join(values.names)
        message = f"'from {shorten(names)}' brings several values and no merge follows"
        reader.problem(values.mark, message, "write a merge behind it, such as - add")
        return read
    takes = (*values.names, *merge.fields.get("takes", ()))
    fields = {**merge.fields, "takes": takes, "alone": True}
    return (merge._replace(fields=fields), *read[1:])


def read_item(reader: SpecReader, node: YamlNode, where: str, place: Place) -> tuple[ItemSpec, ...]:
    """One item, and the name of its value behind it; nothing where it is none."""
    match node:
        case ScalarNode():
            return _from_string(reader, node, where, place)
        case SequenceNode():
            reader.problem(node.mark, "a list inside a list", "parallel lists need 'towers:'")
            return ()
        case MappingNode():
            name = find(node, "as")
            if name is not None:
                rest = [pair for pair in node.pairs if pair[0].text != "as"]
                node = MappingNode(tuple(rest), node.mark)
            item = _from_mapping(reader, node, where, place)
            if name is None:
                return item
            if not isinstance(name, ScalarNode):
                reader.problem(name.mark, f"as is {describe(name)}", "write one name")
                return item
            return _with_name(reader, item, name.text.strip(), where, name.mark)
        case _:
            assert_never(node)


def _from_mapping(
    reader: SpecReader, node: MappingNode, where: str, place: Place
) -> tuple[ItemSpec, ...]:
    for key, value in node.pairs:
        # a module may be called like a form; its call has no list behind it
        called = key.text in reader.takes and not isinstance(value, SequenceNode)
        if key.text in FORMS and not called:
            item = FORMS[key.text](READERS, reader, node, value, where, place)
            return (item,) if item else ()
    return _long_form(reader, node, where, place)


def _with_name(
    reader: SpecReader, items: tuple[ItemSpec, ...], name: str, where: str, mark: Mark
) -> tuple[ItemSpec, ...]:
    """Items with a name for the value behind them."""
    if items and give_name(reader, name, mark):
        return (*items, NamedSpec(name, f"{where}/as", mark))
    return items


def _without_name(
    tokens: list[tuple[str, Mark]],
) -> tuple[list[tuple[str, Mark]], tuple[str, Mark] | None]:
    """The words of an item without ``as=NAME``, and that name."""
    named = [(word[3:], mark) for word, mark in tokens if word.startswith("as=")]
    if not named:
        return tokens, None
    return [token for token in tokens if not token[0].startswith("as=")], named[-1]


def _from_string(
    reader: SpecReader, node: ScalarNode, where: str, place: Place
) -> tuple[ItemSpec, ...]:
    tokens = tokens_of(node)
    if not tokens:
        reader.problem(node.mark, "an empty item", "remove it, or write a layer")
        return ()
    (word, mark), rest = tokens[0], tokens[1:]
    if word == "from" and word not in reader.takes:
        return _from_value(reader, rest, where, mark)
    before = len(reader.problems)
    items = _named_thing(reader, word, rest, where, mark, place)
    several_lines(reader, node, before)
    return items


def _from_value(
    reader: SpecReader, names: list[tuple[str, Mark]], where: str, mark: Mark
) -> tuple[ItemSpec, ...]:
    """``from memory``, or ``from p3 p4`` in front of a merge."""
    if not names:
        reader.problem(mark, "'from' needs the name of a value", "write: from NAME")
        return ()
    found = [name for name, at in names if take_name(reader, name, at, several=True)]
    return (FromSpec(tuple(found), where, mark),) if len(found) == len(names) else ()


def _named_thing(
    reader: SpecReader,
    word: str,
    rest: list[tuple[str, Mark]],
    where: str,
    mark: Mark,
    place: Place,
    extra: Sequence[tuple[ScalarNode, YamlNode]] = (),
) -> tuple[ItemSpec, ...]:
    """A layer, a call, or a layer whose kind is a parameter; one that is wrong as it was meant."""

    since, named = len(reader.problems), len(reader.values.known)
    items = _as_written(reader, word, rest, where, mark, place, extra)
    if len(reader.problems) == since:
        return items

    def read(
        reader: SpecReader, words: Words, extra: Sequence[tuple[ScalarNode, YamlNode]]
    ) -> tuple[ItemSpec, ...]:
        (word, mark), *rest = words
        return _as_written(reader, word, rest, where, mark, place, extra)

    from archviz.language.mending import mended

    better = mended(reader, since, named, [(word, mark), *rest], extra, read)
    return items if better is None else better


def _as_written(
    reader: SpecReader,
    word: str,
    rest: list[tuple[str, Mark]],
    where: str,
    mark: Mark,
    place: Place,
    extra: Sequence[tuple[ScalarNode, YamlNode]],
) -> tuple[ItemSpec, ...]:
    """A layer, a call, or a layer whose kind is a parameter, from its words."""
    rest, name = _without_name(rest)
    item: ItemSpec | None = None
    if word in reader.takes:
        item = read_call(reader, word, rest, where, mark, place.scope, extra)
    elif word in place.scope:
        item = _choice(reader, word, rest, where, mark, place, extra)
    elif word not in KINDS:
        _unknown_item(reader, word, mark)
    else:
        before = len(reader.problems)
        item = read_layer(reader, word, rest, where, mark, place.scope, extra)
        if len(reader.problems) == before and not _allowed(reader, item, place):
            item = None
    if item is None:
        return ()
    return _with_name(reader, (item,), name[0], where, name[1]) if name else (item,)


def _choice(
    reader: SpecReader,
    parameter: str,
    rest: list[tuple[str, Mark]],
    where: str,
    mark: Mark,
    place: Place,
    extra: Sequence[tuple[ScalarNode, YamlNode]],
) -> ChoiceSpec:
    """A layer whose kind each call of the module says."""
    defaults, values = reader.defaults, reader.values

    def read(kind: str) -> tuple[LayerSpec, list[Problem]]:
        inner = SpecReader([])
        inner.defaults, inner.values = defaults, values
        item = read_layer(inner, kind, rest, where, mark, place.scope, extra)
        _allowed(inner, item, place)
        return item, inner.problems

    words = words_in([token for token, _ in rest])
    return ChoiceSpec(parameter, where, mark, words, read)


def _unknown_item(reader: SpecReader, word: str, mark: Mark) -> None:
    if word in FORMS:
        reader.problem(mark, f"'{word}' needs a value", f"write '{word}: ...'")
    elif word == "identity":
        reader.problem(mark, "'identity' stands alone, as a whole tower or shortcut")
    else:
        known = (*KINDS, *reader.takes, *FORMS)
        if word == "use" or word in bundled.file_names():
            net = "resnet50" if word == "use" else word
            hint = f"make a module of it, and call that: modules: {{backbone: {{use: {net}}}}}"
            reader.problem(mark, f"no layer kind or module is called '{word}'", hint)
        else:
            reader.unknown(mark, "no layer kind or module is called", word, known)


def _allowed(reader: SpecReader, item: LayerSpec, place: Place) -> bool:
    """Whether a layer may stand at a place; else a problem says why not."""
    kind, mark = item.kind, item.mark
    if kind == "input" and not (place.own and (place.first or place.top)):
        reader.problem(
            mark,
            "an input may only stand in the network, first in one of its towers or outputs, "
            "or in a node of its graph",
        )
        return False
    if KINDS[kind].join and not place.merge and not item.fields.get("takes"):
        reader.problem(
            mark,
            f"'{kind}' brings several inputs together and gets one here",
            f"name another one before and take it: {kind} NAME; or use it as 'merge:' of "
            "towers or a residual",
        )
        return False
    return True


def _long_form(
    reader: SpecReader, node: MappingNode, where: str, place: Place
) -> tuple[ItemSpec, ...]:
    if not node.pairs:
        reader.problem(node.mark, "an empty item", "write a layer")
        return ()
    known = (reader.takes, KINDS, place.scope)
    heads = [pair for names in known for pair in node.pairs if pair[0].text in names]
    if not heads:
        return _unknown_head(reader, node, where, place)
    head, value = heads[0]
    extra = [pair for pair in node.pairs if pair[0] is not head]
    tokens: list[tuple[str, Mark]] = []
    match value:
        case ScalarNode():
            tokens = tokens_of(value)
        case MappingNode() if head.text in reader.takes:
            extra = [*value.pairs, *extra]
        case _ if head.text in reader.takes:
            hint = "write its arguments as one text"
            reader.problem(value.mark, f"{head.text} gets a list", hint)
        case _:
            message = f"{head.text} is {describe(value)} where a text is needed"
            hint = "write {conv: 3x3 64, name: conv1}"
            if isinstance(value, SequenceNode) and KINDS[head.text].main == "shape":
                sides = "x".join(one.text for one in value.items if isinstance(one, ScalarNode))
                hint = f"write: {head.text} {sides}"
            reader.problem(value.mark, message, hint)
            return ()
    return _named_thing(reader, head.text, tokens, where, head.mark, place, extra)


def _unknown_head(
    reader: SpecReader, node: MappingNode, where: str, place: Place
) -> tuple[ItemSpec, ...]:
    """What a mapping is whose keys are no kind and no module: ``{fc: 10}``, ``conv 3x3 pad: 1``."""
    (key, value), *extra = node.pairs
    words = tokens_of(key)
    if not isinstance(value, ScalarNode) or not words:
        _unknown_item(reader, key.text, key.mark)
        return ()
    (word, mark), *rest = words
    if rest:  # one key of several words
        (last, at) = rest.pop()
        rest.append((f"{last}:{value.text}", at))
        return _named_thing(reader, word, rest, where, mark, place, extra)
    return _named_thing(reader, word, tokens_of(value), where, mark, place, extra)


READERS = Readers(read_series, read_item)
FORMS: Mapping[str, ReadForm] = {
    "repeat": forms.repeat,
    "towers": forms.towers,
    "fork": forms.fork,
    "residual": forms.residual,
    "graph": forms.graph,
    "auxiliary": network_forms.auxiliary,
    "stage": network_forms.stage,
    "outputs": network_forms.outputs,
}
