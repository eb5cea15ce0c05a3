"""Calls of modules: ``conv-block 64 stride=1``, ``decoder-layer memory=encoded``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.language.expression import is_name
from archviz.language.item_keys import LOOK_KEYS, read_key, style_of
from archviz.language.options import OptionError, Setting, read_setting
from archviz.language.reader import SpecReader, Value
from archviz.language.shorthand import Parameters, read_value
from archviz.language.syntax import Argument, CallSpec
from archviz.language.values import give_name, take_name
from archviz.yamlnodes import ScalarNode, YamlNode, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from archviz.errors import Mark
    from archviz.language.expression import Expression

FLAG_WORDS = ("shared", "hidden")
"""What a call can say of itself by a word alone."""
OWN_KEYS = ("when", *LOOK_KEYS, "shared")
"""What a call can say of itself by ``key=value``, unless the module has a parameter so called."""


class _Call(NamedTuple):
    """What is known of a call while it is being read."""

    module: str
    scope: Parameters
    arguments: dict[str, Argument]
    own: dict[str, Any]
    names: dict[str, tuple[str, Mark]]
    """Of inputs and of given values: the name at the call."""
    when: list[Setting]


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
    before = len(reader.problems)
    call = _Call(module, scope, {}, {}, {}, [])
    _read_tokens(reader, call, rest)
    for key, node in extra:
        if not isinstance(node, ScalarNode):
            reader.problem(node.mark, f"'{shorten(key.text)}' needs one value")
        else:
            _set(reader, call, key.text, node, key.mark)
    takes = reader.takes[module]
    missing = [
        name for name, default in takes.items() if default is None and name not in call.arguments
    ]
    if missing and len(reader.problems) == before:
        reader.problem(mark, f"{module} needs {', '.join(missing)}", _usage(module, takes))
    inputs = _inputs(reader, call, mark)
    gives = _given(reader, call, mark)
    arguments = tuple(call.arguments.values())
    when = call.when[0] if call.when else None
    return CallSpec(module, where, mark, arguments, when, style_of(call.own), inputs, gives)


def _read_tokens(reader: SpecReader, call: _Call, rest: list[tuple[str, Mark]]) -> None:
    takes = reader.takes[call.module]
    position = 0
    for token, place in rest:
        key, equals, value = token.partition("=")
        if equals:
            _set(reader, call, key, ScalarNode(value, True, place), place)
        elif token in FLAG_WORDS and token not in call.scope:
            _set(reader, call, token, ScalarNode("yes", True, place), place)
        elif position >= len(takes):
            many = f"{len(takes)} argument{'' if len(takes) == 1 else 's'}"
            reader.problem(
                place,
                f"{call.module} takes {many}; '{shorten(token)}' is too many",
                _usage(call.module, takes),
            )
            break
        else:
            _argument(reader, call, tuple(takes)[position], token, place)
            position += 1


def _set(reader: SpecReader, call: _Call, key: str, node: ScalarNode, key_mark: Mark) -> None:
    """Put one ``key=value`` where it belongs: a parameter, a named value, or the call itself."""
    named = (*reader.inputs.get(call.module, ()), *reader.gives.get(call.module, ()))
    if key in reader.takes[call.module]:
        _argument(reader, call, key, node.text, node.mark)
    elif key in named:
        call.names[key] = node.text, node.mark
    elif key == "when":
        _when(reader, call, node)
    elif key in OWN_KEYS:
        read_key(reader, key, node, call.own)
    else:
        known = (*reader.takes[call.module], *named, *OWN_KEYS)
        hint = reader.near(key, known)
        hint = hint or f"module {call.module} would have to say takes: [{key}]"
        message = f"{call.module} has no parameter '{shorten(key)}'"
        reader.problem(key_mark, message, hint if is_name(key) else "")


def _when(reader: SpecReader, call: _Call, node: ScalarNode) -> None:
    try:
        call.when.append(read_setting("when", node.text, node.mark, call.scope.keys()))
    except OptionError as error:
        hint = reader.near(error.word, tuple(call.scope)) if error.word else ""
        reader.problem(node.mark, f"when '{shorten(node.text)}': {error.message}", hint)


def _inputs(reader: SpecReader, call: _Call, mark: Mark) -> tuple[tuple[str, str], ...]:
    """The module's inputs with the values that they are here: of the same name without a word."""
    found = []
    for name in reader.inputs.get(call.module, ()):
        value, place = call.names.get(name, (name, mark))
        if name not in call.names and name not in reader.values.known:
            known = ", ".join(reader.values.known) or "none yet"
            message = f"{call.module} takes the value {name}, and none here is called so"
            reader.problem(mark, message, f"write {name}=NAME; values here: {known}")
        elif take_name(reader, value, place):
            found.append((name, value))
    return tuple(found)


def _given(reader: SpecReader, call: _Call, mark: Mark) -> tuple[tuple[str, str], ...]:
    """The values that the module gives, with the names that they have here."""
    found = []
    for name in reader.gives.get(call.module, ()):
        there, place = call.names.get(name, (name, mark))
        if name not in call.names and isinstance(reader.values.known.get(name), Value):
            message = f"{call.module} gives the value {name}, and one here is called so already"
            reader.problem(mark, message, f"give this one another name: {name}=NAME")
        elif give_name(reader, there, place):
            found.append((name, there))
    return tuple(found)


def _usage(module: str, takes: Mapping[str, Expression | None]) -> str:
    texts = [
        name if default is None else f"{name}={default.text}" for name, default in takes.items()
    ]
    return f"it takes: {' '.join(texts)}" if texts else f"write only: {module}"


def _argument(reader: SpecReader, call: _Call, parameter: str, text: str, mark: Mark) -> None:
    if parameter in call.arguments:
        first = call.arguments[parameter].value.text
        reader.problem(mark, f"{parameter} is already '{shorten(first)}'")
        return
    value = read_value(reader, text, mark, call.scope)
    if value is not None:
        call.arguments[parameter] = Argument(parameter, value, mark)
