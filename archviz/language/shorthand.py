"""Shorthand strings: ``conv 3x3 64 /2 relu``, ``conv-block width=64``.

    KIND_OR_MODULE token token ...        tokens are separated by blanks

What a token is can be seen from its looks: a flag word, ``key=value``, ``/stride``, a
kernel ``3x3``, or else the layer's main number (filters, units, rate).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from archviz.errors import Mark, Problem, did_you_mean
from archviz.language.expression import Expression, ExpressionError, parse
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
    split_pair,
)
from archviz.language.syntax import Argument, CallSpec, LayerSpec
from archviz.network.kinds import KINDS
from archviz.yamlnodes import ScalarNode, YamlNode, describe, shorten

Parameters = Mapping[str, object]
"""The parameters that may be used at a place; only the keys matter."""

NAME_LENGTH = 60
LABEL_LENGTH = 100
MAX_PROBLEMS = 100


class SpecReader:
    """What reading a spec collects and needs to know; lives for one spec."""

    def __init__(self, problems: list[Problem], allow_outside: bool = False) -> None:
        self.problems = problems
        self.allow_outside = allow_outside
        """Whether files that the spec names may be outside of its folder."""
        self.takes: dict[str, dict[str, Expression | None]] = {}
        """Of every module: its parameters in order, with their defaults."""
        self.defaults: dict[str, dict[str, Setting]] = {}
        self.calls: dict[str, dict[str, Mark]] = {}
        """Who calls whom, and where first: module, or "" for the network, to modules."""
        self.caller = ""

    def problem(self, mark: Mark, message: str, hint: str = "") -> None:
        """Note a problem and go on; of very many, only the first are kept."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(mark, message, hint))
        elif len(self.problems) == MAX_PROBLEMS:
            message = f"more than {MAX_PROBLEMS} problems; those behind here are not shown"
            self.problems.append(Problem(mark, message))

    def near(self, word: str, known: Collection[str]) -> str:
        """A hint at the known word that is nearest."""
        return did_you_mean(word, known) if len(self.problems) < MAX_PROBLEMS else ""

    def unknown(self, mark: Mark, what: str, word: str, known: Collection[str]) -> None:
        """Note a word that is none of those known, with the nearest one."""
        hint = self.near(word, known)
        if not hint and known and len(known) <= 12:
            hint = "known are: " + ", ".join(sorted(set(known)))
        self.problem(mark, f"{what} '{shorten(word)}'", hint)


def tokens_of(scalar: ScalarNode) -> list[tuple[str, Mark]]:
    """The words of a text, each with its place."""
    result, at = [], 0
    for word in scalar.text.split():
        at = scalar.text.index(word, at)
        result.append((word, scalar.mark_at(at)))
        at += len(word)
    return result


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
    settings: dict[str, Setting] = {}
    for token, place in rest:
        option, text = _classify(kind, token, scope)
        _put(reader, settings, kind, option, text, place, scope, token)
    for key, node in extra:
        option = key.text
        if option in FLAGS and option not in OPTIONS:
            hint = f"write it in the text: {{{kind}: ... {option}}}"
            reader.problem(key.mark, f"'{option}' is a flag, not an option", hint)
        elif option not in (*KINDS[kind].options, *COMMON):
            _put(reader, settings, kind, option, "", key.mark, scope, option)
        elif not isinstance(node, ScalarNode):
            reader.problem(node.mark, f"{option} is {describe(node)} where one value is needed")
        else:
            token = f"{option}={node.text}"
            _put(reader, settings, kind, option, node.text, node.mark, scope, token)
    for option in KINDS[kind].required:
        if option not in settings and option not in reader.defaults.get(kind, {}):
            reader.problem(mark, f"{kind} needs its {option}", f"such as: {_example(kind)}")
    merged = {**reader.defaults.get(kind, {}), **settings}
    return _layer_spec(kind, where, mark, merged)


_EXAMPLES = {"kernel": "3x3", "pad": "pad=1", "shape": "224x224x3", "factor": "2"}


def _example(kind: str) -> str:
    return " ".join([kind, *(_EXAMPLES.get(name, "64") for name in KINDS[kind].required)])


def _layer_spec(kind: str, where: str, mark: Mark, settings: Mapping[str, Setting]) -> LayerSpec:
    fields: dict[str, Any] = {}
    waiting: list[Setting] = []
    for setting in settings.values():
        if setting.names:
            waiting.append(setting)
        elif not setting.bad:
            fields[OPTIONS[setting.option].field] = setting_value(setting, {})
    return LayerSpec(kind, where, mark, fields, tuple(waiting))


def read_defaults(reader: SpecReader, kind: str, scalar: ScalarNode) -> None:
    """The flags and options that every layer of a kind has unless it says otherwise."""
    settings: dict[str, Setting] = {}
    for token, place in tokens_of(scalar):
        option, text = _classify(kind, token, {})
        if option in ("name", "label", "when"):
            reader.problem(place, f"{option} cannot be a default")
            continue
        _put(reader, settings, kind, option, text, place, {}, token)
    reader.defaults[kind] = settings


def _classify(kind: str, token: str, scope: Parameters) -> tuple[str, str]:
    """The option that a token sets, and the text of its value."""
    row = KINDS[kind]
    if token in FLAGS:
        return FLAGS[token]
    key, equals, value = token.partition("=")
    if equals:
        return key, value
    if token[0] == "/" and "stride" in row.options:
        return "stride", token[1:]
    if "kernel" in row.options and split_pair(token, scope.keys()):
        return "kernel", token
    return row.main, token


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
    accepted = (*KINDS[kind].options, *COMMON)
    if option not in accepted:
        _not_accepted(reader, kind, option, mark, token, accepted)
        return
    if option in settings:
        _given_twice(reader, kind, settings[option], mark, token, scope)
        return
    if not text or (option in ("name", "label") and not _text_fits(option, text)):
        limit = NAME_LENGTH if option == "name" else LABEL_LENGTH
        message = f"{option} needs a value" if not text else f"{option} '{shorten(text)}'"
        reader.problem(mark, message, _text_hint(option, limit) if text else "")
        settings[option] = Setting(option, text, mark, bad=True)
        return
    try:
        setting = read_setting(option, text, mark, scope.keys())
        if not setting.names:
            setting_value(setting, {})
        settings[option] = setting
    except OptionError as error:
        settings[option] = Setting(option, text, mark, bad=True)
        _bad_value(reader, kind, option, text, mark, scope, token, error)


def _given_twice(
    reader: SpecReader, kind: str, first: Setting, mark: Mark, token: str, scope: Parameters
) -> None:
    bare = first.option == KINDS[kind].main and "=" not in token
    if bare and token not in scope and token.replace("-", "").isalpha():
        _means_nothing(reader, kind, token, mark, scope)
        return
    hint = ""
    if bare and not token.isdigit():
        hint = "an expression has no blanks in it"
    elif bare and "kernel" in KINDS[kind].options:
        hint = "a kernel is written 3x3"
    message = f"'{shorten(token)}': {first.option} is already '{shorten(first.text)}'"
    reader.problem(mark, message, hint)


def _means_nothing(reader: SpecReader, kind: str, word: str, mark: Mark, scope: Parameters) -> None:
    known = (*FLAGS, *scope, *(f"{name}=" for name in KINDS[kind].options))
    reader.problem(mark, f"'{shorten(word)}' means nothing to {kind}", reader.near(word, known))


def _text_fits(option: str, text: str) -> bool:
    if option == "label":
        return len(text) <= LABEL_LENGTH and bool(text.strip())
    allowed = text.replace("-", "").replace("_", "").replace(".", "")
    return len(text) <= NAME_LENGTH and allowed.isascii() and allowed.isalnum()


def _text_hint(option: str, limit: int) -> str:
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
        hint = reader.near(token, (*FLAGS, *accepted))
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
        reader.problem(mark, _sentence(option, text, error.message), error.hint)
        return
    bare = option == KINDS[kind].main and token == text
    if bare and text.replace("-", "").isalpha():
        _means_nothing(reader, kind, text, mark, scope)
        return
    words = WORDS.get(OPTIONS[option].form, ())
    hint = reader.near(error.word, (*scope, *words))
    if not hint and words:
        hint = f"use one of {', '.join(words)}"
    elif not hint and not scope:
        hint = "there are no parameters here"
    reader.problem(mark, f"{option} '{shorten(text)}': '{error.word}' is not known here", hint)


def _sentence(option: str, text: str, message: str) -> str:
    if message.startswith((option, "a side", f"'{text[:60]}'")):
        return message
    return f"{option} '{shorten(text)}': {message}"


def read_call(
    reader: SpecReader,
    module: str,
    rest: list[tuple[str, Mark]],
    where: str,
    mark: Mark,
    scope: Parameters,
    extra: Collection[tuple[ScalarNode, YamlNode]] = (),
) -> CallSpec:
    """A module call from the tokens behind its name and the options of its long form."""
    reader.calls.setdefault(reader.caller, {}).setdefault(module, mark)
    takes = reader.takes[module]
    before = len(reader.problems)
    arguments: dict[str, Argument] = {}
    options: dict[str, Setting] = {}
    position = 0
    for token, place in rest:
        key, equals, value = token.partition("=")
        if equals and key in ("name", "when"):
            _call_option(reader, options, key, value, place, scope)
        elif equals:
            _argument(reader, arguments, module, key, value, place, scope)
        elif position >= len(takes):
            many = f"{len(takes)} argument{'' if len(takes) == 1 else 's'}"
            reader.problem(
                place,
                f"{module} takes {many}; '{shorten(token)}' is too many",
                _usage(module, takes),
            )
            break
        else:
            parameter = tuple(takes)[position]
            position += 1
            _argument(reader, arguments, module, parameter, token, place, scope)
    for key_node, node in extra:
        if not isinstance(node, ScalarNode):
            reader.problem(node.mark, f"'{shorten(key_node.text)}' needs one value")
        elif key_node.text in ("name", "when"):
            _call_option(reader, options, key_node.text, node.text, node.mark, scope)
        else:
            _argument(
                reader, arguments, module, key_node.text, node.text, node.mark, scope, key_node.mark
            )
    missing = [name for name, default in takes.items() if default is None and name not in arguments]
    if missing and len(reader.problems) == before:
        what = ", ".join(missing)
        reader.problem(mark, f"{module} needs {what}", _usage(module, takes))
    name = options["name"].text if "name" in options else ""
    return CallSpec(module, where, mark, tuple(arguments.values()), name, options.get("when"))


def _usage(module: str, takes: Mapping[str, Expression | None]) -> str:
    texts = [
        name if default is None else f"{name}={default.text}" for name, default in takes.items()
    ]
    return f"it takes: {' '.join(texts)}" if texts else f"write only: {module}"


def _call_option(
    reader: SpecReader,
    options: dict[str, Setting],
    key: str,
    text: str,
    mark: Mark,
    scope: Parameters,
) -> None:
    if key == "name" and not _text_fits(key, text):
        reader.problem(mark, f"name '{shorten(text)}'", _text_hint(key, NAME_LENGTH))
        return
    try:
        options[key] = read_setting(key, text, mark, scope.keys())
    except OptionError as error:
        hint = reader.near(error.word, tuple(scope)) if error.word else ""
        reader.problem(mark, f"{key} '{shorten(text)}': {error.message}", hint)


def _argument(
    reader: SpecReader,
    arguments: dict[str, Argument],
    module: str,
    parameter: str,
    text: str,
    mark: Mark,
    scope: Parameters,
    key_mark: Mark | None = None,
) -> None:
    if parameter not in reader.takes[module]:
        reader.unknown(
            key_mark or mark, f"{module} has no parameter", parameter, reader.takes[module]
        )
    elif parameter in arguments:
        first = arguments[parameter].value.text
        reader.problem(mark, f"{parameter} is already '{shorten(first)}'")
    else:
        value = read_value(reader, text, mark, scope)
        if value is not None:
            arguments[parameter] = Argument(parameter, value, mark)


def read_value(reader: SpecReader, text: str, mark: Mark, scope: Parameters) -> Expression | None:
    """A number, a word or an expression; None, with a problem noted, for anything else."""
    try:
        return parse(text, scope, SYMBOLS)
    except ExpressionError as error:
        hint = reader.near(error.word, (*scope, *SYMBOLS)) if error.word else ""
        reader.problem(mark, f"'{shorten(text)}': {error.message}", hint)
        return None
