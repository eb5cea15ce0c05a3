"""What a figure can be told of its look: one row an option, and the names of colours.

A row is a flag of the commands that draw, a keyword of the API and a key of a spec's
``figure:``; what is given wins over what the spec says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

MODULE_COLORS = ("yellow", "green", "orange", "blue", "violet", "pink", "brown", "grey")
"""Roles of modules' boxes, in the order in which their panels stand."""
ROLES = (
    "input",
    "conv",
    "pool",
    "merge",
    "dense",
    "recurrent",
    "embedding",
    "attention",
    "other",
    *MODULE_COLORS,
    "activation",
    "function",
)
"""What a theme has colours for."""
HEX_COLOR = "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$"
THEMES = os.path.join(os.path.dirname(__file__), "themes")
"""The folder of the bundled themes."""
AUTO = "auto"
"""The theme that is light or dark as the reader's page is."""
MODULES = "modules"
"""Among what is opened: all modules."""
NONE = "none"
"""What is opened where nothing is."""


class SpecTheme(NamedTuple):
    """A theme that a spec names; its files must stay in ``folder``, where that is not empty."""

    path: str
    folder: str = ""


class LookOption(NamedTuple):
    """An option: its help, what it has to be in Python, and how it is read.

    ``read`` takes a text, or in Python what ``types`` say; its ValueError says what is wrong.
    ``metavar`` is what stands behind its flag; a switch has none.
    """

    about: str
    expected: str
    types: tuple[type, ...]
    read: Callable[[Any], Any]
    default: str = ""
    metavar: str = ""
    values: tuple[str, ...] = ()
    """Of one that has few, all of them."""
    words: tuple[str, ...] = ()
    """Of one that takes several, all of them."""


def hex_color(text: str) -> str:
    """``#rrggbb`` of ``#rrggbb`` or ``#rgb``, in small letters; empty if it is neither."""
    if not re.fullmatch(HEX_COLOR, text):
        return ""
    digits = text[1:].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def color_of(text: str) -> str:
    """A role of :data:`ROLES` or a ``#rrggbb``; empty if it is neither."""
    return text if text in ROLES else hex_color(text)


def color_hint(text: str) -> str:
    """What could have been meant by a colour that is none."""
    from archviz.errors import did_you_mean

    return did_you_mean(text, ROLES) or f'use one of {", ".join(ROLES)}, or "#rrggbb" in quotes'


def theme_names() -> list[str]:
    """What a theme can be by name: the bundled ones, and :data:`AUTO`."""
    return [*bundled_themes(), AUTO]


def bundled_themes() -> list[str]:
    """Names of the bundled themes; ``article``, the default, first."""
    names = sorted(name[:-5] for name in os.listdir(THEMES) if name.endswith(".yaml"))
    return sorted(names, key=lambda name: (name != "article", name))


def switch(value: bool | str) -> bool:
    """``yes`` and ``no`` with their likes, or a truth value.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, bool):
        return value
    if value.lower() not in SWITCH:
        raise ValueError(f"{value!r} is neither yes nor no")
    return SWITCH[value.lower()]


def read_title(value: bool | str) -> bool | str:
    """Whether the network's title is printed, or another text that is.

    Raises:
        ValueError: it is empty or too long.
    """
    if isinstance(value, bool) or value.lower() in SWITCH:
        return switch(value)
    text = " ".join(value.split())
    if not 0 < len(text) <= TITLE_LENGTH:
        raise ValueError(f"a title has 1 to {TITLE_LENGTH} characters, not {len(text)}")
    return text


def aspect_of(value: float | str) -> float:
    """Width over height, of ``16:9``, ``4x3``, ``1.5`` or a number; 0 for ``natural``, or 0.

    Raises:
        ValueError: it is none, or not between 0.1 and 10.
    """
    if value in (NATURAL, 0):
        return 0.0
    width, _, height = str(value).replace("x", ":").partition(":")
    try:
        ratio = float(width) / float(height or 1)
    except (ValueError, ZeroDivisionError):
        ratio = 0.0
    if not 0.1 <= ratio <= 10:
        raise ValueError(f"{value!r} is no aspect of a page; write 16:9, 4:3 or 1.5")
    return ratio


def _choice(name: str, about: str, *values: str) -> LookOption:
    """An option of a few values, of which the first is that of a figure that says none."""
    expected = f"{', '.join(map(repr, values[:-1]))} or {values[-1]!r}"

    def read(value: str) -> str:
        if value not in values:
            raise ValueError(f"{name} must be {expected}, not {value!r}")
        return value

    return LookOption(about, expected, (str,), read, values[0], f"[{'|'.join(values)}]", values)


def read_names(value: str | Sequence[str]) -> tuple[str, ...]:
    """Names, with commas between where they are one text; each once."""
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(dict.fromkeys(filter(None, (str(part).strip() for part in parts))))


def read_detail(value: str | Sequence[str]) -> tuple[str, ...]:
    """What is printed at each layer, of :data:`DETAILS`; ``compact`` is none, ``full`` all.

    Raises:
        ValueError: there is no such word; the message says which there are.
    """
    words = read_names(value)
    for word in words:
        if word not in DETAIL_WORDS:
            from archviz.errors import did_you_mean

            hint = " ".join([did_you_mean(word, DETAIL_WORDS), f"There are {_DETAIL_LIST}"])
            raise ValueError(f"detail has no word {word!r}; {hint.strip()}")
    if value == "" or (len(words) > 1 and COMPACT in words):
        what = f"is {COMPACT!r} and more" if words else "says nothing"
        raise ValueError(f"detail {what}; for none of it write {COMPACT!r} alone")
    return DETAILS if FULL in words else tuple(one for one in DETAILS if one in words)


def read_blank(value: bool | str | Sequence[str]) -> tuple[str, ...]:
    """What blank boxes have, of :data:`BLANKS`; nothing where they are not blank.

    Raises:
        ValueError: there is no such word.
    """
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in SWITCH):
        return BLANKS[:1] if switch(value) else ()
    words = read_names(value)
    for word in words:
        if word not in BLANKS:
            raise ValueError(f"blank has no word {word!r}; there are {', '.join(BLANKS)}")
    if "empty" in words and {"numbers", "lines"} & {*words}:
        raise ValueError("blank is empty and more; leave one of the two out")
    within = words if not words or {"numbers", "lines", "empty"} & {*words} else ("numbers", *words)
    return tuple(one for one in BLANKS if one in within)


def length_of(value: str) -> float:
    """Pixels of 1/96 inch of ``3.5in``, ``89mm``, ``9cm`` or ``7pt``.

    Raises:
        ValueError: it is no length, or none that a figure could have.
    """
    found = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(in|mm|cm|pt)\s*", value.lower())
    pixels = float(found[1]) * UNITS[found[2]] if found else 0.0
    if not 0.1 <= pixels <= LONGEST:
        raise ValueError(f"{value!r} is no length; write 3.5in, 89mm, 9cm or 252pt")
    return pixels


def width_of(value: int | str) -> int | str:
    """A width in pixels as a whole number; of a place, or a length, as it was written.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, int):
        if not 16 <= value <= MOST_PIXELS:
            raise ValueError(f"{value} pixels are no width; it is 16 to {MOST_PIXELS:,}")
        return value
    name = value.strip().lower()
    if name not in PLACES:
        try:
            length_of(name)
        except ValueError:
            known = ", ".join(PLACES)
            message = f"{value!r} is no width; write 3.5in, 89mm, {known}, or pixels of a PNG"
            raise ValueError(message) from None
    return name


DETAILS = ("filters", "strides", "shapes", "parameters", "macs")
"""What a figure can print at each layer, in the order in which it stands there."""
COMPACT, FULL = "compact", "full"
"""None of these, and all."""
DETAIL_WORDS = (*DETAILS, COMPACT, FULL)
_DETAIL_LIST = ", ".join(DETAIL_WORDS)
BLANKS = ("numbers", "lines", "empty", "grey", "badges")
"""What the boxes of a blank figure have: numbers, lines to write on, or nothing; whether they have
no colours; whether the letters of badges are left out, too."""
UNITS = {"in": 96.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "pt": 96 / 72}
"""Pixels in a unit of length."""
LONGEST = 20_000.0
MOST_PIXELS = 60_000
PLACES: Mapping[str, tuple[str, str]] = {
    "column": ("3.5in", "7pt"),
    "text": ("7.16in", "7pt"),
    "slide": ("13.33in", "12pt"),
}
"""Widths by name, and the smallest letters there: of IEEE's two columns, and of a wide slide."""
TITLE_LENGTH = 100
NATURAL = "natural"
"""The aspect of a page that is as the figure comes."""
SWITCH = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_YES_NO = ("True or False", (bool,), switch)
_NAMES = ("a list of names", (str, Sequence), read_names)

LOOKS: Mapping[str, LookOption] = {
    "legend": LookOption("Say what the colours mean.", *_YES_NO, "legend"),
    "title": LookOption(
        "Print the network's title over the figure.",
        "True, False or a text",
        (bool, str),
        read_title,
        "no-title",
    ),
    "theme": LookOption(
        "Colours: a bundled theme ('archviz themes'), a file, or auto: dark on dark pages.",
        "a name, the path of a file, or a dict",
        (str, os.PathLike, Mapping),
        lambda value: value,
        "article",
        "NAME|FILE",
    ),
    "aspect": LookOption(
        "Shape of the page, such as 16:9; the main row wraps to fill it. Or natural.",
        "a number, or a text such as '16:9'",
        (int, float, str),
        aspect_of,
        NATURAL,
        "W:H",
    ),
    "direction": _choice(
        "direction",
        "Way in which the network is read; text stays upright.",
        "right",
        "down",
        "up",
    ),
    "detail": LookOption(
        "What is printed at each layer, with commas between: filters, strides, shapes, parameters, "
        "macs; compact is none of it, full all.",
        "a list of words",
        (str, Sequence),
        read_detail,
        COMPACT,
        "WORDS",
        words=DETAIL_WORDS,
    ),
    "totals": LookOption(
        "Print parameters, multiply-adds and depth of the whole above the figure, under its title.",
        *_YES_NO,
        "no-totals",
    ),
    "merges": _choice(
        "merges",
        "symbols draws add, concat and their likes as circles with a sign.",
        "boxes",
        "symbols",
    ),
    "open": LookOption(
        "What has a panel, with commas between: names of modules, 'modules' for all of them, "
        "'attention', or 'none'.",
        *_NAMES,
        MODULES,
        "NAMES",
    ),
    "panels": LookOption(
        "Modules whose panels come first, in this order, with commas between.",
        *_NAMES,
        metavar="NAMES",
    ),
    "blank": LookOption(
        "Leave labels out of boxes, for an exercise: numbers in them, or lines to write on, or "
        "empty; grey leaves colours out, badges letters of badges. Alone it is numbers.",
        "True, False or a list of words",
        (bool, str, Sequence),
        read_blank,
        "no",
        "[=WORDS]",
        words=BLANKS,
    ),
    "transparent": LookOption("Leave the ground out.", *_YES_NO),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    name: option.values for name, option in LOOKS.items() if option.values
}
"""The values of options that have few."""
WORD_LISTS: Mapping[str, tuple[str, ...]] = {
    name: option.words for name, option in LOOKS.items() if option.words
}
"""The words of options that take several."""


def _words_schema(words: Sequence[str]) -> dict[str, Any]:
    one, word = {"enum": [*words]}, f"({'|'.join(words)})"
    text = {"type": "string", "pattern": rf"^\s*{word}(\s*,\s*{word})*\s*$"}
    return {"anyOf": [one, text, {"type": "array", "items": one}]}


_EITHER_CASE = ["".join(f"[{c.upper()}{c}]" for c in word) for word in SWITCH]
_SWITCHED: dict[str, Any] = {
    "type": ["boolean", "string"],
    "pattern": f"^({'|'.join(_EITHER_CASE)})$",
}
SCHEMAS: Mapping[str, dict[str, Any]] = {
    **{name: {"enum": [*values]} for name, values in CHOICES.items()},
    **{name: _words_schema(words) for name, words in WORD_LISTS.items()},
    "blank": {"anyOf": [_SWITCHED, *_words_schema(BLANKS)["anyOf"]]},
}
"""JSON Schemas of options that have few values."""
