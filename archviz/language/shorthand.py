"""Shorthand strings: ``conv 3x3 64 /2 relu``, ``conv-block width=64``.

    KIND_OR_MODULE token token ...        tokens are separated by blanks

What a token is can be seen from its looks: a flag word, ``key=value``, ``/stride``, a
kernel ``3x3``, or else the layer's main number (filters, units, rate).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from archviz.errors import Mark
from archviz.language.expression import Expression, ExpressionError, is_name, parse
from archviz.language.options import (
    COMMON,
    FLAGS,
    OPTIONS,
    SYMBOLS,
    WORDS,
    OptionError,
    Setting,
    read_setting,
    setting_value,
    split_sides,
)
from archviz.language.reader import SpecReader, Values, tokens_of
from archviz.language.syntax import LayerSpec
from archviz.language.values import NAME_LENGTH, give_name, is_value_name, take_name
from archviz.network.kinds import KINDS
from archviz.network.rules import dimensions
from archviz.yamlnodes import ScalarNode, YamlNode, describe, shorten

Parameters = Mapping[str, object]
"""The parameters that may be used at a place; only the keys matter."""

LABEL_LENGTH = 100
WITH = "with"
"""What a merge does to the values that are named behind it."""


def read_layer(
    reader: SpecReader,
    kind: str,
    rest: list[tuple[str, Mark]],
    where: str,
    mark: Mark,
    scope: Parameters,
    extra: Collection[tuple[ScalarNode, YamlNode]] = (),
) -> LayerSpec:
    """A layer from the tokens behind its kind and the options of its long form."""
    words = kind, tuple([token for token, _ in rest]), tuple(scope)
    known = reader.layers.get(words)
    if known is not None and not extra:
        return LayerSpec(kind, where, mark, known)
    before = len(reader.problems)
    settings: dict[str, Setting] = {}
    named: dict[str, list[str]] = {}
    for token, place in rest:
        option, text = _classify(kind, token, scope, settings, reader.values)
        if option in ("label", "caption") and text[:1] in ("[", "'", '"'):
            message = f"{option} {shorten(text)}: a text in a line is one word without quotes"
            reader.problem(place, message, f"write {option}=WORD, or the long form")
            continue
        if not _name_of_value(reader, named, kind, option, text, place):
            _put(reader, settings, kind, option, text, place, scope, token)
    for key, node in extra:
        option = key.text
        if option in FLAGS and option not in OPTIONS:
            hint = f"write it in the text: {{{kind}: ... {option}}}"
            reader.problem(key.mark, f"'{option}' is a flag, not an option", hint)
        elif option not in (*KINDS[kind].options, *COMMON):
            _put(reader, settings, kind, option, "", key.mark, scope, option)
        elif not isinstance(node, ScalarNode):
            message = f"{option} is {describe(node)} where one value is needed"
            quoted = OPTIONS[option].form == "text"
            reader.problem(node.mark, message, f'quote it: {option}: "[...]"' if quoted else "")
        elif not _name_of_value(reader, named, kind, option, node.text, node.mark):
            token = f"{option}={node.text}"
            _put(reader, settings, kind, option, node.text, node.mark, scope, token)
    row, defaults = KINDS[kind], reader.defaults.get(kind, {})
    merged = {**defaults, **settings} if defaults else settings
    missing = [name for name in row.required if name not in merged]
    if missing:
        values = {name for name in row.options if name and OPTIONS[name].field in named}
        missing = [name for name in missing if (merged.keys() | values).isdisjoint(name.split("/"))]
    if missing:
        what = " and its ".join(missing).replace("/", " or ")
        reader.problem(mark, f"{kind} needs its {what}", f"such as: {example(kind)}")
    if named.get("gives") and row.main in row.gives:
        reader.values.taken.add(named["gives"][-1])  # what goes on is taken by what follows
    spec = _layer_spec(kind, where, mark, merged, named)
    plain = not (extra or named or spec.open or row.join)
    if plain and len(reader.problems) == before:
        reader.layers[words] = spec.fields
    return spec


def _name_of_value(
    reader: SpecReader,
    named: dict[str, list[str]],
    kind: str,
    option: str,
    text: str,
    mark: Mark,
) -> bool:
    """Whether an option is about a named value, which is then taken or given."""
    row = OPTIONS.get(option)
    if option == WITH or (row and row.form == "value" and option in KINDS[kind].options):
        taken = named.setdefault("takes", [])
        if taken and option != WITH:
            reader.problem(mark, f"'{shorten(text)}': {option} is already '{taken[0]}'")
        elif take_name(reader, text, mark, several=option == WITH):
            taken.append(text)
    elif row and row.form == "gives" and option in KINDS[kind].options:
        if give_name(reader, text, mark):
            named.setdefault("gives", []).append(text)
    else:
        return False
    return True


_EXAMPLES = {
    "kernel": ("3", "3x3", "3x3x3"),
    "pad/to": "pad=1",
    "size/to": "56x56",
    "shape": "224x224x3",
    "factor": "2",
    "words": "words=30000",
    "active": "active=2",
    "inner": "inner=1024",
    "experts": "8",
    "heads": "8",
    "parts": "left right",
    "from": "from=other",
}


def example(kind: str) -> str:
    """A layer of a kind with what it needs: ``conv 3x3 64``."""
    examples = [_EXAMPLES.get(name, "64") for name in KINDS[kind].required]
    sides = dimensions(kind) - 1
    return " ".join([kind, *(text if isinstance(text, str) else text[sides] for text in examples)])


def _layer_spec(
    kind: str,
    where: str,
    mark: Mark,
    settings: Mapping[str, Setting],
    named: Mapping[str, list[str]],
) -> LayerSpec:
    fields: dict[str, Any] = {field: tuple(names) for field, names in named.items()}
    waiting: list[Setting] = []
    for setting in settings.values():
        if setting.names:
            waiting.append(setting)
        elif not setting.bad:
            fields[OPTIONS[setting.option].field] = setting.value
    return LayerSpec(kind, where, mark, fields, tuple(waiting))


def read_defaults(reader: SpecReader, kind: str, scalar: ScalarNode) -> None:
    """The flags and options that every layer of a kind has unless it says otherwise."""
    settings: dict[str, Setting] = {}
    for token, place in tokens_of(scalar):
        option, text = _classify(kind, token, {}, settings)
        if option in ("name", "label", "when"):
            reader.problem(place, f"{option} cannot be a default")
            continue
        _put(reader, settings, kind, option, text, place, {}, token)
    reader.defaults[kind] = settings


def _classify(
    kind: str,
    token: str,
    scope: Parameters,
    taken: Collection[str] = (),
    values: Values | None = None,
) -> tuple[str, str]:
    """The option that a token sets, and the text of its value; ``taken`` are set already."""
    row = KINDS[kind]
    if row.join and values and token in values.known and not _is_parameter(token, scope):
        return WITH, token
    if token in FLAGS and token not in scope:
        option, text = FLAGS[token]
        if row.main != "parts" or option in COMMON:  # what a split gives may be called relu
            return option, text
    key, equals, value = token.partition("=")
    if equals:
        return key, value
    if token[0] == "/" and "stride" in row.options:
        return "stride", token[1:]
    if "kernel" in row.options and split_sides(token, scope.keys(), dimensions(kind)):
        return "kernel", token
    if row.first and row.first not in taken:
        return row.first, token
    return row.main, token


def _is_parameter(token: str, scope: Parameters) -> bool:
    """Whether it names a parameter; names of shapes, which are numbers there, are none."""
    return token in scope and not isinstance(scope[token], int)


def _put(
    reader: SpecReader,
    settings: dict[str, Setting],
    kind: str,
    option: str,
    text: str,
    mark: Mark,
    scope: Parameters,
    token: str,
) -> None:
    options = KINDS[kind].options
    if option not in options and option not in COMMON:
        _not_accepted(reader, kind, option, mark, token, (*options, *COMMON))
        return
    if option in settings:
        _given_twice(reader, kind, settings[option], mark, token, scope)
        return
    if not text or (option in ("name", "label") and not text_fits(option, text)):
        limit = NAME_LENGTH if option == "name" else LABEL_LENGTH
        message = f"{option} needs a value" if not text else f"{option} '{shorten(text)}'"
        reader.problem(mark, message, text_hint(option, limit) if text else "")
        settings[option] = Setting(option, text, mark, bad=True)
        return
    key = option, text, dimensions(kind)
    if text not in scope and key in reader.constants:
        settings[option] = reader.constants[key]
        return
    try:
        setting = read_setting(option, text, mark, scope.keys(), key[2])
        if not setting.names:
            setting = Setting(*setting[:-1], setting_value(setting, {}))
            reader.constants[key] = setting
        settings[option] = setting
    except OptionError as error:
        settings[option] = Setting(option, text, mark, bad=True)
        _bad_value(reader, kind, option, text, mark, scope, token, error)


def _given_twice(
    reader: SpecReader, kind: str, first: Setting, mark: Mark, token: str, scope: Parameters
) -> None:
    bare = first.option == KINDS[kind].main and "=" not in token
    word = token[0].isalpha() and token.replace("-", "").isalnum()
    if bare and token not in scope and word:
        _means_nothing(reader, kind, token, mark, scope)
        return
    hint = ""
    if bare and token in scope and not token.isdigit():
        hint = f"a parameter that is a word stands behind its option, such as act={token}"
    elif bare and not token.isdigit():
        hint = "an expression has no blanks in it"
    elif bare and "kernel" in KINDS[kind].options:
        hint = "a kernel is written 3x3"
    message = f"'{shorten(token)}': {first.option} is already '{shorten(first.text)}'"
    reader.problem(mark, message, hint)


def _means_nothing(reader: SpecReader, kind: str, word: str, mark: Mark, scope: Parameters) -> None:
    known = (*FLAGS, *scope, *(f"{name}=" for name in KINDS[kind].options))
    hint = reader.near(word, known)
    if not hint and reader.caller and is_name(word):
        hint = f"if it is a parameter of module {reader.caller}, write takes: [{word}] there"
    reader.problem(mark, f"'{shorten(word)}' means nothing to {kind}", hint)


def text_fits(option: str, text: str) -> bool:
    """Whether a text can be a name or a label."""
    if option == "label":
        return len(text) <= LABEL_LENGTH and bool(text.strip())
    allowed = text.replace("-", "").replace("_", "").replace(".", "")
    return len(text) <= NAME_LENGTH and allowed.isascii() and allowed.isalnum()


def text_hint(option: str, limit: int) -> str:
    """What can be one."""
    letters = "letters, digits, '-', '_' and '.'" if option == "name" else "some text"
    return f"use {letters}, at most {limit} characters"


def _not_accepted(
    reader: SpecReader, kind: str, option: str, mark: Mark, token: str, accepted: Collection[str]
) -> None:
    if option in OPTIONS or token in FLAGS:
        what = "number" if token.isdigit() else f"'{shorten(token)}'"
        options = ", ".join(name for name in KINDS[kind].options if name) or "only common options"
        reader.problem(mark, f"{kind} takes no {what}", f"{kind} takes: {options}")
    elif option:
        reader.unknown(mark, f"{kind} has no option", option, accepted)
    else:
        values = reader.values.known if KINDS[kind].join else ()
        hint = reader.near(token, (*values, *FLAGS, *accepted))
        if not hint and KINDS[kind].join and is_value_name(token) and not token.isdigit():
            take_name(reader, token, mark, several=True)
            return
        if "kernel" in accepted and token.isdigit():
            hint = f"a kernel is written {token}x{token}"
        reader.problem(mark, f"'{shorten(token)}' means nothing to {kind}", hint)


def _bad_value(
    reader: SpecReader,
    kind: str,
    option: str,
    text: str,
    mark: Mark,
    scope: Parameters,
    token: str,
    error: OptionError,
) -> None:
    if not error.word:
        hint = error.hint
        if not hint and option == "kernel" and "expected" in error.message:
            hint = f"a kernel of {kind} is written {example(kind).split()[1]}"
        reader.problem(mark, _sentence(option, text, error.message), hint)
        return
    bare = option == KINDS[kind].main and token == text
    if bare and text.replace("-", "").isalpha():
        _means_nothing(reader, kind, text, mark, scope)
        return
    words = WORDS.get(OPTIONS[option].form, ())
    hint = reader.near(error.word, (*scope, *words))
    if not hint and words:
        hint = f"use one of {', '.join(words)}"
    elif not hint and kind == "input":
        hint = "a side that is open has a name of its own: input HxWx3"
    elif not hint and not scope:
        hint = "there are no parameters here"
    reader.problem(mark, f"{option} '{shorten(text)}': '{error.word}' is not known here", hint)


def _sentence(option: str, text: str, message: str) -> str:
    if message.startswith((option, "a side", f"'{text[:60]}'")):
        return message
    return f"{option} '{shorten(text)}': {message}"


def read_value(reader: SpecReader, text: str, mark: Mark, scope: Parameters) -> Expression | None:
    """A number, a word or an expression; None, with a problem noted, for anything else."""
    try:
        return parse(text, scope, SYMBOLS)
    except ExpressionError as error:
        hint = reader.near(error.word, (*scope, *SYMBOLS)) if error.word else ""
        reader.problem(mark, f"'{shorten(text)}': {error.message}", hint)
        return None
