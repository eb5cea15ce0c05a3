"""The options of layers: how a text is read, checked, and put into a field of a layer.

A setting is one option of one layer as written. Without parameters it is resolved when the
spec is read; with parameters for each call, when they are filled in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.language.expression import (
    MAX_LENGTH,
    Expression,
    ExpressionError,
    Value,
    evaluate,
    parse,
    show,
)
from archviz.looks import color_hint, color_of
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
from archviz.yamlnodes import boolean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from archviz.errors import Mark

MAX_SIZE = 10**9
MAX_SIDES = 8


class Option(NamedTuple):
    """One option: the form of its value, the field it sets, its bounds, a line for the manual."""

    form: str
    field: str
    about: str
    low: int = 1
    high: int = MAX_SIZE


OPTIONS: Mapping[str, Option] = {
    "kernel": Option(
        "sides", "kernel", "kernel size: height x width, `3x3x3`, or of a sequence `3`"
    ),
    "filters": Option("whole", "filters", "number of filters: output channels"),
    "units": Option("whole", "filters", "number of units of a dense or recurrent layer"),
    "stride": Option("sides", "stride", "stride, one number or height x width"),
    "pad": Option("pad", "padding", "same, half, valid, N, HxW, or top,bottom,left,right"),
    "causal": Option(
        "bool",
        "causal",
        "nothing sees what comes behind it: a mask of an attention, a padding before a sequence",
    ),
    "dilation": Option("sides", "dilation", "dilation of the kernel"),
    "groups": Option("whole", "groups", "groups of channels that are convolved apart"),
    "multiplier": Option("whole", "multiplier", "outputs a channel of a depthwise convolution"),
    "bias": Option("bool", "bias", "whether the layer has a bias"),
    "norm": Option("norm", "norm", "normalisation behind the layer: " + ", ".join(NORMS)),
    "act": Option("act", "activation", "activation behind the layer: " + ", ".join(ACTIVATIONS)),
    "ceil": Option("bool", "ceil", "round the output size of a pooling up, as Caffe does"),
    "scale": Option("number", "value", "factor of the scaled add", -MAX_SIZE),
    "rate": Option("number", "value", "share of values that a dropout drops", 0, 1),
    "factor": Option("whole", "value", "how many times larger the map becomes", 1, 1024),
    "shape": Option("shape", "shape", "HxWxC of a map, LxN of a sequence, or N of a vector"),
    "size": Option("shape", "shape", "height x width that a crop leaves"),
    "keep": Option("bool", "keep", "a global pooling gives a map of 1x1 places"),
    "parts": Option("gives", "gives", "names for equal parts of the channels"),
    "heads": Option("whole", "count", "number of heads of an attention"),
    "kv-heads": Option("whole", "kv_heads", "heads of keys and values; without a word all heads"),
    "head-width": Option("whole", "head_width", "features of each head"),
    "width": Option("whole", "filters", "features of all heads, or of an embedding"),
    "window": Option("whole", "window", "how many rows each row of an attention sees"),
    "relative": Option(
        "whole",
        "relative",
        "relative positions for each of which a head learns a bias of its scores",
    ),
    "rotary": Option("bool", "rotary", "whether queries and keys are turned by their position"),
    "qk-norm": Option("norm", "qk_norm", "normalisation of the queries and keys of each head"),
    "qk-whole": Option(
        "bool", "qk_whole", "whether qk-norm has weights for all heads, not for one"
    ),
    "key-bias": Option("bool", "key_bias", "bias of an attention's keys, if another"),
    "out-bias": Option("bool", "out_bias", "bias of an attention's last projection, if another"),
    "inner": Option("whole", "filters", "features between the two layers of a feed-forward part"),
    "gated": Option("bool", "gated", "whether a feed-forward part is gated (SwiGLU, GEGLU)"),
    "experts": Option("whole", "count", "number of experts"),
    "active": Option("whole", "active", "how many experts a row goes through"),
    "bidirectional": Option("bool", "bidirectional", "whether it also runs from the end"),
    "last": Option("bool", "last", "only the last state, or the last row"),
    "biases": Option("whole", "biases", "biases a gate: 1 as in Keras, 2 as in PyTorch", 1, 2),
    "reset-after": Option(
        "bool",
        "reset_after",
        "the reset gate acts behind the matrix, which has a bias of its own then",
    ),
    "words": Option("whole", "count", "number of words that an embedding knows"),
    "rows": Option("whole", "count", "rows of a table of positions"),
    "tokens": Option("whole", "count", "number of tokens put before a sequence"),
    "from": Option("value", "takes", "name of the value that is attended to, or multiplied by"),
    "to": Option("value", "takes", "name of the value whose height and width are taken over"),
    "state": Option("value", "takes", "name of the state that a recurrent layer begins with"),
    "last-state": Option("gives", "gives", "a name for the last state of a recurrent layer"),
    "weights": Option("whole", "weights", "parameters of an operator", 0, 10**15),
    "macs": Option("whole", "macs", "multiply-adds of an operator", 0, 10**18),
    "shared": Option("bool", "shared", "the weights are another layer's and do not count again"),
    "frozen": Option("bool", "frozen", "its weights count as non-trainable"),
    "untrained": Option(
        "whole", "untrained", "so many of its weights count as non-trainable", 0, 10**15
    ),
    "own": Option("whole", "own", "of a shared layer: parameters that are its own", 0, 10**15),
    "hidden": Option("bool", "drawn", "whether the figure leaves the layer out"),
    "depth": Option("whole", "counts_in_depth", "0: the layer does not count in depth", 0, 1),
    "when": Option("number", "present", "the layer is left out where this is 0", -MAX_SIZE),
    "name": Option("text", "name", "a name of its own, for tables and links"),
    "label": Option("text", "label", "another text for the box"),
    "caption": Option("text", "caption", "a text under the box"),
    "color": Option("color", "color", "another color for the box: a theme's role, or #rrggbb"),
}
COMMON = (
    *("shared", "frozen", "untrained", "own", "name", "label", "caption", "color"),
    *("hidden", "depth", "when"),
)

_SWITCHES = (
    "causal",
    "rotary",
    "qk-whole",
    "gated",
    "bidirectional",
    "last",
    "reset-after",
    "keep",
)

FLAGS: Mapping[str, tuple[str, str]] = {
    "same": ("pad", "same"),
    "half": ("pad", "half"),
    "valid": ("pad", "valid"),
    "ceil": ("ceil", "yes"),
    "bias": ("bias", "yes"),
    "no-bias": ("bias", "no"),
    **{name: ("norm", name) for name in NORMS},
    "no-norm": ("norm", "none"),
    **{name: ("act", name) for name in ACTIVATIONS},
    "linear": ("act", "none"),
    **{name: (name, "yes") for name in _SWITCHES},
    "shared": ("shared", "yes"),
    "frozen": ("frozen", "yes"),
    "hidden": ("hidden", "yes"),
    "shown": ("hidden", "no"),
}
WORDS: Mapping[str, tuple[str, ...]] = {
    "pad": ("same", "half", "valid"),
    "bool": ("yes", "no", "true", "false", "on", "off"),
    "norm": ("none", *NORMS),
    "act": ("none", "linear", *ACTIVATIONS),
}
"""The words that each form of value knows."""

SYMBOLS = frozenset({*(word for words in WORDS.values() for word in words), *KINDS})
"""Words that a parameter can stand for."""

RESERVED = frozenset({"x"})
"""What cannot name a parameter: a kernel is written with it."""


class OptionError(Exception):
    """Why a value does not suit an option."""

    def __init__(self, message: str, hint: str = "", offset: int = 0, word: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.offset = offset
        self.word = word


class Setting(NamedTuple):
    """One option as written: its parts as expressions, or its plain text."""

    option: str
    text: str
    mark: Mark
    parts: tuple[Expression, ...] = ()
    names: tuple[str, ...] = ()
    """The parameters in it."""
    bad: bool = False
    """Whether a problem was noted for it."""
    dims: int = 2
    """How many sides its kernel has."""
    value: Any = None
    """What it comes to, where no parameter is in it."""


def read_setting(
    option: str, text: str, mark: Mark, scope: Collection[str], dims: int = 2
) -> Setting:
    """Parse the text of an option; :class:`OptionError` where it cannot be one.

    ``dims``: how many sides a kernel of the layer has.
    """
    form = OPTIONS[option].form
    if form == "color":
        if not color_of(text):
            raise OptionError("there is no such color", color_hint(text))
        return Setting(option, color_of(text), mark)
    if form in ("text", "value", "gives"):
        return Setting(option, text, mark)
    try:
        parts = tuple(parse(part, scope, SYMBOLS) for part in _split(form, text, scope, dims))
    except ExpressionError as error:
        raise OptionError(error.message, "", error.offset, error.word) from None
    names: tuple[str, ...] = ()
    for part in parts:
        names += part.names
    return Setting(option, text, mark, parts, names, dims=dims)


_PADS = {1: "before,behind", 2: "top,bottom,left,right", 3: "six numbers"}


def _split(form: str, text: str, scope: Collection[str], dims: int) -> list[str]:
    if form == "sides" or (form == "pad" and "," not in text):
        return list(split_sides(text, scope, dims) or (text,))
    if form == "pad":
        parts = text.split(",")
        if len(parts) != 2 * dims:
            raise OptionError(f"'{text[:60]}' is not a padding", f"write {_PADS[dims]}")
        return parts
    if form == "shape":
        return _at_x(text, scope)
    return [text]


def _at_x(text: str, scope: Collection[str]) -> list[str]:
    """A text cut at each x, but not at those in names."""
    names = sorted((name for name in scope if "x" in name), key=len, reverse=True)
    parts, at = [""], 0
    while at < len(text):
        word = next((name for name in names if text.startswith(name, at)), "")
        if word and not parts[-1][-1:].isalpha():
            parts[-1] += word
        elif text[at] in "x×":
            parts.append("")
        else:
            parts[-1] += text[at]
        at += len(word) or 1
    return parts


def split_sides(text: str, scope: Collection[str], dims: int = 2) -> tuple[str, ...] | None:
    """The sides of a kernel: ``3x3``, or ``3x3x3`` of a volume; None where the text is none."""
    if dims == 2:
        return _split_pair(text, scope)
    sides = tuple(text.replace("×", "x").split("x"))
    right = 1 < len(sides) == dims and text not in scope
    return sides if right and all(_is_side(side, scope) for side in sides) else None


def _split_pair(text: str, scope: Collection[str]) -> tuple[str, str] | None:
    """``3x3``, ``kxk``, ``1×n`` in its two sides; None where the text is no such pair."""
    if text in scope or len(text) > MAX_LENGTH:
        return None
    guess = None
    for index, character in enumerate(text):
        if character not in "x×":
            continue
        left, right = text[:index], text[index + 1 :]
        if _is_side(left, scope) and _is_side(right, scope):
            return left, right
        if guess is None and (left.isdigit() or character == "×" or len(text) == 3):
            guess = (left, right)
    return guess if guess and all(guess) else None


def _is_side(text: str, scope: Collection[str]) -> bool:
    return text in scope or (text.isdigit() and text.isascii())


def setting_value(setting: Setting, values: Mapping[str, Value]) -> Any:
    """The value for the layer's field; :class:`OptionError` where it does not suit."""
    option = OPTIONS[setting.option]
    if option.form in ("text", "color"):
        return setting.text
    if option.form in ("value", "gives"):
        return (setting.text,)
    try:
        parts = [evaluate(part, values) for part in setting.parts]
    except ExpressionError as error:
        raise OptionError(f"{setting.option}: {error.message}") from None
    value = _VALUE_READERS[option.form](setting, option, parts)
    if option.field == "value":
        return float(value)
    if setting.option == "hidden":
        return not value
    return bool(value) if option.field in ("present", "counts_in_depth") else value


def _number(name: str, value: Value, low: int, high: int) -> int | float:
    if isinstance(value, str):
        raise OptionError(f"{name} is '{value}' where a number is needed")
    numerator, denominator = value
    if numerator < low * denominator or numerator > high * denominator:
        bound = f"at least {low:,}" if numerator < low * denominator else f"at most {high:,}"
        raise OptionError(f"{name} is {show(value)}; it must be {bound}")
    return numerator if denominator == 1 else numerator / denominator


def whole(name: str, value: Value, low: int = 1, high: int = MAX_SIZE) -> int:
    """A whole number within bounds; :class:`OptionError` for any other value."""
    if not isinstance(value, str) and value[1] != 1:
        message = f"{name} is {show(value)} where a whole number is needed"
        raise OptionError(message, "a division must come out even")
    return int(_number(name, value, low, high))


def _whole(setting: Setting, option: Option, parts: list[Value]) -> int:
    return whole(setting.option, parts[0], option.low, option.high)


def _any_number(setting: Setting, option: Option, parts: list[Value]) -> int | float:
    return _number(setting.option, parts[0], option.low, option.high)


def _sides(setting: Setting, option: Option, parts: list[Value]) -> tuple[int, ...]:
    sides = tuple([whole(setting.option, part) for part in parts])
    return sides if len(sides) == setting.dims else sides * setting.dims


def _pad(setting: Setting, option: Option, parts: list[Value]) -> str | tuple[int, ...]:
    if len(parts) == 1 and isinstance(parts[0], str):
        if parts[0] in WORDS["pad"]:
            return parts[0]
        raise OptionError(f"pad is '{parts[0]}'", "use same, half, valid, a number, HxW or T,B,L,R")
    sides = [whole("pad", part, 0) for part in parts]
    if len(sides) == 2 * setting.dims and "," in setting.text:
        return tuple(sides)
    if len(sides) != setting.dims:
        sides *= setting.dims
    return tuple([side for side in sides for _ in range(2)])


def _shape(setting: Setting, option: Option, parts: list[Value]) -> tuple[int, ...]:
    if not 1 <= len(parts) <= MAX_SIDES:
        raise OptionError(
            f"'{setting.text[:60]}' is not a shape",
            "write height x width x channels, such as 224x224x3, or one number for a vector",
        )
    return tuple(whole("a side of the shape", part) for part in parts)


def _bool(setting: Setting, option: Option, parts: list[Value]) -> bool:
    value = parts[0]
    answer = boolean(value) if isinstance(value, str) else {(0, 1): False, (1, 1): True}.get(value)
    if answer is None:
        raise OptionError(f"{setting.option} is '{show(value)}'", "use yes or no")
    return answer


def _word(setting: Setting, option: Option, parts: list[Value]) -> str:
    known = NORMS if option.form == "norm" else ACTIVATIONS
    value = "none" if parts[0] == "linear" and option.form == "act" else parts[0]
    if not isinstance(value, str) or (value not in known and value != "none"):
        raise OptionError(
            f"{setting.option} is '{show(value)}'", f"use one of none, {', '.join(known)}"
        )
    return value


_VALUE_READERS: Mapping[str, Any] = {
    "whole": _whole,
    "number": _any_number,
    "sides": _sides,
    "pad": _pad,
    "shape": _shape,
    "bool": _bool,
    "norm": _word,
    "act": _word,
}
