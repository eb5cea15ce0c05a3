"""The JSON Schema of specs, made from the tables that the reader itself uses.

It gives editors completion and catches the gross mistakes; what stands inside a shorthand
text, shapes and parameters are for ``archviz check``.
"""

from __future__ import annotations

from typing import Any

from archviz.language.figure import OWN_KEYS
from archviz.language.head import BROUGHT_LENGTH, GALLERY, KERAS, MACS_OF, PUBLISHED, TEXTS
from archviz.language.items import FORMS
from archviz.language.options import COMMON, OPTIONS
from archviz.language.repeats import MAX_COPIES, MAX_TIMES
from archviz.language.spec import BODIES
from archviz.looks import (
    DETAILS,
    HEX_COLOR,
    LOOKS,
    NATURAL,
    ROLES,
    SWITCH,
    TITLE_LENGTH,
    theme_names,
)
from archviz.network.kinds import KINDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT = {"type": "string", "minLength": 1}
_VALUE = {"type": ["string", "number", "boolean"]}
_COLOR = {"anyOf": [{"enum": [*ROLES]}, {"type": "string", "pattern": HEX_COLOR}]}
_NUMBER = {"type": ["integer", "string"], "pattern": r"^[0-9_,]+$"}


def schema() -> dict[str, Any]:
    """The schema of a whole spec."""
    return {
        "$schema": DIALECT,
        "title": "archviz network spec",
        "type": "object",
        "required": ["title", "network"],
        "additionalProperties": False,
        "properties": {**_head(), **_sections()},
        "$defs": {
            "series": _series(),
            "item": {"anyOf": [_ref("text"), *(_ref(name) for name in _ITEMS)]},
            "text": _shorthand(),
            "merge": _merge(),
            "each": _each(),
            **{name: build() for name, build in _ITEMS.items()},
            "module": _module(),
        },
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _head() -> dict[str, Any]:
    texts = {
        key: {**_TEXT, "maxLength": limit, "description": about}
        for key, (limit, about) in TEXTS.items()
    }
    texts["link"]["pattern"] = "^https?://"
    gallery = {
        "brought": {**_TEXT, "maxLength": BROUGHT_LENGTH, "description": GALLERY["brought"]},
        "keras": _table(KERAS, GALLERY["keras"], {"model": _TEXT}),
        "classic": {"type": "boolean", "description": GALLERY["classic"]},
        "appendix": {"type": "boolean", "description": GALLERY["appendix"]},
    }
    return {
        **texts,
        "year": {"type": "integer", "minimum": 1900, "maximum": 2100, "description": "its year"},
        "date": {
            "type": "string",
            "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])(-[0-3][0-9])?$",
            "description": "first publication, year-month or year-month-day; orders the timeline",
        },
        "published": _table(
            PUBLISHED,
            "published totals that the network must reproduce",
            {"macs-of": {"enum": list(MACS_OF)}},
        ),
        "gallery": _object(gallery, "what only a collection of networks shows"),
    }


def _table(
    keys: dict[str, str] | Any, about: str, types: dict[str, Any] | None = None
) -> dict[str, Any]:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    known = {"top1": share, "top5": share, **(types or {})}
    properties = {
        key: {**known.get(key, _NUMBER), "description": text} for key, text in keys.items()
    }
    return _object(properties, about)


def _object(properties: dict[str, Any], about: str, *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": about,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _sections() -> dict[str, Any]:
    defaults = {
        name: {"type": ["string", "null"], "description": kind.about}
        for name, kind in KINDS.items()
    }
    kinds = {"type": "string", "enum": list(KINDS)}
    return {
        "take": {
            "type": "object",
            "description": "modules of other specs: {resnet50: [conv-block]}",
            "additionalProperties": _list_of(_TEXT),
        },
        "defaults": _object(defaults, "flags and options that all layers of a kind have"),
        "modules": {
            "type": "object",
            "description": "named groups of layers, each drawn as a box and opened once below",
            "propertyNames": {
                "pattern": "^[a-z][a-z0-9-]*$",
                "not": {"enum": ["in", "out", "previous", "identity"]},
            },
            "additionalProperties": _ref("module"),
        },
        "network": {
            "type": "array",
            "minItems": 2,
            "description": "the main row, from its input on",
            "items": _ref("item"),
        },
        "figure": _figure(kinds),
    }


def _figure(kinds: dict[str, Any]) -> dict[str, Any]:
    """Keys of its own, and the options of the command line."""

    def several(one: dict[str, Any]) -> dict[str, Any]:
        return {"anyOf": [one, {"type": "array", "items": one}]}

    color = {"anyOf": [{"enum": [*ROLES]}, {"pattern": HEX_COLOR}]}
    meaning = {**_TEXT, "maxLength": 60}
    own: dict[str, dict[str, Any]] = {
        "notes": several({**_TEXT, "maxLength": 600}),
        "hide-badges": several(kinds),
        "colors": {"type": "object", "propertyNames": color, "additionalProperties": meaning},
    }
    name = {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}
    looks: dict[str, dict[str, Any]] = {
        "title": {"anyOf": [{"type": "boolean"}, {**_TEXT, "maxLength": TITLE_LENGTH}]},
        "theme": {
            "anyOf": [
                {"enum": theme_names()},
                {"type": "string", "pattern": r"\.[Yy][Aa]?[Mm][Ll]$"},
            ]
        },
        "aspect": {
            "anyOf": [
                {"type": "number", "minimum": 0.1, "maximum": 10},
                {"type": "string", "pattern": rf"^([0-9.]+[:x][0-9.]+|{NATURAL})$"},
            ]
        },
        "detail": {"enum": [*DETAILS]},
        "open": several(name),
        "panels": several(name),
    }
    switch = {"anyOf": [{"type": "boolean"}, {"enum": [*SWITCH]}]}
    keys = {key: {**own[key], "description": about} for key, about in OWN_KEYS.items()}
    for key, row in LOOKS.items():
        keys[key] = {**looks.get(key, switch), "description": row.about}
    return _object(keys, "how the figure looks; the command line wins")


def _series() -> dict[str, Any]:
    return {
        "description": "items one after another, or one item; 'identity' for nothing",
        "anyOf": [_ref("item"), {"type": "array", "items": _ref("item")}],
    }


def _shorthand() -> dict[str, Any]:
    return {
        "type": "string",
        "pattern": r"^\s*[a-z][a-z0-9-]*(\s.*)?$",
        "description": "layer kind or module, then its arguments: conv 3x3 64 /2 relu",
    }


def _merge() -> dict[str, Any]:
    names = [name for name, kind in KINDS.items() if kind.join]
    text = {
        "type": "string",
        "pattern": rf"^\s*({'|'.join(names)})(\s.*)?$",
        "description": "the merge with its flags: add batch-norm relu",
    }
    return {"anyOf": [text, _ref("layer")]}


def _each() -> dict[str, Any]:
    values = {"type": "array", "items": _VALUE}
    return {
        "description": "what differs: values of variables, or one text of arguments an iteration",
        "anyOf": [values, {"type": "object", "additionalProperties": values}],
    }


def _layer() -> dict[str, Any]:
    """One key is the kind, the others are options; which go together, the reader checks."""
    kinds = {
        name: {"type": ["string", "number", "null"], "description": kind.about}
        for name, kind in KINDS.items()
    }
    options = {name: {**_VALUE, "description": OPTIONS[name].about} for name in OPTIONS}
    return {
        **_object({**kinds, **options}, "a layer in its long form"),
        "anyOf": [{"required": [name]} for name in KINDS],
    }


def _call() -> dict[str, Any]:
    arguments = {"type": ["string", "number", "null", "object"], "additionalProperties": _VALUE}
    return {
        "type": "object",
        "description": "a module call: its name, its arguments, and perhaps a name of its own",
        "minProperties": 1,
        "maxProperties": 3,
        "properties": {
            name: {**_VALUE, "description": OPTIONS[name].about} for name in ("name", "when")
        },
        "propertyNames": {
            "pattern": "^[a-z][a-z0-9-]*$",
            "not": {"enum": sorted({*KINDS, *FORMS, *OPTIONS, *COMMON} - {"name", "when"})},
        },
        "additionalProperties": arguments,
    }


def _repeat() -> dict[str, Any]:
    properties = {
        "repeat": {
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": MAX_TIMES,
            "description": "how often",
        },
        "of": {**_ref("series"), "description": "what is repeated"},
        "each": _ref("each"),
        "name": {**_TEXT, "description": OPTIONS["name"].about},
    }
    return _object(properties, "brackets with ×N", "repeat", "of")


def _towers() -> dict[str, Any]:
    return _object(_towers_keys(), "parallel towers and their merge", "towers")


def _towers_keys() -> dict[str, Any]:
    count = {"type": ["integer", "string"], "minimum": 2, "maximum": MAX_COPIES}
    towers = {"type": "array", "minItems": 2, "items": _ref("series")}
    return {
        "towers": {"anyOf": [towers, count], "description": "the towers, or how many equal ones"},
        "of": {**_ref("series"), "description": "one of the equal towers"},
        "merge": {**_ref("merge"), "description": "concat, unless said otherwise"},
    }


def _fork() -> dict[str, Any]:
    fork = {"type": "array", "minItems": 2, "items": _ref("series")}
    about = "at the end of a tower: its ends go to the merge of the towers"
    return _object({"fork": fork}, about, "fork")


def _residual() -> dict[str, Any]:
    return _object(_residual_keys(), "a main path and a shortcut", "residual")


def _residual_keys() -> dict[str, Any]:
    return {
        "residual": {**_ref("series"), "description": "the main path"},
        "shortcut": {**_ref("series"), "description": "the shortcut; the input itself without"},
        "merge": {**_ref("merge"), "description": "add, unless said otherwise"},
    }


def _graph() -> dict[str, Any]:
    return _object(_graph_keys(), "a wiring of named nodes", "graph")


def _list_of(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item}]}


def _graph_keys() -> dict[str, Any]:
    nodes = {"type": "object", "additionalProperties": _ref("series")}
    edges = {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": " -> "}}
    graph = _object({"nodes": nodes, "edges": edges}, "nodes and edges", "nodes", "edges")
    return {"graph": graph}


def _auxiliary() -> dict[str, Any]:
    properties = {
        "auxiliary": _ref("series"),
        "side": {"enum": ["above", "below"], "description": "where it is drawn"},
        "name": {**_VALUE, "description": OPTIONS["name"].about},
    }
    return _object(properties, "a classifier that is tapped off the main row", "auxiliary")


def _module() -> dict[str, Any]:
    names = {"type": "string", "pattern": r"^\s*[A-Za-z][A-Za-z0-9_]*\s*(=.*)?$"}
    properties = {
        "takes": {
            "anyOf": [names, {"type": "array", "items": names}],
            "description": "its parameters in order, with or without default: [width, stride=1]",
        },
        "color": {**_COLOR, "description": "a theme's role or #rrggbb; green without"},
        "label": {
            **_TEXT,
            "maxLength": 100,
            "description": "text of its box, {k} in it for parameter k; its name without",
        },
        "title": {**_TEXT, "maxLength": 100, "description": "title of its panel"},
        "layers": {**_ref("series"), "description": "its layers, one after another"},
        **_towers_keys(),
        **_residual_keys(),
        **_graph_keys(),
        "use": {**_TEXT, "description": "a bundled network, or ./FILE.yaml, that is its body"},
        "until": {**_TEXT, "description": "the place behind which that network is cut"},
        "gives": {**_list_of(_TEXT), "description": "names of values that it gives"},
    }
    bodies = [{"required": [name]} for name in BODIES]
    return {**_object(properties, "a module"), "oneOf": bodies}


_ITEMS = {
    "layer": _layer,
    "repeat": _repeat,
    "towers": _towers,
    "fork": _fork,
    "residual": _residual,
    "graph": _graph,
    "auxiliary": _auxiliary,
    "call": _call,
}
